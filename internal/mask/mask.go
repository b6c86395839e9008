package mask

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/urlmask"
)

// Hidden replaces a secret.
const Hidden = urlmask.Hidden

// A Masker hides secrets in texts that come from an endpoint or the network. It
// searches for each secret, and for its base64 and hexadecimal, in the text and
// in all that the decoders of JSON, URLs, forms and HTML make of it, up to
// three levels deep, so that it finds any mixture of escapes. A nil Masker
// hides nothing.
type Masker struct {
	// held are the needles for the worker's secrets, own those for the current
	// request only; nil if there are none.
	held, own *Needles
}

// New returns a masker for secret texts. It ignores empty ones.
func New(secrets []string) *Masker { return Of(nil, NeedlesOf(secrets)) }

// Of returns a masker for needles, either of which may be nil. It is cheap,
// because maskers can share needles.
func Of(held, own *Needles) *Masker {
	if held == nil && own == nil {
		return nil
	}
	return &Masker{held, own}
}

// NeedlesOf returns the needles that find the secrets.
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

// Text returns the text with every secret replaced by ***.
func (m *Masker) Text(text string) string { return m.UpTo(text, len(text)) }

// UpTo returns the first limit bytes of the text, masked. A secret that extends
// beyond the limit is hidden completely, because UpTo searches the whole text.
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

// The tail of a truncated text may be the beginning of a secret. Tails of
// shortestTail bytes or more count, after what may be the rest of an escape.
const (
	shortestTail  = 4
	longestEscape = 12
)

// Whole returns the length of a truncated text up to which it is complete:
// before what may be the beginning of a secret.
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

// Finds reports whether the text contains a secret.
func (m *Masker) Finds(text string) bool { return len(m.spans(text)) > 0 }

// spans returns the ranges of secrets, in order, with adjacent ones merged.
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

// Clean is a fast check. It returns true only if a JSON value has no secret in
// its strings, keys and numbers, but may return false even then. Without
// escapes, strings appear in the text as they are. An escape might be read
// together with the quote after it, so values with escapes are left to
// [Masker.JSON].
func (m *Masker) Clean(value []byte) bool {
	return m == nil || !bytes.ContainsAny(value, `\%&`) && !m.Finds(string(value))
}

// JSON returns a JSON value with every secret in its strings, keys and numbers
// replaced by ***. A value without secrets is returned unchanged, including
// digits and spaces.
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
