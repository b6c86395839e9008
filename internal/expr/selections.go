package expr

import (
	"fmt"
	"slices"
	"strings"

	"github.com/latch-run/latch/internal/typo"
	"github.com/latch-run/latch/internal/vars"
)

// A Reading is how an expression reads a field of a variable.
type Reading int

const (
	// NotRead: the value does not depend on the field.
	NotRead Reading = iota
	// Selected: the field is selected wherever it is read, so evaluating what needs it fails where
	// it is missing.
	Selected
	// Guessed: a missing field may go unnoticed, as behind has(), [?'field'] or where the variable
	// is used as a whole.
	Guessed
	// Compared: the field is compared with null somewhere, so the expression expects that there may
	// be nothing.
	Compared
)

// Reads returns how the expression reads a field of one of its variables.
func (e *Expression) Reads(variable, field string) Reading {
	reading := NotRead
	for _, r := range e.reads {
		if r.path[0] == variable {
			reading = max(reading, r.of(field))
		}
	}
	return reading
}

// of returns how the read touches a field of its variable.
func (r *read) of(field string) Reading {
	switch {
	case len(r.path) > 1 && r.path[1] != field:
		return NotRead
	case len(r.path) == 2 && r.null:
		return Compared
	case len(r.path) > 1:
		return Selected
	case r.asked != nil && *r.asked != field:
		return NotRead
	default:
		return Guessed
	}
}

// Uses lists the root variables that the expression refers to, sorted.
func (e *Expression) Uses() []string { return slices.Clone(e.uses) }

func usesOf(reads []*read) []string {
	var uses []string
	for _, r := range reads {
		uses = append(uses, r.path[0])
	}
	return unique(uses)
}

func unique(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

// Selections lists what the expression selects of root variables, each once: where such a value is
// missing, the expression fails. What it asks for somewhere with has, in or an optional selection
// is left out. alone says that the expression does nothing else.
func (e *Expression) Selections() (selected []Selection, alone bool) {
	asked, seen := askedFor(e.reads), map[string]bool{}
	for _, r := range e.reads {
		name := r.path.String()
		if seen[name] || isAskedFor(asked, r.path) {
			continue
		}
		seen[name] = true
		selected = append(selected, slices.Clone(r.path))
	}
	return selected, e.alone
}

// askedFor collects the selections, written out, that the expression asks for.
func askedFor(reads []*read) map[string]bool {
	asked := map[string]bool{}
	for _, r := range reads {
		if r.asked != nil {
			asked[append(slices.Clone(r.path), *r.asked).String()] = true
		}
	}
	return asked
}

// isAskedFor reports whether the expression asks whether the value, or one that leads to it, is
// there.
func isAskedFor(asked map[string]bool, path Selection) bool {
	for n := range path {
		if len(asked) > 0 && asked[path[:n+1].String()] {
			return true
		}
	}
	return false
}

// unknownKey returns what is wrong with the first read of a key that its variable never has, and
// the node that selects the key. A key that the expression asks for is no fault.
func unknownKey(reads []*read) (at int64, message string) {
	asked := askedFor(reads)
	for _, r := range reads {
		if len(r.path) < 2 {
			continue
		}
		variable, key := r.path[0], r.path[1]
		known, _ := vars.Find(variable)
		keys := known.Closed()
		if keys == nil || slices.Contains(keys, key) || asked[r.path[:2].String()] {
			continue
		}
		if meant := typo.Meant(key, keys); meant != "" {
			return r.at, fmt.Sprintf("%s has no key %q; did you mean %q?", variable, key, meant)
		}
		return r.at, fmt.Sprintf("%s has no key %q; its keys are %s", variable, key, strings.Join(keys, ", "))
	}
	return 0, ""
}
