package admission

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/form"
)

// compiler collects compile errors. It drops an error of a template if the shape has a problem at
// the same path, because both concern the same text; an expression's error is kept.
type compiler struct {
	shape, templates, expressions latch.Problems
}

// maximumFaults bounds the problems to look for: nobody reads more, and the same invalid text may
// occur any number of times.
const maximumFaults = 200

func (c *compiler) full() bool { return len(c.templates)+len(c.expressions) >= maximumFaults }

func (c *compiler) tree(path string, value json.RawMessage) {
	if c.full() {
		return
	}
	_, err := expr.CompileTree(value)
	report(&c.templates, path, err)
}

func (c *compiler) template(path, source string, place expr.Place) {
	if c.full() {
		return
	}
	_, err := expr.CompileTemplate(source, place)
	report(&c.templates, path, err)
}

func (c *compiler) expression(path, source string, use expr.Use) {
	if c.full() {
		return
	}
	_, err := expr.Compile(source, use)
	report(&c.expressions, path, err)
}

// form is compiled unless its shape has a problem.
func (c *compiler) form(path string, schema json.RawMessage) {
	has := func(p latch.Problem) bool { return p.Path == path }
	if c.full() || string(schema) == "null" || slices.ContainsFunc(c.shape, has) {
		return
	}
	_, err := form.Compile(schema)
	for _, problem := range problemsOf(err) {
		c.expressions.Addf(strings.TrimSuffix(join(path, problem.Path), "."), "%s", problem.Message)
	}
}

// report adds one problem for each compile error in err, which may be several joined, and may be
// wrapped with the path of the string in a JSON value.
func report(problems *latch.Problems, path string, err error) {
	switch e := err.(type) {
	case nil:
	case *expr.CompileError:
		problems.Addf(path, "%s", describe(e))
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			report(problems, path, one)
		}
	default:
		inner := errors.Unwrap(err)
		if inner == nil {
			problems.Addf(path, "%v", err)
			return
		}
		report(problems, path+strings.TrimSuffix(err.Error(), ": "+inner.Error()), inner)
	}
}

// describe returns the error as "line:column: message, in source".
func describe(e *expr.CompileError) string {
	text := e.Message
	if e.Line > 0 {
		text = fmt.Sprintf("%d:%d: %s", e.Line, e.Column, text)
	}
	if source := strings.TrimSpace(e.Source); source != "" {
		text += fmt.Sprintf(" (in %q)", excerpt.Of(source, maximumSource))
	}
	return text
}

// maximumSource bounds the source quoted in a message, in bytes.
const maximumSource = 120

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
