package lockpage

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/latch-run/latch/internal/api"
)

// formLife is how long a page's form may be sent after it was shown.
const formLife = 12 * time.Hour

// signForm returns the proof that a form was shown to a visitor of a lock's
// page: a page of elsewhere has none, and one of another lock does not fit.
func (p *pages) signForm(lock string, v visitor, now time.Time) string {
	until := strconv.FormatInt(now.Add(formLife).Unix(), 36)
	return until + "." + v.encode() + "." + base64.RawURLEncoding.EncodeToString(p.formSum(lock, v, until))
}

// verifyForm returns the visitor that a form was shown to.
func (p *pages) verifyForm(lock, proof string, now time.Time) (visitor, bool) {
	parts := strings.Split(proof, ".")
	if len(parts) != 3 {
		return visitor{}, false
	}
	until, err := strconv.ParseInt(parts[0], 36, 64)
	given, bad := base64.RawURLEncoding.DecodeString(parts[2])
	v, known := decodeVisitor(parts[1])
	return v, err == nil && bad == nil && known && now.Unix() < until && hmac.Equal(given, p.formSum(lock, v, parts[0]))
}

func (p *pages) formSum(lock string, v visitor, until string) []byte {
	mac := hmac.New(sha256.New, p.formKey)
	fmt.Fprintf(mac, "%s\n%s\n%s", until, v.encode(), lock)
	return mac.Sum(nil)
}

// A visitor is somebody at a lock's page: the bearer of a key, or somebody who
// has only the link.
type visitor struct {
	name string
	role api.Role
	// linked tells that the link alone opened the page.
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
