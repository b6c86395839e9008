package api

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/issuer"
	"github.com/latch-run/latch/internal/proof"
	"github.com/latch-run/latch/internal/rawjson"
)

// LoginAnswerPath is where the issuer sends the browser after a login, below the
// API's public address.
const LoginAnswerPath = "/login/answer"

// LoggedOutPath is where the issuer sends the browser after a logout, below the API's public
// address.
const LoggedOutPath = "/login"

// loginLife is how long a person may take to log in at the issuer.
const loginLife = 10 * time.Minute

// Names of the cookie of a login that has begun.
const (
	loginCookie       = "latch-login"
	secureLoginCookie = "__Host-" + loginCookie
)

// A login is one that has begun, as its cookie holds it. State, nonce and
// verifier follow from its ID and the key of this API's logins, so the cookie of
// another browser is of no use to anybody.
type login struct {
	ID string `json:"id"`
	// To is the page to show afterwards.
	To string `json:"to,omitempty"`
}

// LogsInAt returns the issuer at which people log in, or "" if they cannot.
func (a *API) LogsInAt() string {
	if a.oidc.Issuer == nil || !a.oidc.Issuer.LogsIn() {
		return ""
	}
	return a.oidc.Issuer.Host()
}

// BeginLogin begins a login at the issuer and returns the issuer's address to
// send the browser to. to is the page to show afterwards.
func (a *API) BeginLogin(w http.ResponseWriter, r *http.Request, to string) (string, *Problem) {
	if a.LogsInAt() == "" {
		return "", NewProblem(http.StatusNotFound, "Nobody can log in by OpenID Connect here: LATCH_OIDC_CLIENT_ID is not set.")
	}
	if len(to) > maximumTo {
		to = ""
	}
	begun := login{ID: rand.Text(), To: to}
	address, err := a.oidc.Issuer.Begin(r.Context(), a.loginAnswer(), a.attemptOf(begun.ID))
	if err != nil {
		return "", a.tokenProblem(r.Context(), err)
	}
	value := signed(a.sessionSecret("login"), begun, time.Now().Add(loginLife))
	a.SetCookie(w, r, a.cookieName(r, loginCookie, secureLoginCookie), value, loginLife)
	return address, nil
}

// maximumTo bounds the address of the page to show after a login, in bytes, so
// that the cookie fits into a browser.
const maximumTo = 1500

// FinishLogin takes the issuer's answer and starts the person's session. It
// returns the page to show, as [API.BeginLogin] got it.
func (a *API) FinishLogin(w http.ResponseWriter, r *http.Request) (to string, _ *Problem) {
	if a.LogsInAt() == "" {
		return "", NewProblem(http.StatusNotFound, "Nobody can log in by OpenID Connect here: LATCH_OIDC_CLIENT_ID is not set.")
	}
	to, known, refused := a.finishLogin(w, r)
	if refused != nil {
		a.NoteRefused(r.Context(), known, latch.AuditLogin, latch.ViaConsole, "", refused)
		return to, refused
	}
	a.note(r.Context(), known, act{AuditEntry: latch.AuditEntry{Action: latch.AuditLogin, Via: latch.ViaConsole}}, nil)
	return to, nil
}

// finishLogin also returns the person, unless the issuer has not confirmed who it is.
func (a *API) finishLogin(w http.ResponseWriter, r *http.Request) (to string, known *Caller, _ *Problem) {
	var begun login
	name := a.cookieName(r, loginCookie, secureLoginCookie)
	cookie, err := r.Cookie(name)
	attempt := issuer.Attempt{}
	if err == nil && opened(a.sessionSecret("login"), cookie.Value, &begun, time.Now()) {
		attempt = a.attemptOf(begun.ID)
	}
	a.SetCookie(w, r, name, "", 0) // it counts once
	query := r.URL.Query()
	person, err := a.oidc.Issuer.Finish(r.Context(), a.loginAnswer(), attempt, issuer.Answer{State: query.Get("state"),
		Code: query.Get("code"), Error: query.Get("error"), Issuer: query.Get("iss")})
	if err != nil {
		return begun.To, nil, a.tokenProblem(r.Context(), err)
	}
	NoteCaller(r, person.Name)
	known, refused := a.callerFor(person)
	if refused != nil {
		return begun.To, known, refused
	}
	return begun.To, known, a.startSession(w, r, person)
}

// attemptOf returns the secrets of a login.
func (a *API) attemptOf(id string) issuer.Attempt {
	derive := func(purpose string) string {
		mac := hmac.New(sha256.New, a.sessionSecret("attempt"))
		mac.Write([]byte(purpose + "\n" + id))
		return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
	return issuer.Attempt{State: derive("state"), Nonce: derive("nonce"), Verifier: derive("verifier")}
}

// loginAnswer returns the address to which the issuer sends the browser.
func (a *API) loginAnswer() string { return strings.TrimRight(a.publicURL, "/") + LoginAnswerPath }

// sessionSecret returns the key for what is signed about persons of the issuer.
// It changes with LATCH_LINK_KEY, and with the issuer and the client.
func (a *API) sessionSecret(purpose string) []byte {
	mac := hmac.New(sha256.New, a.secret)
	mac.Write([]byte("latch oidc " + purpose + "\n" + a.oidc.Issuer.URL()))
	return mac.Sum(nil)
}

// signed returns a value as text, with a proof that is valid until a time.
func signed(key []byte, value any, until time.Time) string {
	text := base64.RawURLEncoding.EncodeToString(rawjson.Encode(value))
	return text + "." + proof.Sign(key, text, until)
}

// opened decodes such a value, if its proof is valid.
func opened(key []byte, text string, into any, now time.Time) bool {
	text, signature, _ := strings.Cut(text, ".")
	decoded, err := base64.RawURLEncoding.DecodeString(text)
	return proof.Verify(key, text, signature, now) && err == nil && json.Unmarshal(decoded, into) == nil
}
