package mask

import (
	"slices"
	"strconv"
	"strings"
)

// A Redaction hides parts of a response by name, whatever their values:
// headers, and what JSON Pointers lead to (contract, "Webhook", redact).
type Redaction struct {
	// headers are names in lower case, split at each *.
	headers [][]string
	// pointers are JSON Pointers, split into their parts.
	pointers [][]string
}

// wildcard stands for any characters in a header's name, and for every member
// or element as a part of a pointer.
const wildcard = "*"

// pointerEscapes decodes a part of a JSON Pointer (RFC 6901, section 4).
var pointerEscapes = strings.NewReplacer("~1", "/", "~0", "~")

// Add adds headers and pointers to hide. Each pointer must be empty or begin
// with "/".
func (r *Redaction) Add(headers, pointers []string) {
	for _, header := range headers {
		r.headers = append(r.headers, strings.Split(strings.ToLower(header), wildcard))
	}
	for _, pointer := range pointers {
		parts := strings.Split(pointer, "/")[1:]
		for i := range parts {
			parts[i] = pointerEscapes.Replace(parts[i])
		}
		r.pointers = append(r.pointers, parts)
	}
}

// Empty reports whether nothing is hidden.
func (r *Redaction) Empty() bool { return len(r.headers) == 0 && len(r.pointers) == 0 }

// HidesJSON reports whether any part of a body is hidden.
func (r *Redaction) HidesJSON() bool { return len(r.pointers) > 0 }

// Headers hides the values of the headers that it names. It modifies the map.
func (r *Redaction) Headers(header map[string][]string) {
	for name := range header {
		if slices.ContainsFunc(r.headers, func(pattern []string) bool { return matches(pattern, strings.ToLower(name)) }) {
			header[name] = []string{Hidden}
		}
	}
}

// matches reports whether a text consists of the pieces of a pattern in order,
// with any characters between them.
func matches(pieces []string, text string) bool {
	last := len(pieces) - 1
	if last == 0 {
		return text == pieces[0]
	}
	text, begins := strings.CutPrefix(text, pieces[0])
	if !begins {
		return false
	}
	for _, piece := range pieces[1:last] {
		_, rest, found := strings.Cut(text, piece)
		if !found {
			return false
		}
		text = rest
	}
	return strings.HasSuffix(text, pieces[last])
}

// Value returns decoded JSON without what the pointers lead to. It modifies the
// value's maps and slices.
func (r *Redaction) Value(decoded any) any {
	for _, pointer := range r.pointers {
		decoded = redacted(decoded, pointer)
	}
	return decoded
}

func redacted(value any, pointer []string) any {
	if len(pointer) == 0 {
		return Hidden
	}
	part, rest := pointer[0], pointer[1:]
	switch value := value.(type) {
	case map[string]any:
		for key, member := range value {
			if part == wildcard || part == key {
				value[key] = redacted(member, rest)
			}
		}
	case []any:
		for i, element := range value {
			if part == wildcard || part == strconv.Itoa(i) {
				value[i] = redacted(element, rest)
			}
		}
	}
	return value
}
