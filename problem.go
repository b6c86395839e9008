package latch

import (
	"fmt"
	"slices"
	"strings"
)

// A Problem is one thing that is wrong with an input.
type Problem struct {
	// Path leads to the field from the input's root, such as
	// webhooks[1].events[0].lock_timeout; empty is the input as a whole.
	Path string `json:"path"`
	// Message tells what is wrong, with the value, and what would be right.
	Message string `json:"message"`
}

// String gives the problem as "path: message".
func (p Problem) String() string {
	if p.Path == "" {
		return p.Message
	}
	return p.Path + ": " + p.Message
}

// Problems is all that is wrong with an input, in the order of the input. As
// an error it lists every one of them.
type Problems []Problem

// Error lists the problems, one a line where there are several.
func (p Problems) Error() string {
	if len(p) == 1 {
		return p[0].String()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d problems:", len(p))
	for _, problem := range p {
		b.WriteString("\n  " + problem.String())
	}
	return b.String()
}

// Err gives the problems as an error, nil where there is none.
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

// Merge appends those of others that do not stand at a path that p has a
// problem at already: a value of the wrong type is not reported as missing too.
func (p Problems) Merge(others Problems) Problems {
	merged := slices.Clone(p)
	for _, other := range others {
		taken := slices.ContainsFunc(p, func(problem Problem) bool { return problem.Path == other.Path })
		if !taken {
			merged = append(merged, other)
		}
	}
	return merged
}

// field and element extend a path.
func field(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func element(path string, index int) string { return fmt.Sprintf("%s[%d]", path, index) }
