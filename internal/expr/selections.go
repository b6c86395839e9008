package expr

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"

	"github.com/latch-run/latch/internal/typo"
	"github.com/latch-run/latch/internal/vars"
)

// A Reading says how an expression reads a field of a variable.
type Reading int

const (
	// NotRead: the value does not depend on the field.
	NotRead Reading = iota
	// Selected: the field is selected wherever it is read, so the evaluation fails if it is
	// missing.
	Selected
	// Guessed: a missing field may go unnoticed, for example behind has() or [?'field'], or if the
	// variable is used as a whole.
	Guessed
	// Compared: the field is compared with null somewhere, so the expression expects that it may be
	// null.
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

// of returns how the read uses a field of its variable.
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

// Selections lists the distinct selections of root variables without which the expression fails. It
// leaves out those whose presence the expression tests with has, in or an optional selection. alone
// reports whether the expression does nothing except select one value.
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

// selected returns the value of an expression that does nothing but select it by keys, as most
// expressions in templates do. It finds what the interpreter would find, at a fraction of the cost.
// It leaves a value that is missing, or cannot be used, to the interpreter, which says why.
func (e *Expression) selected(s *scope) (ref.Val, bool) {
	if !e.alone || s.meter.left < len(e.reads[0].path)*s.meter.step {
		return nil, false
	}
	path := e.reads[0].path
	value, found := s.find(path[0])
	for _, key := range path[1:] {
		fields, _ := value.(map[string]any)
		if value, found = fields[key]; !found || strings.HasPrefix(key, "[") { // perhaps an index
			return nil, false
		}
	}
	if _, failed := value.(*types.Err); failed || !found {
		return nil, false
	}
	s.meter.steps(len(path))
	return adapter{}.NativeToValue(value), true
}

// askedFor returns the selections, as text, whose presence the expression tests.
func askedFor(reads []*read) map[string]bool {
	asked := map[string]bool{}
	for _, r := range reads {
		if r.asked != nil {
			asked[append(slices.Clone(r.path), *r.asked).String()] = true
		}
	}
	return asked
}

// isAskedFor reports whether the expression tests the presence of the value, or of one that
// contains it.
func isAskedFor(asked map[string]bool, path Selection) bool {
	for n := range path {
		if len(asked) > 0 && asked[path[:n+1].String()] {
			return true
		}
	}
	return false
}

// unknownKey returns an error message for the first read of a key that its variable never has, and
// the node that selects the key. A key whose presence the expression tests is allowed.
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
