package expr

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
)

// An Escape changes the text of an expression's value, depending on its
// position in a JSON body: keys are the keys of the enclosing objects, and
// before is the text of the template right before it in the same string. In a
// value that is not a string, each string is changed, with the keys that lead
// to it.
type Escape func(keys []string, before, text string) string

// RenderEscaped is [Template.Render] for a template in JSON whose values are
// escaped a second time, for the consumer of the JSON.
func (t *Template) RenderEscaped(vars Variables, escape Escape) (string, error) {
	if t.static {
		return t.text, t.checkRendered(t.text, nil)
	}
	s := newScope(vars)
	s.escape = escape
	return t.render(s)
}

// escaped applies the scope's escape to a text.
func (s *scope) escaped(keys []string, before, text string) string {
	if s.escape == nil {
		return text
	}
	return s.escape(keys, before, text)
}

// appendEscapedJSON appends a value with its strings escaped.
func (s *scope) appendEscapedJSON(out []byte, keys []string, e *Expression) ([]byte, error) {
	if s.escape == nil {
		return e.appendJSON(out, s)
	}
	written, err := e.appendJSON(nil, s)
	if err != nil {
		return nil, err
	}
	value, _, err := decodeJSON(written)
	if err != nil {
		return nil, evalError(e.source, err)
	}
	if out, err = appendNative(out, s.escapedValue(keys, value), MaxOutput); err != nil {
		return nil, evalError(e.source, err)
	}
	return out, nil
}

func (s *scope) escapedValue(keys []string, value any) any {
	switch value := value.(type) {
	case string:
		return s.escape(keys, "", value)
	case []any:
		for i, element := range value {
			value[i] = s.escapedValue(keys, element)
		}
	case map[string]any:
		for key, element := range value {
			value[key] = s.escapedValue(append(keys[:len(keys):len(keys)], key), element)
		}
	}
	return value
}

// expressionMark is the placeholder of an expression, used to find its position
// in a JSON template: its number between two private-use characters.
var expressionMark = regexp.MustCompile("\ue000([0-9]+)\ue001")

// markKeys records, for each expression of a JSON template, the keys that lead
// to it and the text before it in its string.
func markKeys(segments []segment) {
	var sample bytes.Buffer
	for i, s := range segments {
		mark := fmt.Sprintf("\ue000%d\ue001", i)
		switch {
		case s.expression == nil:
			sample.WriteString(s.literal)
		case s.inString:
			sample.WriteString(mark)
		default:
			sample.WriteString(`"` + mark + `"`)
		}
	}
	var value any
	if json.Unmarshal(sample.Bytes(), &value) == nil { // otherwise it has been rejected already
		noteKeys(segments, nil, value)
	}
}

func noteKeys(segments []segment, keys []string, value any) {
	switch value := value.(type) {
	case string:
		begin := 0
		for _, match := range expressionMark.FindAllStringSubmatchIndex(value, -1) {
			if i, err := strconv.Atoi(value[match[2]:match[3]]); err == nil && i < len(segments) && segments[i].expression != nil {
				segments[i].keys, segments[i].before = keys, value[begin:match[0]]
			}
			begin = match[1]
		}
	case []any:
		for _, element := range value {
			noteKeys(segments, keys, element)
		}
	case map[string]any:
		for key, element := range value {
			noteKeys(segments, append(keys[:len(keys):len(keys)], key), element)
		}
	}
}
