package spec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

var yamlLine = regexp.MustCompile(`^line (\d+): `)

// noYAML is the error of text that is no YAML, with the line of the mistake.
func noYAML(text []byte, err error) error {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 0
	if match := yamlLine.FindStringSubmatch(message); match != nil {
		line, _ = strconv.Atoi(match[1]) // digits, and few
		message = message[len(match[0]):]
	}
	if lines := linesOf(text); lines > 1 && isParsers(message) {
		line = min(line+1, lines) // it counts these from 0
		if found := lineOf(text, message); found > 0 {
			line = found
		}
	}
	if line == 0 {
		return fmt.Errorf("no valid YAML: %s", message)
	}
	return fmt.Errorf("no valid YAML: line %d: %s", line, message)
}

// isParsers reports whether yaml puts the line where a list or a mapping begins,
// or no line at all, into the message instead of the mistake's.
func isParsers(message string) bool {
	return strings.HasPrefix(message, "did not find expected") || strings.HasPrefix(message, "unknown anchor") || isReaders(message)
}

// isReaders reports whether the message is about bytes that no YAML has.
func isReaders(message string) bool {
	return strings.Contains(message, "control characters") || strings.Contains(message, "UTF-")
}

// lineOf finds the line of a mistake that yaml reports without one: the text up to
// it, and no less, brings the same message. It returns 0 where nothing is wrong
// before the end, which is where what is missing should stand.
func lineOf(text []byte, message string) int {
	if len(text) > MaximumSize {
		return 0
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	ends := make([]int, len(lines)+1)
	for i, line := range lines {
		ends[i+1] = ends[i] + len(line)
	}
	found := sort.Search(len(lines), func(i int) bool {
		return messageOf(append(text[:ends[i+1]:ends[i+1]], openEnd(message)...)) == message
	})
	if found == len(lines) {
		return 0
	}
	return found + 1
}

// openEnd is what is put behind the beginning of a text, so that it ends in
// another mistake where a bracket is still open, and not in this one.
func openEnd(message string) string {
	switch {
	case strings.Contains(message, "','"):
		return "\n, @"
	case strings.HasSuffix(message, "node content"):
		return "\n @"
	default:
		return ""
	}
}

// messageOf returns what yaml says of a text, without a line.
func messageOf(text []byte) string {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for {
		switch err := decoder.Decode(new(yaml.Node)); {
		case errors.Is(err, io.EOF):
			return ""
		case err != nil:
			return yamlLine.ReplaceAllString(strings.TrimPrefix(err.Error(), "yaml: "), "")
		}
	}
}
