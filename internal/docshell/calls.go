package docshell

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

var (
	// span is code within a line.
	span = regexp.MustCompile("`([^`\n]+)`")

	// choices end a span that stands for several commands: schema job|release.
	choices = regexp.MustCompile(`^(.* )([a-z]+(?:\|[a-z]+)+)$`)

	// optional encloses what may be omitted.
	optional = strings.NewReplacer("[", "", "]", "")
)

// Mentions returns the inline code of a document that names the program, each as a command.
func Mentions(root, file, program string) ([]Command, error) {
	page, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		return nil, err
	}
	named := regexp.MustCompile(`(?:^|\s)` + regexp.QuoteMeta(program) + `\s`)
	var mentions []Command
	for i, line := range strings.Split(string(page), "\n") {
		for _, found := range span.FindAllStringSubmatch(line, -1) {
			if !named.MatchString(found[1]) {
				continue
			}
			for _, text := range each(optional.Replace(found[1])) {
				mentions = append(mentions, Command{File: file, Line: i + 1, Text: text})
			}
		}
	}
	return mentions, nil
}

// each returns the commands that a span stands for.
func each(text string) []string {
	found := choices.FindStringSubmatch(text)
	if found == nil {
		return []string{text}
	}
	var all []string
	for choice := range strings.SplitSeq(found[2], "|") {
		all = append(all, found[1]+choice)
	}
	return all
}

// Calls returns the arguments of each call of a program in a shell text, by its name or as `go
// run ./NAME`.
func Calls(text, program string) ([][]string, error) {
	parsed, err := parse(text)
	if err != nil {
		return nil, err
	}
	var calls [][]string
	syntax.Walk(parsed, func(node syntax.Node) bool {
		call, is := node.(*syntax.CallExpr)
		if !is || err != nil {
			return err == nil
		}
		var words []string
		if words, err = literals(call.Args); err != nil {
			return false
		}
		if len(words) > 2 && slices.Equal(words[:3], []string{"go", "run", "./" + program}) {
			words = words[2:]
			words[0] = program
		}
		if len(words) > 0 && words[0] == program {
			calls = append(calls, words[1:])
		}
		return true
	})
	return calls, err
}

// literals returns words without their quotes.
func literals(words []*syntax.Word) ([]string, error) {
	texts := make([]string, len(words))
	var config expand.Config // instead of the one that the package shares
	for i, word := range words {
		var err error
		if texts[i], err = expand.Literal(&config, word); err != nil {
			return nil, fmt.Errorf("word %d: %w", i+1, err)
		}
	}
	return texts, nil
}
