package admission

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/expr"
)

// compiler collects what does not compile. A template's fault is left out where
// the shape has one at that path, since both look at the same text; an
// expression's stands beside it.
type compiler struct {
	shape, templates, expressions latch.Problems
}

// maximumFaults is how many problems are looked for: nobody reads more, and what does not compile
// may stand there any number of times.
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

// report makes one problem of each compile error in err, which may be several
// joined, and wrapped by the path of the string within a JSON value.
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

// describe returns the error as "line:column: what is wrong, in which source".
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

// maximumSource bounds a source in a message, in bytes.
const maximumSource = 120

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
