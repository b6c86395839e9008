package expr

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/google/cel-go/common/types"
)

// reader reads valid JSON as CEL is given it: objects as map[string]any, arrays as []any, null and
// numbers as CEL values. The strings and digits that it gives are parts of its text where nothing
// in them is escaped.
type reader struct {
	text string
	at   int
}

// validJSON gives the first JSON value of a text. What follows it is ignored.
func validJSON(raw []byte) (string, error) {
	if json.Valid(raw) {
		return string(raw), nil
	}
	var first json.RawMessage
	err := json.NewDecoder(bytes.NewReader(raw)).Decode(&first)
	return string(first), err
}

// longestString gives the length of the longest string of valid JSON, as it is written.
func longestString(text string) int {
	longest := 0
	for r := (reader{text: text}); ; {
		quote := strings.IndexByte(r.text[r.at:], '"')
		if quote < 0 {
			return longest
		}
		r.at += quote
		written, _ := r.quoted()
		longest = max(longest, len(written)-len(`""`))
	}
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
		return parseNumber(r.word())
	}
}

func (r *reader) object() map[string]any {
	fields := make(map[string]any)
	for r.at++; r.next() != '}'; {
		key := r.key()
		fields[key] = r.value()
	}
	r.at++
	return fields
}

// key passes a key, with the comma before it and the colon behind it.
func (r *reader) key() string {
	if r.text[r.at] == ',' {
		r.at++
		r.next()
	}
	key := r.string()
	r.next()
	r.at++
	return key
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
	written, escaped := r.quoted()
	text := written[1 : len(written)-1]
	if escaped || !utf8.ValidString(text) {
		return unquote(written)
	}
	return text
}

// unquote reads one valid string.
func unquote(written string) (text string) {
	_ = json.Unmarshal([]byte(written), &text)
	return text
}

// quoted passes a string and gives it as it is written.
func (r *reader) quoted() (written string, escaped bool) {
	start := r.at
	for r.at++; r.text[r.at] != '"'; r.at++ {
		if r.text[r.at] == '\\' {
			escaped = true
			r.at++
		}
	}
	r.at++
	return r.text[start:r.at], escaped
}

// seek goes to an object's value of a key, the last one of several.
func (r *reader) seek(key string) bool {
	if r.next() != '{' {
		return false
	}
	found := -1
	for r.at++; r.next() != '}'; {
		name := r.key()
		if r.next(); name == key {
			found = r.at
		}
		r.skip()
	}
	r.at = found
	return found >= 0
}

// skip passes a value.
func (r *reader) skip() {
	for depth := 0; ; {
		switch r.next() {
		case '"':
			r.quoted()
		case '{', '[':
			r.at++
			depth++
		case '}', ']':
			r.at++
			depth--
		case ',', ':':
			r.at++
		default:
			r.word()
		}
		if depth == 0 {
			return
		}
	}
}

// word passes a number, true, false or null.
func (r *reader) word() string {
	start := r.at
	for r.at < len(r.text) && strings.IndexByte(" \t\r\n,]}", r.text[r.at]) < 0 {
		r.at++
	}
	return r.text[start:r.at]
}

// appendJSON passes a value and appends it as [appendJSON] writes it: compact, each string in its
// one spelling. It gives up at an object whose keys are not in that order already.
func (r *reader) appendJSON(out []byte) (written []byte, ok bool) {
	switch r.next() {
	case '{':
		return r.appendObject(out)
	case '[':
		return r.appendArray(out)
	case '"':
		return appendString(out, r.string()), true
	default:
		return append(out, r.word()...), true
	}
}

func (r *reader) appendObject(out []byte) (written []byte, ok bool) {
	out = append(out, '{')
	last := ""
	for r.at++; r.next() != '}'; {
		begins := r.text[r.at] != ','
		key := r.key()
		switch {
		case begins:
		case key <= last:
			return nil, false
		default:
			out = append(out, ',')
		}
		last = key
		if out, ok = r.appendJSON(append(appendString(out, key), ':')); !ok {
			return nil, false
		}
	}
	r.at++
	return append(out, '}'), true
}

func (r *reader) appendArray(out []byte) (written []byte, ok bool) {
	out = append(out, '[')
	for r.at++; r.next() != ']'; {
		if r.text[r.at] == ',' {
			out = append(out, ',')
			r.at++
		}
		if out, ok = r.appendJSON(out); !ok {
			return nil, false
		}
	}
	r.at++
	return append(out, ']'), true
}
