package expr

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/google/cel-go/common/types"
)

// decodeJSON gives a JSON value as CEL is given it: objects as map[string]any, arrays as []any,
// null and numbers as CEL values; and the length of its longest string. What follows the value is
// ignored.
func decodeJSON(raw []byte) (value any, longest int, err error) {
	if json.Valid(raw) {
		r := reader{text: string(raw)}
		value = r.value()
		return value, r.longest, nil
	}
	var first json.RawMessage
	if err := json.NewDecoder(bytes.NewReader(raw)).Decode(&first); err != nil {
		return nil, 0, err
	}
	return decodeJSON(first)
}

// reader reads valid JSON. The strings and digits that it gives are parts of its text where
// nothing in them is escaped.
type reader struct {
	text    string
	at      int
	longest int
}

// next gives the byte that the next token starts with.
func (r *reader) next() byte {
	for {
		switch c := r.text[r.at]; c {
		case ' ', '\t', '\r', '\n':
			r.at++
		default:
			return c
		}
	}
}

func (r *reader) value() any {
	switch r.next() {
	case '{':
		return r.object()
	case '[':
		return r.array()
	case '"':
		return r.string()
	case 't':
		r.at += len("true")
		return true
	case 'f':
		r.at += len("false")
		return false
	case 'n':
		r.at += len("null")
		return types.NullValue
	default:
		return r.number()
	}
}

func (r *reader) object() map[string]any {
	fields := make(map[string]any)
	for r.at++; r.next() != '}'; {
		if r.text[r.at] == ',' {
			r.at++
			r.next()
		}
		key := r.string()
		r.next()
		r.at++ // the colon
		fields[key] = r.value()
	}
	r.at++
	return fields
}

func (r *reader) array() []any {
	items := []any{}
	for r.at++; r.next() != ']'; {
		if r.text[r.at] == ',' {
			r.at++
		}
		items = append(items, r.value())
	}
	r.at++
	return items
}

func (r *reader) string() string {
	start := r.at
	escaped := false
	for r.at++; r.text[r.at] != '"'; r.at++ {
		if r.text[r.at] == '\\' {
			escaped = true
			r.at++
		}
	}
	r.at++
	text := r.text[start+1 : r.at-1]
	if escaped || !utf8.ValidString(text) {
		_ = json.Unmarshal([]byte(r.text[start:r.at]), &text) // it is a valid one
	}
	r.longest = max(r.longest, len(text))
	return text
}

func (r *reader) number() any {
	start := r.at
	for r.at < len(r.text) && strings.IndexByte("+-.0123456789Ee", r.text[r.at]) >= 0 {
		r.at++
	}
	return parseNumber(r.text[start:r.at])
}
