package expr

import "strings"

// MaxParts bounds the expressions of one template, and those of one input together, in parts: see
// [Parts]. Compiling that many takes less than a second.
const MaxParts = 60_000

// Constructs that Parts counts as more than one part, according to the time they take to compile.
const (
	partsOfExpression = 4   // in addition to the parts in it
	partsOfPattern    = 25  // a regular expression, at its limit
	bytesOfPart       = 256 // of long strings
)

// Parts measures, without compiling it, how much there is to compile in an expression: its names,
// numbers, strings and operators. Parsing, checking and planning take time in proportion to their
// number, plus a little for each byte.
func Parts(source string) int {
	parts := partsOfExpression + partsOfPattern*strings.Count(source, "matches") + len(source)/bytesOfPart
	for i := 0; i < len(source); {
		switch c := source[i]; {
		case c == '"' || c == '\'':
			i = stringEnd(source, i)
			parts++
		case isIdentifier(c):
			for i < len(source) && isIdentifier(source[i]) {
				i++
			}
			parts++
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
		default:
			i++
			parts++
		}
	}
	return parts
}

// Sources lists the expressions of a template in order, without compiling it. If the template
// cannot be read to its end, it lists those before the error.
func Sources(template string, place Place) []string {
	var sources []string
	s := &scanner{source: template, json: place == InJSON, parse: func(text string) (*Expression, error) {
		sources = append(sources, text)
		return nil, nil
	}}
	_, _ = s.scan()
	return sources
}
