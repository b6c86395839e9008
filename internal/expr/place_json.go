package expr

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Samples stand for expressions when a JSON template is checked: a string in place of a value, and
// within a string one character that does not complete an escape.
const (
	sampleValue  = `"x"`
	sampleString = `x`
)

// checkJSON rejects a template that is not JSON whatever its values are.
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

// sampleJSON fills a template with samples. offsets holds the start of each segment in the result.
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

// sourceOffset converts a position in the sample to one in the source. After a $${ in the same
// literal it is one or more bytes too small, which is close enough for an error message.
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

// checkRenderedJSON checks that the result is valid JSON: for example, a key may have been rendered
// as something other than a string.
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
