package lockpage

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/proof"
	"github.com/latch-run/latch/internal/rawjson"
)

// formLife is how long a form is valid after it was shown, unless the login ends before by which the
// page was opened.
const formLife = 12 * time.Hour

// signForm returns a signature that a form was shown to a visitor of this
// lock's page. Pages of other sites have none, and that of another lock is not
// valid.
func (p *pages) signForm(lock string, v visitor, now time.Time) string {
	return v.encode() + "." + proof.Sign(p.formKey, v.encode()+"\n"+lock, now.Add(formLife))
}

// verifyForm returns the visitor to whom the form was shown.
func (p *pages) verifyForm(lock, given string, now time.Time) (visitor, bool) {
	encoded, signed, _ := strings.Cut(given, ".")
	v, known := decodeVisitor(encoded)
	return v, known && proof.Verify(p.formKey, encoded+"\n"+lock, signed, now)
}

// A visitor is a person at a lock's page: a caller of the API, or somebody who
// has only the link.
type visitor struct {
	api.Caller
}

// linked reports whether only the link opened the page.
func (v visitor) linked() bool { return v.Via == latch.IdentifiedByLink }

func (v visitor) encode() string {
	return base64.RawURLEncoding.EncodeToString(rawjson.Encode(v.Caller))
}

func decodeVisitor(text string) (visitor, bool) {
	decoded, err := base64.RawURLEncoding.DecodeString(text)
	var known visitor
	return known, err == nil && json.Unmarshal(decoded, &known.Caller) == nil
}
