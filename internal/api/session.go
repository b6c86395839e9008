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
		return refused
	}
	NoteCaller(r, key.Name)
	a.SetCookie(w, r, a.sessionName(r), proof.Sign(a.sessionKey(key), "", time.Now().Add(SessionLife)), SessionLife)
	return nil
}

// LogOut makes the sender's browser forget the session.
func (a *API) LogOut(w http.ResponseWriter, r *http.Request) {
	a.SetCookie(w, r, a.sessionName(r), "", 0)
}

// sessionOf returns the key with which the request's sender logged in. It
// compares with all keys, to take constant time.
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

// sessionName returns the name of the cookie, which depends on whether browsers
// use TLS.
func (a *API) sessionName(r *http.Request) string {
	if a.isSecure(r) {
		return secureSessionCookie
	}
	return sessionCookie
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
