package lockpage

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/proof"
)

// formLife is how long a form is valid after it was shown.
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

// A visitor is a person at a lock's page: the owner of an API key, or somebody
// who has only the link.
type visitor struct {
	name string
	role api.Role
	// linked is true if only the link opened the page.
	linked bool
}

func (v visitor) encode() string {
	text := fmt.Sprintf("%d:%t:%s", v.role, v.linked, v.name)
	return base64.RawURLEncoding.EncodeToString([]byte(text))
}

func decodeVisitor(text string) (visitor, bool) {
	decoded, err := base64.RawURLEncoding.DecodeString(text)
	parts := strings.SplitN(string(decoded), ":", 3)
	if err != nil || len(parts) != 3 {
		return visitor{}, false
	}
	role, err := strconv.Atoi(parts[0])
	return visitor{name: parts[2], role: api.Role(role), linked: parts[1] == "true"}, err == nil
}
