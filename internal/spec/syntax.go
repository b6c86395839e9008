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

// noYAML returns the error for a text that is not YAML, with the line of the
// mistake.
func noYAML(text []byte, err error) error {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 0
	if match := yamlLine.FindStringSubmatch(message); match != nil {
		line, _ = strconv.Atoi(match[1]) // a few digits
		message = message[len(match[0]):]
	}
	if lines := linesOf(text); lines > 1 && isParsers(message) {
		line = min(line+1, lines) // these messages count lines from 0
		if found := lineOf(text, message); found > 0 {
			line = found
		}
	}
	if line == 0 {
		return fmt.Errorf("no valid YAML: %s", message)
	}
	return fmt.Errorf("no valid YAML: line %d: %s", line, message)
}

// isParsers reports whether the message has no line, or the line at which a
// list or a mapping begins, in place of the line of the mistake.
func isParsers(message string) bool {
	return strings.HasPrefix(message, "did not find expected") || strings.HasPrefix(message, "unknown anchor") || isReaders(message)
}

// isReaders reports whether the message is about bytes that YAML does not
// allow.
func isReaders(message string) bool {
	return strings.Contains(message, "control characters") || strings.Contains(message, "UTF-")
}

// lineOf finds the line of a mistake that yaml reports without one: the
// shortest beginning of the text that yields the same message ends there. It
// returns 0 if there is no mistake before the end of the text, where something
// is missing.
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

// openEnd returns a suffix for the beginning of a text that turns an unclosed
// bracket at its end into another mistake than the one being located.
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

// messageOf returns the message of yaml's error about a text, without the line.
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
