package mask

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/urlmask"
)

// Hidden stands where a secret stood.
const Hidden = urlmask.Hidden

// A Masker hides secrets in texts that an endpoint or the network had a hand
// in. It looks for each secret, and for its base64 and hexadecimal, in the
// text and in all that the decoders of JSON, URLs, forms and HTML make of it,
// up to three deep: so any mixture of escapes is found. A nil Masker hides
// nothing.
type Masker struct {
	// held are the secrets that the worker has, own those that only the request
	// at hand has; nil for none.
	held, own *Needles
}

// New makes a masker of texts that are secret; empty ones are ignored.
func New(secrets []string) *Masker { return Of(nil, NeedlesOf(secrets)) }

// Of makes a masker of needles; nil is for none. It costs nothing, so that many
// maskers share what is looked for in each of them.
func Of(held, own *Needles) *Masker {
	if held == nil && own == nil {
		return nil
	}
	return &Masker{held, own}
}

// NeedlesOf returns what to look for so that the secrets are found.
func NeedlesOf(secrets []string) *Needles {
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

// Text returns the text with every secret in it as ***.
func (m *Masker) Text(text string) string { return m.UpTo(text, len(text)) }

// UpTo returns the first limit bytes of the text, masked. A secret that reaches
// over the limit is hidden as a whole: it is looked for in all of the text.
func (m *Masker) UpTo(text string, limit int) string {
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
		b.WriteString(Hidden)
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

// Whole returns where a text that broke off stops being whole: before what may
// be the beginning of a secret.
func (m *Masker) Whole(text string) int {
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

// Finds reports whether there is a secret in the text.
func (m *Masker) Finds(text string) bool { return len(m.spans(text)) > 0 }

// spans returns where secrets stand, in order, those that touch as one.
func (m *Masker) spans(text string) []span {
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

// Clean reports, at a look, that a JSON value has no secret in its strings, keys
// and numbers; it may miss one that has none either. Where nothing
// is escaped they stand in the text as they are. An escape could be read
// together with the quote behind it, so values with any are left to [Masker.JSON].
func (m *Masker) Clean(value []byte) bool {
	return m == nil || !bytes.ContainsAny(value, `\%&`) && !m.Finds(string(value))
}

// JSON returns a JSON value with every secret in its strings, keys and numbers
// as ***. What holds none stays as it is, digits and spaces included.
func (m *Masker) JSON(value json.RawMessage) json.RawMessage {
	if m.Clean(value) {
		return value
	}
	decoder := json.NewDecoder(bytes.NewReader(value))
	decoder.UseNumber()
	var decoded any
	if err := decoder.Decode(&decoded); err != nil {
		return rawjson.Encode(m.Text(string(value)))
	}
	masked, changed := m.value(decoded)
	if !changed {
		return value
	}
	return rawjson.Encode(masked)
}

func (m *Masker) value(value any) (masked any, changed bool) {
	switch value := value.(type) {
	case string:
		masked := m.Text(value)
		return masked, masked != value
	case json.Number:
		if m.Finds(value.String()) {
			return Hidden, true
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
			name := m.Text(key)
			element, hit := m.value(element)
			masked[name], changed = element, changed || hit || name != key
		}
		return masked, changed
	default:
		return value, false
	}
}
