package latch

import (
	"fmt"
	"slices"
	"strings"
)

// maximumErrorText bounds the text of Problems as an error, in bytes, since
// Temporal refuses a failure of some MiB.
const maximumErrorText = 64 << 10

// A Problem is one thing that is wrong with an input.
type Problem struct {
	// Path leads to the field from the input's root, such as
	// webhooks[1].events[0].lock_timeout; empty is the input as a whole.
	Path string `json:"path"`
	// Message says what is wrong, with the value, and what would be right.
	Message string `json:"message"`
	// Line and Column are where the field stands in the file that a person wrote,
	// from 1; 0 where that is not known.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
}

// String returns the problem as "path: message", and behind it the line and the
// column where they are known.
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

// Problems is all that is wrong with an input, in the order of the input. As
// an error it lists every one of them.
type Problems []Problem

// Error lists the problems, one a line if there are several. Past 64 KiB it says
// how many more there are.
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

// Err returns the problems as an error, nil if there are none.
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

// Merge appends those of others that do not stand at or below a path that p
// has a problem at already: a value of the wrong type is not reported as
// missing too, nor are the fields that it would have had.
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

// covers reports whether the path, or one that leads to it, is among those taken.
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

func element(path string, index int) string { return fmt.Sprintf("%s[%d]", path, index) }

// enumerate writes a list as a person would: "a, b and c".
func enumerate(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
