package latch

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maximumErrorText bounds the text of Problems as an error, in bytes, because Temporal rejects
// a failure of some MiB.
const maximumErrorText = 64 << 10

// A Problem is one error in an input.
type Problem struct {
	// Path leads to the field from the input's root, such as
	// webhooks[1].events[0].lock_timeout. It is empty for the input as a whole.
	Path string `json:"path"`
	// Message says what is wrong, with the value, and what would be right.
	Message string `json:"message"`
	// Line and Column are the position of the field in the file, counted from 1, or 0 if that
	// is unknown.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
}

// String returns the problem as "path: message", followed by the line and the column if they
// are known.
func (p Problem) String() string {
	text := p.Message
	if p.Path != "" {
		text = p.Path + ": " + text
	}
	if p.Line > 0 {
		text += fmt.Sprintf(" (line %d, column %d)", p.Line, p.Column)
	}
	return text
}

// Problems lists all errors in an input, in the order of the input. As an error it contains
// every one of them.
type Problems []Problem

// Error lists the problems, one per line if there are several. After 64 KiB it says how many
// more there are.
func (p Problems) Error() string {
	if len(p) == 1 {
		return p[0].String()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d problems:", len(p))
	for i, problem := range p {
		if b.Len() > maximumErrorText {
			fmt.Fprintf(&b, "\n  … and %d more", len(p)-i)
			break
		}
		b.WriteString("\n  " + problem.String())
	}
	return b.String()
}

// First returns at most n problems. If there are more, the last one says how many.
func (p Problems) First(n int) Problems {
	if len(p) <= n {
		return p
	}
	first := slices.Clone(p[:n-1])
	first.Addf("", "… and %d more", len(p)-len(first))
	return first
}

// Err returns the problems as an error, or nil if there are none.
func (p Problems) Err() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

// Addf appends a problem.
func (p *Problems) Addf(path, format string, args ...any) {
	*p = append(*p, Problem{Path: path, Message: fmt.Sprintf(format, args...)})
}

// Merge appends the other problems, except those at or below a path at which p already has one:
// a value of the wrong type is not also reported as missing, nor are the fields that it should
// have.
func (p Problems) Merge(others Problems) Problems {
	taken := make(map[string]bool, len(p))
	for _, problem := range p {
		taken[problem.Path] = true
	}
	merged := slices.Clone(p)
	for _, other := range others {
		if !covers(taken, other.Path) {
			merged = append(merged, other)
		}
	}
	return merged
}

// covers reports whether the path, or one above it, is among those taken.
func covers(taken map[string]bool, path string) bool {
	for i := len(path) - 1; i > 0; i-- {
		if (path[i] == '.' || path[i] == '[') && taken[path[:i]] {
			return true
		}
	}
	return taken[path] || taken[""]
}

// field and element extend a path.
func field(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func element(path string, index int) string { return path + "[" + strconv.Itoa(index) + "]" }

// enumerate returns a list in the form "a, b and c".
func enumerate(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
