package docshell

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// A Command is one command of a shell block.
type Command struct {
	File string
	Line int // in the file, from 1
	Text string
}

func (c Command) String() string { return fmt.Sprintf("%s:%d: %s", c.File, c.Line, c.Text) }

// Documents returns the paths of the documents that users read, README.md
// first, relative to the root of the repository.
func Documents(root string) ([]string, error) {
	pages, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		return nil, err
	}
	documents := []string{"README.md"}
	for _, page := range pages {
		documents = append(documents, filepath.Join("docs", filepath.Base(page)))
	}
	return documents, nil
}

// A block begins with a fence that names a shell, and may be indented.
var block = regexp.MustCompile("(?ms)^[ \t]*```(?:sh|bash|console|shell)[ \t]*\n(.*?)^[ \t]*```[ \t]*$")

// Commands returns the commands of a document's shell blocks, in order. A command may span
// lines. It returns an error for text that is not shell.
func Commands(root, file string) ([]Command, error) {
	page, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		return nil, err
	}
	var commands []Command
	for _, at := range block.FindAllSubmatchIndex(page, -1) {
		line := strings.Count(string(page[:at[2]]), "\n") + 1
		found, err := Script(file, line, string(page[at[2]:at[3]]))
		if err != nil {
			return nil, err
		}
		commands = append(commands, found...)
	}
	return commands, nil
}

// Script splits a shell script, which begins at the given line of a file, into its commands.
func Script(file string, line int, script string) ([]Command, error) {
	parsed, err := parse(script)
	if err != nil {
		return nil, fmt.Errorf("%s, in the block from line %d: %w", file, line, err)
	}
	var commands []Command
	for _, statement := range parsed.Stmts {
		commands = append(commands, Command{
			File: file, Line: line + int(statement.Pos().Line()) - 1,
			Text: strings.TrimSuffix(script[statement.Pos().Offset():statement.End().Offset()], ";"),
		})
	}
	return commands, nil
}

// A placeholder is a name in angle brackets, such as <delivery id>.
var placeholder = regexp.MustCompile(`<[a-z](?:[a-z -]*[a-z])?>`)

// Fill replaces each placeholder of a command by its value.
func Fill(command string, value func(placeholder string) (string, error)) (string, error) {
	var failed error
	filled := placeholder.ReplaceAllStringFunc(command, func(name string) string {
		found, err := value(name)
		if err != nil && failed == nil {
			failed = err
		}
		return found
	})
	return filled, failed
}

// parse reads a script like bash, with each placeholder as one word.
func parse(script string) (*syntax.File, error) {
	words := placeholder.ReplaceAllStringFunc(script, func(name string) string { return strings.Repeat("p", len(name)) })
	return syntax.NewParser().Parse(strings.NewReader(words), "")
}
