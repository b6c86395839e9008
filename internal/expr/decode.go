package expr

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/google/cel-go/common/types"
)

// decodeJSON reads the first JSON value of a text and ignores what follows it. Objects are
// map[string]any, arrays []any; null and numbers are CEL values. longest is the length of the
// longest string in the value as it is written, keys included.
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

// decoder reads valid JSON. encoding/json would take five times the memory for the small values
// that most variables are, once for each delivery. The strings and digits that it returns are parts
// of its text unless something in them is escaped.
type decoder struct {
	text    string
	at      int
	longest int
}

// next returns the byte that the next token starts with.
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

func (d *decoder) string() (text string) {
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
	if text = written[1 : len(written)-1]; escaped || !utf8.ValidString(text) {
		_ = json.Unmarshal([]byte(written), &text) // it is valid
	}
	return text
}
