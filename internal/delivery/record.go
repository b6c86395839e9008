package delivery

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/mask"
	"github.com/latch-run/latch/internal/urlmask"
)

// maskedBytes is how much of a truncated body a record masks. A secret that begins within it
// ends within the bytes that were read, in any encoding.
const maskedBytes = MaximumResponseBytes / 2

// neverKept are the headers that no record contains (contract, "Records").
var neverKept = []string{"Set-Cookie", "Set-Cookie2", "Cookie", "Authorization", "Proxy-Authorization"}

// record returns the answer as a record keeps it: masked first, then cut.
func (a *answer) record(m *mask.Masker) *latch.RecordResponse {
	body := string(a.body)
	limit := len(body)
	switch {
	case a.cut:
		limit = maskedBytes
	case a.broken:
		limit = m.Whole(body)
	}
	return &latch.RecordResponse{
		Status:  a.status,
		Headers: a.headers(m, keptHeaderBytes),
		Body:    excerpt.First(cleanText(m.UpTo(body, limit)), KeptResponseBytes),
	}
}

// headers returns the headers that may be kept, masked, up to a total size. Several values of
// one name are joined.
func (a *answer) headers(m *mask.Masker, limit int) map[string]string {
	kept := make(map[string]string, len(a.header))
	for _, name := range sortedNames(a.header) {
		if slices.Contains(neverKept, http.CanonicalHeaderKey(name)) {
			continue
		}
		value := cleanText(m.Text(urlmask.WithoutUserinfo(strings.Join(a.header[name], ", "))))
		name = cleanText(m.Text(name))
		if limit -= len(name) + len(value); limit < 0 {
			break
		}
		kept[name] = value
	}
	return kept
}

// object returns the masked body if it is a JSON object, whatever its Content-Type, and
// otherwise an empty object.
func (a *answer) object(m *mask.Masker) latch.Object {
	known := a.read()
	if a.broken || known.form != objectForm {
		return latch.Object{}
	}
	if m.Clean(a.body) {
		return known.object
	}
	var object latch.Object
	if err := json.Unmarshal(m.JSON(a.body), &object); err != nil {
		return latch.Object{}
	}
	keepDecisions(object, known.object, m)
	return object
}

// keepDecisions restores the decision keys and their valid values where masking hid them. These
// words are not secret, even if a worker has a secret with the same text, and a fail must not
// be lost because of it.
func keepDecisions(masked, came latch.Object, m *mask.Masker) {
	for _, key := range latch.DecisiveKeys {
		value, there := came[key]
		switch {
		case !there:
		case came.Understood(key) == nil:
			masked[key] = value
		default:
			masked[key] = m.JSON(value)
		}
	}
}
