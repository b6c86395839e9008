package console

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/console/piece"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/proof"
)

// formLife is how long a form is valid after it was shown.
const formLife = 12 * time.Hour

// form returns a form that posts to this page.
func (v *visit) form(id string, groups ...piece.Group) piece.Form {
	return piece.Form{ID: id, Proof: v.sign("form"), Groups: groups}
}

// isOurs reports whether the form that was sent was shown to this person.
func (v *visit) isOurs() bool { return v.verify("form", v.sent.Get("form")) }

// sign returns a signature that the text was shown to this person. It stays the
// same for an hour, so that an unchanged page renders the same.
func (v *visit) sign(text string) string {
	until := time.Now().Truncate(time.Hour).Add(time.Hour + formLife)
	return proof.Sign(v.formKey, signed(v.caller, text), until)
}

// verify reports whether given is a valid signature of a text shown to this
// person.
func (v *visit) verify(text, given string) bool {
	return proof.Verify(v.formKey, signed(v.caller, text), given, time.Now())
}

// signForAll returns a signature that the console issued a text, valid for any
// person.
func (v *visit) signForAll(text string) string {
	return proof.Sign(v.formKey, "for all "+text, time.Now().Add(formLife))
}

// verifyForAll reports whether the console issued the text.
func (v *visit) verifyForAll(text, given string) bool {
	return proof.Verify(v.formKey, "for all "+text, given, time.Now())
}

func signed(c api.Caller, text string) string { return fmt.Sprintf("%q %d %s", c.Name, c.Role, text) }

// The cookie that passes a notice to the next page.
const (
	noticeCookie  = "latch-notice"
	noticeLife    = time.Minute
	maximumNotice = 1000
)

// tell sets the notice of the person's next page.
func (v *visit) tell(notice string) {
	if notice == "" {
		return
	}
	notice = excerpt.Of(notice, maximumNotice)
	value := base64.RawURLEncoding.EncodeToString([]byte(notice)) + "~" + v.sign("notice "+notice)
	v.core.SetCookie(v.writer, v.request, noticeCookie, value, noticeLife)
}

// told returns the notice from the previous page and removes it.
func (v *visit) told() string {
	cookie, err := v.request.Cookie(noticeCookie)
	if err != nil {
		return ""
	}
	v.core.SetCookie(v.writer, v.request, noticeCookie, "", 0)
	encoded, given, _ := strings.Cut(cookie.Value, "~")
	text, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil || !utf8.Valid(text) || !v.verify("notice "+string(text), given) {
		return ""
	}
	return string(text)
}
