package expr

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// What stands for an expression when a JSON template is checked: a string where a value is wanted,
// and in a string one character that completes no escape.
const (
	sampleValue  = `"x"`
	sampleString = `x`
)

// checkJSON refuses a template that is no JSON whatever its values are.
func checkJSON(source string, segments []segment) []error {
	sample, offsets := sampleJSON(segments)
	var into json.RawMessage
	err := json.Unmarshal([]byte(sample), &into)
	if err == nil {
		return nil
	}
	at := len(source)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) && !strings.Contains(err.Error(), "unexpected end") {
		at = sourceOffset(offsets, segments, max(int(syntax.Offset)-1, 0))
	}
	return []error{errorAt(source, at, fmt.Sprintf("the template is not JSON: %v", err))}
}

// sampleJSON fills a template with samples; offsets has where each segment starts in it.
func sampleJSON(segments []segment) (sample string, offsets []int) {
	var out strings.Builder
	for _, s := range segments {
		offsets = append(offsets, out.Len())
		switch {
		case s.expression == nil:
			out.WriteString(s.literal)
		case s.inString:
			out.WriteString(sampleString)
		default:
			out.WriteString(sampleValue)
		}
	}
	return out.String(), offsets
}

// sourceOffset finds where in the source a position of the sample came from. Within a literal a
// $${ makes it a byte or more early, which shows the right place still.
func sourceOffset(offsets []int, segments []segment, at int) int {
	for i := len(offsets) - 1; i >= 0; i-- {
		if at < offsets[i] {
			continue
		}
		if segments[i].expression != nil {
			return segments[i].offset
		}
		return segments[i].offset + at - offsets[i]
	}
	return 0
}

// checkRenderedJSON holds that what renders is valid JSON: a key, for one, may have come out as
// another value than a string.
func (t *Template) checkRenderedJSON(text string) error {
	if json.Valid([]byte(text)) {
		return nil
	}
	var into json.RawMessage
	if err := json.Unmarshal([]byte(text), &into); err != nil {
		return &EvalError{Source: t.source, Message: fmt.Sprintf("renders no valid JSON: %v", err)}
	}
	return nil
}
