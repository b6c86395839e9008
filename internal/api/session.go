package api

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/issuer"
	"github.com/latch-run/latch/internal/proof"
)

// SessionLife is how long a person stays logged in.
const SessionLife = 12 * time.Hour

// Names of the session cookie. Browsers accept one with the prefix __Host- only
// over TLS and only from this host.
const (
	sessionCookie       = "latch-session"
	secureSessionCookie = "__Host-" + sessionCookie
)

// LogIn sets a session cookie if the value is that of a key. Otherwise it
// returns a problem: 401, or 429 after too many wrong keys.
//
// A session is a signature with a key derived from the API key. It contains
// neither that key nor its hash. Every process with the API key accepts it. It
// ends when that API key is removed, but not when other keys are added or
// removed.
func (a *API) LogIn(w http.ResponseWriter, r *http.Request, value string) *Problem {
	key, refused := a.Identify(r.RemoteAddr, value)
	if refused != nil {
		a.NoteRefused(r.Context(), nil, latch.AuditLogin, latch.ViaConsole, "", refused)
		return refused
	}
	NoteCaller(r, key.Name)
	a.note(r.Context(), key.Caller(), act{AuditEntry: latch.AuditEntry{Action: latch.AuditLogin, Via: latch.ViaConsole}}, nil)
	a.SetCookie(w, r, a.sessionName(r), proof.Sign(a.sessionKey(key), "", time.Now().Add(SessionLife)), SessionLife)
	return nil
}

// LogOut ends the sender's session: their browser forgets it, and this process accepts it no
// longer. It returns the issuer's address that ends the login there too, to send the browser to; ""
// if the person did not log in at the issuer, or it names no such address.
func (a *API) LogOut(w http.ResponseWriter, r *http.Request) (atIssuer string) {
	known := CallerOf(r.Context())
	a.note(r.Context(), known, act{AuditEntry: latch.AuditEntry{Action: latch.AuditLogout, Via: latch.ViaConsole}}, nil)
	if cookie, err := r.Cookie(a.sessionName(r)); err == nil {
		a.ended.add(cookie.Value, time.Now())
	}
	a.SetCookie(w, r, a.sessionName(r), "", 0)
	if known == nil || known.Via != latch.IdentifiedByOIDC || a.LogsInAt() == "" {
		return ""
	}
	address, err := a.oidc.Issuer.EndSession(r.Context(), strings.TrimRight(a.publicURL, "/")+LoggedOutPath)
	if err != nil {
		a.Logger.WarnContext(r.Context(), "the login at the OpenID Connect issuer goes on", "error", err)
	}
	return address
}

// sessionOf returns the caller who logged in with the request's browser, or nil.
// It compares with all keys, to take constant time.
func (a *API) sessionOf(r *http.Request) *Caller {
	cookie, err := r.Cookie(a.sessionName(r))
	if err != nil || a.ended.has(cookie.Value) {
		return nil
	}
	if text, is := strings.CutPrefix(cookie.Value, personPrefix); is {
		return a.personSession(text)
	}
	var found *Caller
	for _, key := range a.keys {
		if proof.Verify(a.sessionKey(key), "", cookie.Value, time.Now()) {
			found = key.Caller()
		}
	}
	return found
}

// personPrefix begins the cookie of a person whom the issuer has confirmed.
const personPrefix = "person."

// maximumSession bounds the session's cookie, in bytes: browsers keep 4096 of its
// name, value and attributes.
const maximumSession = 3800

// A session is that of a person, as its cookie holds it. It has no role: that
// follows from the groups at each request, by the settings of that time.
type session struct {
	Name   string   `json:"name"`
	Groups []string `json:"groups,omitempty"`
}

// startSession sets the session cookie of a person.
func (a *API) startSession(w http.ResponseWriter, r *http.Request, person *issuer.Person) *Problem {
	value := personPrefix + signed(a.sessionSecret("session"), session{person.Name, person.Groups}, time.Now().Add(SessionLife))
	if len(value) > maximumSession {
		return NewProblem(http.StatusForbidden, "The issuer names %d groups of yours, more than fit into a browser's cookie (%d of %d bytes). "+
			"Have it put only the groups that Latch needs into the claim of LATCH_OIDC_GROUPS_CLAIM.",
			len(person.Groups), len(value), maximumSession)
	}
	a.SetCookie(w, r, a.sessionName(r), value, SessionLife)
	return nil
}

// personSession returns the caller of a person's session, or nil if it is not
// valid, or the person has no role any more.
func (a *API) personSession(text string) *Caller {
	var found session
	if a.oidc.Issuer == nil || !a.oidc.Issuer.LogsIn() || !opened(a.sessionSecret("session"), text, &found, time.Now()) {
		return nil
	}
	known, refused := a.callerFor(&issuer.Person{Name: found.Name, Groups: found.Groups})
	if refused != nil {
		return nil
	}
	return known
}

func (a *API) sessionKey(key Key) []byte {
	mac := hmac.New(sha256.New, a.LinkKey)
	fmt.Fprintf(mac, "latch session\n%s\n%d\n%x\n", key.Name, key.Role, key.hash)
	return mac.Sum(nil)
}

// sessionName returns the name of the cookie, which depends on whether browsers
// use TLS.
func (a *API) sessionName(r *http.Request) string {
	return a.cookieName(r, sessionCookie, secureSessionCookie)
}

func (a *API) cookieName(r *http.Request, plain, secure string) string {
	if a.isSecure(r) {
		return secure
	}
	return plain
}

// isSecure reports whether the browser sent the request over TLS, to this
// server or to the proxy at the public address.
func (a *API) isSecure(r *http.Request) bool {
	return r.TLS != nil || strings.HasPrefix(a.PublicOrigin, "https:")
}

// SetCookie sets a cookie that scripts cannot read and other sites' forms do
// not send. life is how long it is valid; 0 deletes it.
func (a *API) SetCookie(w http.ResponseWriter, r *http.Request, name, value string, life time.Duration) {
	cookie := &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: int(life / time.Second),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: a.isSecure(r)}
	if life <= 0 {
		cookie.MaxAge = -1
	}
	http.SetCookie(w, cookie)
}
