package delivery

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/latch-run/latch"
)

// A field is a name and a text to add to a body. A field whose text is "" is omitted.
type field struct{ name, value string }

// fill adds fields to a user's body that lacks them, if the body is a JSON object or a form.
// What the user wrote stays the same, byte by byte.
func fill(body []byte, kind latch.BodyKind, fields []field) []byte {
	fields = slices.DeleteFunc(fields, func(f field) bool { return f.value == "" })
	if len(fields) == 0 {
		return body
	}
	switch kind {
	case latch.BodyJSON:
		return fillObject(body, fields)
	case latch.BodyForm:
		return fillForm(body, fields)
	default:
		return body
	}
}

// usualFields is a capacity in bytes that suffices for the fields that Latch adds.
const usualFields = 128

// fillObject expects valid JSON.
func fillObject(body []byte, fields []field) []byte {
	if !startsObject(body) {
		return body
	}
	present := fieldsIn(body, fields)
	b := objectBuilder{buffer: make([]byte, 0, len(body)+usualFields)}
	for _, field := range fields {
		if !present[field.name] {
			b.text(field.name, field.value)
		}
	}
	if len(b.buffer) == 0 {
		return body
	}
	return b.before(body)
}

// before inserts the fields in front of those of an object, which stays the same byte by byte.
func (b *objectBuilder) before(object []byte) []byte {
	rest := bytes.TrimLeft(object, jsonSpace)[1:]
	if !bytes.HasPrefix(bytes.TrimLeft(rest, jsonSpace), []byte("}")) {
		b.buffer = append(b.buffer, ',')
	}
	return append(b.buffer, rest...)
}

// fieldsIn returns which of the fields an object has. It decodes the object only if their
// names, or escapes that may spell them, occur in it.
func fieldsIn(object []byte, fields []field) map[string]bool {
	if !bytes.Contains(object, []byte(`\u`)) && !slices.ContainsFunc(fields, func(f field) bool { return bytes.Contains(object, []byte(strconv.Quote(f.name))) }) {
		return nil
	}
	var all map[string]json.RawMessage
	if json.Unmarshal(object, &all) != nil {
		return nil
	}
	present := map[string]bool{}
	for name := range all {
		present[name] = true
	}
	return present
}

func fillForm(body []byte, fields []field) []byte {
	var parts []string
	present := map[string]bool{}
	for part := range strings.SplitSeq(string(body), "&") {
		if part == "" {
			continue
		}
		parts = append(parts, part)
		name, _, _ := strings.Cut(part, "=")
		if plain, err := url.QueryUnescape(name); err == nil {
			present[plain] = true
		}
	}
	for _, field := range fields {
		if !present[field.name] {
			parts = append(parts, url.QueryEscape(field.name)+"="+url.QueryEscape(field.value))
		}
	}
	return []byte(strings.Join(parts, "&"))
}
