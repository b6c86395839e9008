package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/latch-run/latch/internal/docshell"
)

// A document is a file with its up-to-date text.
type document struct{ file, text string }

// marked matches a generated part with its two comments.
var marked = regexp.MustCompile(`(?s)(<!-- generated: ([^\n]*?) \(make docs\) -->\n)(.*?)(<!-- end of generated -->)`)

const (
	beginning = "<!-- generated:"
	ending    = "<!-- end of generated -->"
)

// outdated returns the documents of a repository whose generated parts are out
// of date, with their updated text. An unknown part is an error.
func outdated(root string) ([]document, error) {
	files, err := docshell.Documents(root)
	if err != nil {
		return nil, err
	}
	var changed []document
	var problems []error
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			return nil, err
		}
		made, err := renew(string(text))
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", file, err))
		}
		if made != string(text) {
			changed = append(changed, document{file, made})
		}
	}
	return changed, errors.Join(problems...)
}

// renew returns a document's text with its parts generated again.
func renew(text string) (string, error) {
	found := len(marked.FindAllString(text, -1))
	if found != strings.Count(text, beginning) || found != strings.Count(text, ending) {
		return text, fmt.Errorf("each %q NAME (make docs) --> needs an %q of its own", beginning, ending)
	}
	var problems []error
	made := marked.ReplaceAllStringFunc(text, func(whole string) string {
		found := marked.FindStringSubmatch(whole)
		part, err := generate(found[2])
		if err != nil {
			problems = append(problems, err)
			return whole
		}
		return found[1] + "\n" + strings.TrimSpace(part) + "\n\n" + found[4]
	})
	return made, errors.Join(problems...)
}

// generate returns the text of a part. comment is the part's name, optionally
// followed by a colon and a parameter.
func generate(comment string) (string, error) {
	name, of, _ := strings.Cut(comment, ":")
	for _, part := range parts {
		if part.name == name {
			return part.make(strings.TrimSpace(of))
		}
	}
	return "", fmt.Errorf("no part is named %q; add it to internal/docgen/parts.go", name)
}
