package admission

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/typo"
)

// doubter collects selections in expressions that probably do not exist. It
// warns only about what is known before the run.
type doubter struct {
	warnings *latch.Problems
	// walker shows it the input, and knows the events.
	walker *walker
	scene  scene
}

// newDoubter returns a walker that warns about selections that the scene lacks.
func newDoubter(warnings *latch.Problems, in scene) *walker {
	d := &doubter{warnings: warnings, scene: in}
	d.walker = &walker{visit: d}
	return d.walker
}

func (d *doubter) tree(path string, value json.RawMessage) {
	templatesIn(path, value, func(at, source string) { d.template(at, source, expr.InText) })
}

func (d *doubter) template(path, source string, place expr.Place) {
	template, err := expr.CompileTemplate(source, place)
	if err != nil {
		return // cannot fail: it was admitted
	}
	seen := map[string]bool{}
	for _, expression := range template.Expressions() {
		selected, alone := expression.Selections()
		for _, selection := range selected {
			if name := selection.String(); !seen[name] {
				seen[name] = true
				d.selection(path, selection, reading{inTemplate: true, alone: alone})
			}
		}
	}
}

// A reading says how an expression reads a value.
type reading struct {
	// inTemplate is true for an expression in a template.
	inTemplate bool
	// alone is true if the expression does nothing else.
	alone bool
}

func (d *doubter) form(string, json.RawMessage) {}

func (d *doubter) expression(path, source string, use expr.Use) {
	compiled, err := expr.Compile(source, use)
	if err != nil {
		return // cannot fail: it was admitted
	}
	selected, _ := compiled.Selections()
	for _, selection := range selected {
		if use != expr.Success && use != expr.When && len(selection) > 2 && selection[0] == "history" && selection[1] == "data" {
			d.warnings.Addf(path, "%s: if the key is missing the expression fails and on_error decides; write %s", selection[:3], optional(selection[:3], "…"))
			continue
		}
		d.selection(path, selection, reading{})
	}
}

// selection warns about a value that does not exist at one of the events.
func (d *doubter) selection(path string, selection expr.Selection, as reading) {
	in := d.scene
	if within := d.walker.within; within != nil && within != in.job { // of a sequence
		in.job, in.fields = within, nil
	}
	events := d.walker.events
	if events == nil {
		events = []string{""}
	}
	for _, in.event = range events {
		if fault := in.fault(selection, as); fault != "" {
			d.warnings.Addf(path, "%s", fault)
			return
		}
	}
}

// fault says why a selected value does not exist, or returns "" if it may
// exist.
func (s *scene) fault(selection expr.Selection, as reading) string {
	found := s.variable(selection[0])
	for i, key := range selection[1:] {
		of, selected := selection[:i+1], selection[:i+2]
		switch v := found.(type) {
		case null:
			return fmt.Sprintf("%s is null, so %s fails", of, selected)
		case []any:
			index, err := strconv.Atoi(strings.Trim(key, "[]"))
			if err == nil && index >= len(v) {
				return fmt.Sprintf("%s has no element %d, so %s fails", of, index, selected)
			}
			if found = any(anything{}); err == nil && index >= 0 {
				found = v[index]
			}
		case *object:
			value, has := v.fields[key]
			if !has {
				return v.lacks(selected, as)
			}
			found = value
		default:
			return ""
		}
	}
	if _, isNull := found.(null); isNull && as.inTemplate && as.alone && slices.Contains([]string{"job.name", "job.title"}, selection.String()) {
		return fmt.Sprintf("%s is not set, so nothing stands in its place; write ${optional.ofNonZeroValue(%s).orValue('none')}", selection, selection)
	}
	return ""
}

// lacks says that the object does not have the last key of the selection.
func (o *object) lacks(selected expr.Selection, as reading) string {
	of, key := selected[:len(selected)-1], selected[len(selected)-1]
	cure := optional(selected, "'none'")
	if as.inTemplate {
		cure = "${" + cure + "}"
	}
	names := o.names()
	meant := typo.Meant(key, names)
	switch {
	case o.empty != "" && len(of) > 1:
		return fmt.Sprintf("%s is empty %s, so %s fails there; write %s", of, o.empty, selected, cure)
	case o.empty != "":
		return fmt.Sprintf("%s is empty %s, so %s fails", of, o.empty, selected)
	case slices.Contains(o.unset, key):
		return fmt.Sprintf("%s is not set, so this fails; write %s", selected, cure)
	case meant != "":
		return fmt.Sprintf("%s has no key %q, so this fails; did you mean %q?", of, key, meant)
	case o.open:
		return ""
	default:
		return fmt.Sprintf("%s has no key %q, so this fails; its keys are %s", of, key, strings.Join(names, ", "))
	}
}

// optional rewrites a selection whose last key may be missing.
func optional(selected expr.Selection, otherwise string) string {
	key := strings.ReplaceAll(selected[len(selected)-1], "'", `\'`)
	return fmt.Sprintf("%s[?'%s'].orValue(%s)", selected[:len(selected)-1], key, otherwise)
}
