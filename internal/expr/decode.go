package expr

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/google/cel-go/common/types"
)

// decodeJSON decodes the first JSON value of a text and ignores the rest. Objects become
// map[string]any, arrays []any; null and numbers become CEL values. longest is the length of the
// longest string in the value as written, keys included, in bytes.
func decodeJSON(raw []byte) (value any, longest int, err error) {
	if !json.Valid(raw) {
		var first json.RawMessage
		if err := json.NewDecoder(bytes.NewReader(raw)).Decode(&first); err != nil {
			return nil, 0, err
		}
		raw = first
	}
	d := decoder{text: string(raw)}
	return d.value(), d.longest, nil
}

// decoder decodes valid JSON. For the small values that most variables are, encoding/json would
// take five times the memory, once per delivery. The strings and digits that it returns are slices
// of its text, unless they contain escapes.
type decoder struct {
	text    string
	at      int
	longest int
}

// next skips separators and returns the first byte of the next token.
func (d *decoder) next() byte {
	for {
		switch c := d.text[d.at]; c {
		case ' ', '\t', '\r', '\n', ',', ':':
			d.at++
		default:
			return c
		}
	}
}

func (d *decoder) value() any {
	switch d.next() {
	case '{':
		return d.object()
	case '[':
		return d.array()
	case '"':
		return d.string()
	}
	end := strings.IndexAny(d.text[d.at:], " \t\r\n,]}")
	if end < 0 {
		end = len(d.text) - d.at
	}
	word := d.text[d.at : d.at+end]
	d.at += end
	switch word {
	case "true":
		return true
	case "false":
		return false
	case "null":
		return types.NullValue
	default:
		return parseNumber(word)
	}
}

func (d *decoder) object() map[string]any {
	fields := make(map[string]any)
	for d.at++; d.next() != '}'; {
		key := d.string()
		fields[key] = d.value()
	}
	d.at++
	return fields
}

func (d *decoder) array() []any {
	items := []any{}
	for d.at++; d.next() != ']'; {
		items = append(items, d.value())
	}
	d.at++
	return items
}

func (d *decoder) string() string {
	start, escaped := d.at, false
	for d.at++; d.text[d.at] != '"'; d.at++ {
		if d.text[d.at] == '\\' {
			escaped = true
			d.at++
		}
	}
	d.at++
	written := d.text[start:d.at]
	d.longest = max(d.longest, len(written)-len(`""`))
	if text := written[1 : len(written)-1]; !escaped && utf8.ValidString(text) {
		return text
	}
	var text string
	_ = json.Unmarshal([]byte(written), &text) // it is valid
	return text
}
