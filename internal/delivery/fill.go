package delivery

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// A field is a name and a text that a body is to have; "" is none.
type field struct{ name, value string }

// fill gives a user's own body the fields that it lacks, if it is a JSON
// object or a form. What the user wrote stays as it is, byte by byte.
func fill(body []byte, kind bodyKind, fields []field) []byte {
	fields = slices.DeleteFunc(fields, func(f field) bool { return f.value == "" })
	if len(fields) == 0 {
		return body
	}
	switch kind {
	case jsonBody:
		return fillObject(body, fields)
	case formBody:
		return fillForm(body, fields)
	default:
		return body
	}
}

func fillObject(body []byte, fields []field) []byte {
	var present map[string]json.RawMessage
	if !startsObject(body) || json.Unmarshal(body, &present) != nil {
		return body
	}
	var b objectBuilder
	for _, field := range fields {
		if _, has := present[field.name]; !has {
			b.text(field.name, field.value)
		}
	}
	if b.buffer.Len() == 0 {
		return body
	}
	if len(present) > 0 {
		b.buffer.WriteByte(',')
	}
	rest := strings.TrimLeft(string(body), " \t\r\n")[1:]
	return append(b.buffer.Bytes(), rest...)
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
