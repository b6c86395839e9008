package delivery

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// hidden stands where a secret stood.
const hidden = "***"

// A masker hides secrets in texts that an endpoint or the network had a hand
// in. It looks for each secret, and for its base64 and hexadecimal, in the
// text and in all that the decoders of JSON, URLs, forms and HTML make of it,
// up to three deep: so any mixture of escapes is found. A nil masker hides
// nothing.
type masker struct {
	// held are the secrets that the worker has, own those that only the request
	// at hand has; nil for none.
	held, own *needles
}

// newMasker takes the texts that are secret; empty ones are ignored.
func newMasker(secrets []string) *masker { return masking(nil, needlesOf(secrets)) }

func masking(held, own *needles) *masker {
	if held == nil && own == nil {
		return nil
	}
	return &masker{held, own}
}

// needlesOf returns what to look for so that the secrets are found.
func needlesOf(secrets []string) *needles {
	found := map[string]bool{}
	for _, secret := range secrets {
		for _, needle := range encodings(secret) {
			found[needle] = true
		}
	}
	delete(found, "")
	return newNeedles(found)
}

// A span is a range of bytes.
type span struct{ from, to int }

// text gives the text with every secret in it as ***.
func (m *masker) text(text string) string { return m.upTo(text, len(text)) }

// upTo gives the first limit bytes of the text, masked. A secret that reaches
// over the limit is hidden as a whole: it is looked for in all of the text.
func (m *masker) upTo(text string, limit int) string {
	limit = min(limit, len(text))
	spans := m.spans(text)
	if len(spans) == 0 {
		return text[:limit]
	}
	var b strings.Builder
	at := 0
	for _, span := range spans {
		if span.from >= limit {
			break
		}
		b.WriteString(text[at:span.from])
		b.WriteString(hidden)
		at = span.to
	}
	if at < limit {
		b.WriteString(text[at:limit])
	}
	return b.String()
}

// The tail of a text that broke off may be a secret's beginning: one of so
// many bytes or more counts, after what may be left of an escape.
const (
	shortestTail  = 4
	longestEscape = 12
)

// whole gives where a text that broke off stops being whole: before what may
// be the beginning of a secret.
func (m *masker) whole(text string) int {
	end := len(text)
	if m == nil {
		return end
	}
	eachView(text, func(view view) {
		for escape := range min(longestEscape, len(view.text)) {
			rest := view.text[:len(view.text)-escape]
			at := min(m.held.begins(rest, shortestTail), m.own.begins(rest, shortestTail))
			if at < len(rest) {
				end = min(end, view.origin(at))
			}
		}
	})
	return end
}

// finds tells whether there is a secret in the text.
func (m *masker) finds(text string) bool { return len(m.spans(text)) > 0 }

// spans gives where secrets stand, in order, those that touch as one.
func (m *masker) spans(text string) []span {
	if m == nil || text == "" {
		return nil
	}
	var found []span
	eachView(text, func(view view) {
		found = m.own.search(view, m.held.search(view, found))
	})
	return merge(found)
}

func merge(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return a.from - b.from })
	merged := spans[:0]
	for _, next := range spans {
		if last := len(merged) - 1; last >= 0 && next.from <= merged[last].to {
			merged[last].to = max(merged[last].to, next.to)
			continue
		}
		merged = append(merged, next)
	}
	return merged
}

// clean tells, at a look, that a JSON value has no secret in its strings, keys
// and numbers; it may not tell so of one that has none either. Where nothing
// is escaped they stand in the text as they are. An escape could be read
// together with the quote behind it, so values with any are left to [masker.json].
func (m *masker) clean(value []byte) bool {
	return m == nil || !bytes.ContainsAny(value, `\%&`) && !m.finds(string(value))
}

// json gives a JSON value with every secret in its strings, keys and numbers
// as ***. What holds none is given as it is, digits and spaces included.
func (m *masker) json(value json.RawMessage) json.RawMessage {
	if m.clean(value) {
		return value
	}
	decoder := json.NewDecoder(bytes.NewReader(value))
	decoder.UseNumber()
	var decoded any
	if err := decoder.Decode(&decoded); err != nil {
		return json.RawMessage(encodeString(m.text(string(value))))
	}
	masked, changed := m.value(decoded)
	if !changed {
		return value
	}
	return encode(masked)
}

func (m *masker) value(value any) (masked any, changed bool) {
	switch value := value.(type) {
	case string:
		masked := m.text(value)
		return masked, masked != value
	case json.Number:
		if m.finds(value.String()) {
			return hidden, true
		}
		return value, false
	case []any:
		for i := range value {
			masked, hit := m.value(value[i])
			value[i], changed = masked, changed || hit
		}
		return value, changed
	case map[string]any:
		masked := make(map[string]any, len(value))
		for key, element := range value {
			name := m.text(key)
			element, hit := m.value(element)
			masked[name], changed = element, changed || hit || name != key
		}
		return masked, changed
	default:
		return value, false
	}
}

// encode gives a value's compact JSON, < > & as they are.
func encode(value any) json.RawMessage {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return json.RawMessage("null") // strings, numbers and their containers always encode
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func encodeString(text string) string { return string(encodeText(text)) }

// encodeText gives a text's JSON, < > & as they are.
func encodeText(text string) json.RawMessage { return appendText(make([]byte, 0, len(text)+2), text) }

// appendText appends a text's JSON, < > & as they are.
func appendText(out []byte, text string) []byte {
	if !isPlain(text) {
		return append(out, encode(text)...)
	}
	return append(append(append(out, '"'), text...), '"')
}

// isPlain tells of a text that stands in JSON as it is.
func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
