package admission

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
)

// counter measures all expressions of an input before any is compiled: each is bounded, and so is
// their sum. An expression that occurs several times counts once, as it is compiled once, as long
// as no more of them occur than the cache holds.
type counter struct {
	seen  map[compiled]bool
	parts int
}

// compiled identifies what is compiled once.
type compiled struct {
	use    expr.Use
	source string
}

// asTemplate stands for the use of an expression in a template.
const asTemplate expr.Use = -1

// tooMuch returns a problem if there is too much to compile.
func tooMuch(input any) latch.Problems {
	c := &counter{seen: map[compiled]bool{}}
	(&walker{visit: c}).walk(input)
	var problems latch.Problems
	if c.parts > expr.MaxParts {
		problems.Addf("", "all expressions together have %d names, literals and operators, those that stand there twice counted once; the limit is %d",
			c.parts, expr.MaxParts)
	}
	return problems
}

func (c *counter) expression(_, source string, use expr.Use) {
	if key := (compiled{use, source}); !c.seen[key] || len(c.seen) > expr.Kept {
		c.seen[key] = true
		c.parts += expr.Parts(source)
	}
}

func (c *counter) template(path, source string, place expr.Place) {
	for _, expression := range expr.Sources(source, place) {
		c.expression(path, expression, asTemplate)
	}
}

// form counts for nothing: its size is bounded.
func (c *counter) form(string, json.RawMessage) {}

func (c *counter) tree(path string, value json.RawMessage) {
	templatesIn(path, value, func(at, source string) { c.template(at, source, expr.InText) })
}

// templatesIn calls show with every string of a JSON value and its path. It ignores a value that is
// not JSON.
func templatesIn(path string, value json.RawMessage, show func(path, source string)) {
	var decoded any
	if json.Unmarshal(value, &decoded) == nil {
		stringsIn(path, decoded, show)
	}
}

func stringsIn(path string, value any, show func(path, source string)) {
	switch v := value.(type) {
	case string:
		show(path, v)
	case []any:
		for i, element := range v {
			stringsIn(fmt.Sprintf("%s[%d]", path, i), element, show)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			stringsIn(join(path, key), v[key], show)
		}
	}
}
