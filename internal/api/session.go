package api

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/latch-run/latch/internal/proof"
)

// SessionLife is how long a person stays logged in.
const SessionLife = 12 * time.Hour

// Names of the session's cookie. A browser takes one of the prefix __Host- over
// TLS alone, and from this host alone.
const (
	sessionCookie       = "latch-session"
	secureSessionCookie = "__Host-" + sessionCookie
)

// LogIn answers the request with a session's cookie, if the value is a key's.
// Else it returns why not: 401, or 429 after too many wrong keys.
//
// A session is a proof by a key that is derived from the API key. It holds
// neither that nor its hash. Every process that has the API key takes it; it
// ends when the API key goes, and no sooner when another one comes or goes.
func (a *API) LogIn(w http.ResponseWriter, r *http.Request, value string) *Problem {
	key, refused := a.Identify(r.RemoteAddr, value)
	if refused != nil {
		return refused
	}
	NoteCaller(r, key.Name)
	a.SetCookie(w, r, a.sessionName(r), proof.Sign(a.sessionKey(key), "", time.Now().Add(SessionLife)), SessionLife)
	return nil
}

// LogOut has the sender's browser forget the session.
func (a *API) LogOut(w http.ResponseWriter, r *http.Request) {
	a.SetCookie(w, r, a.sessionName(r), "", 0)
}

// sessionOf returns the key by which the request's sender logged in. It looks at
// all keys whichever it is.
func (a *API) sessionOf(r *http.Request) (found Key, loggedIn bool) {
	cookie, err := r.Cookie(a.sessionName(r))
	if err != nil {
		return Key{}, false
	}
	for _, key := range a.keys {
		if proof.Verify(a.sessionKey(key), "", cookie.Value, time.Now()) {
			found, loggedIn = key, true
		}
	}
	return found, loggedIn
}

func (a *API) sessionKey(key Key) []byte {
	mac := hmac.New(sha256.New, a.LinkKey)
	fmt.Fprintf(mac, "latch session\n%s\n%d\n%x\n", key.Name, key.Role, key.hash)
	return mac.Sum(nil)
}

// sessionName is the cookie's name, by whether browsers come over TLS.
func (a *API) sessionName(r *http.Request) string {
	if a.isSecure(r) {
		return secureSessionCookie
	}
	return sessionCookie
}

// isSecure reports whether a browser sends the request over TLS, here or to the
// proxy at the public address.
func (a *API) isSecure(r *http.Request) bool {
	return r.TLS != nil || strings.HasPrefix(a.PublicOrigin, "https:")
}

// SetCookie answers with a cookie that no script can read and no other site's
// form sends, and which lives as long as is said. A life of 0 takes it away.
func (a *API) SetCookie(w http.ResponseWriter, r *http.Request, name, value string, life time.Duration) {
	cookie := &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: int(life / time.Second),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: a.isSecure(r)}
	if life <= 0 {
		cookie.MaxAge = -1
	}
	http.SetCookie(w, cookie)
}
