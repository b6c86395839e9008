package api

import (
	"context"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/loopback"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/settings"
)

// A Caller is the sender of a request.
type Caller struct {
	// Name is the name of the key or the person, or [NameLocal] for a caller on
	// this machine without keys.
	Name string
	Role Role
	// Groups are those of the key, or those that the issuer has confirmed for
	// the person.
	Groups []string
	// Via says how the name is known: [latch.IdentifiedByKey] and the like.
	Via string
	// Ambient is true if the request contains no key, but is identified by its
	// origin or a cookie, which a browser sends on its own.
	Ambient bool
	// AskedAt is when the caller has asked, by whoever has signed the request; zero for when it
	// arrives. What it proves is not newer than that, however often the request is sent.
	AskedAt time.Time `json:",omitzero"`
}

// Names of callers without a key. No key may have them.
const (
	// NameLocal is a caller on this machine if no keys are set.
	NameLocal = "local"
	// NameLinked is a visitor of a lock's page who has only its link.
	NameLinked = "link"
)

// Shown returns the caller for a message.
func (c *Caller) Shown() string {
	if c.Via == latch.IdentifiedByOIDC {
		return c.Name
	}
	return "The key " + c.Name
}

// UpdatePrefix returns the beginning of the id of an update that the caller
// sends in a way, such as [protocol.UpdateViaAPI].
func (c *Caller) UpdatePrefix(way string) string { return protocol.UpdatePrefix(way, c.Via) }

type callerKey struct{}

// CallerOf returns the caller of the request, or nil for a request without a
// key.
func CallerOf(ctx context.Context) *Caller {
	known, _ := ctx.Value(callerKey{}).(*Caller)
	return known
}

// guard rejects requests from those who may not call at all, and identifies the
// caller of the others. Each route checks the caller's role.
func (a *API) guard(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store") // caches do not know X-API-Key and ?API_KEY=
	w.Header().Set("X-Content-Type-Options", "nosniff")
	known, refused := a.admit(r)
	if known != nil {
		NoteCaller(r, known.Name)
	}
	if refused != nil {
		a.NoteRefused(r.Context(), known, latch.AuditAccess, "", "", refused)
		a.Refuse(w, r, refused)
		return
	}
	if pages := a.pagesOf(r); pages != nil && pages.Handler != nil {
		visited := admitted(w, r, known)
		pages.Handler.ServeHTTP(w, visited)
		noteRoute(r, visited.Pattern)
		return
	}
	noteRoute(r, a.serve(w, r, known))
}

func (a *API) admit(r *http.Request) (*Caller, *Problem) {
	if !a.addressAllowed(r.RemoteAddr) {
		return nil, NewProblem(http.StatusForbidden, "Calls from this address are not allowed. LATCH_API_ALLOW lists the addresses that are.")
	}
	if !a.HasKeys() {
		if refused := a.checkLocal(r); refused != nil {
			return nil, refused
		}
		return &Caller{Name: NameLocal, Role: RoleAdmin, Via: latch.IdentifiedByLocal, Ambient: true}, nil
	}
	value := keyOf(r)
	if value == "" && a.pagesOf(r) != nil {
		if known := a.sessionOf(r); known != nil {
			known.Ambient = true
			return known, nil
		}
	}
	if value == "" || a.isOpen(r) {
		return nil, nil
	}
	if a.isToken(r) {
		return a.checkToken(r.Context(), value)
	}
	key, refused := a.Identify(r.RemoteAddr, value)
	if refused != nil {
		return nil, refused
	}
	return key.Caller(), nil
}

// Identify returns the key with a value sent from a remote address. A wrong
// value is a 401. After too many of them from an address, values that were not
// used from there before are a 429 for some time (contract, "HTTP API").
func (a *API) Identify(remote, value string) (Key, *Problem) {
	key, found := find(a.keys, value)
	attempt := ""
	if found {
		attempt = key.id()
	}
	if refused := a.Attempt(remote, attempt, "unknown API keys"); refused != nil {
		return Key{}, refused
	}
	if !found {
		return Key{}, NewProblem(http.StatusUnauthorized, "Unknown API key.")
	}
	return key, nil
}

// Attempt counts that a remote address proves itself: by what has this name or, if it is wrong,
// by what has the name "". It returns a 429 after too many wrong ones; what names them, in the
// plural. See [guess.Limiter.Attempt].
func (a *API) Attempt(remote, name, what string) *Problem {
	wait := a.guesses.Attempt(remote, name)
	if wait <= 0 {
		return nil
	}
	refused := NewProblem(http.StatusTooManyRequests, "Too many %s came from this address; try again in %s.", what, roundUp(wait))
	refused.retryAfter = roundUp(wait)
	return refused
}

// roundUp rounds a duration up to whole seconds, at least one.
func roundUp(wait time.Duration) time.Duration {
	return max((wait + time.Second - 1).Truncate(time.Second), time.Second)
}

// isOpen reports whether the request is for a route that is open to all, with or
// without a key.
func (a *API) isOpen(r *http.Request) bool {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	return a.open[method+" "+r.URL.Path]
}

func (a *API) addressAllowed(remote string) bool {
	if len(a.allow) == 0 {
		return true
	}
	address, err := netip.ParseAddrPort(remote)
	return err == nil && slices.ContainsFunc(a.allow, func(p netip.Prefix) bool {
		return p.Contains(address.Addr().Unmap().WithZone(""))
	})
}

// checkLocal applies the rules to a request without keys that keep out other
// sites' pages (contract, "HTTP API"). It lets forms of the API's own pages
// pass, which contain a token as proof.
func (a *API) checkLocal(r *http.Request) *Problem {
	if err := a.local.CheckHost(r); err != nil {
		return NewProblem(http.StatusForbidden, "Without API keys %v. Set keys in LATCH_API_KEYS.", err)
	}
	if err := a.local.CheckPage(r); err != nil && !a.followsLink(r) {
		return NewProblem(http.StatusForbidden, "Without API keys %v.", err)
	}
	hasBody := r.ContentLength != 0
	isForm := r.Method == http.MethodPost && a.pagesOf(r) != nil
	if media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); hasBody && media != "application/json" && !isForm && !a.isOpen(r) {
		return NewProblem(http.StatusUnsupportedMediaType,
			"Without API keys, a body must have Content-Type: application/json, not %q. curl --json sends that.", r.Header.Get("Content-Type"))
	}
	return nil
}

// followsLink reports whether a person followed a link from another site, such
// as Temporal UI or a chat, to one of the API's pages. That is safe: the other
// site cannot read the response or frame the page, and a GET changes nothing.
func (a *API) followsLink(r *http.Request) bool {
	visits := (r.Method == http.MethodGet || r.Method == http.MethodHead) && a.wantsPage(r) != nil && len(r.Header.Values("Origin")) == 0
	mode, destination := r.Header.Values("Sec-Fetch-Mode"), r.Header.Values("Sec-Fetch-Dest")
	if len(r.Header.Values("Sec-Fetch-Site"))+len(mode)+len(destination) == 0 {
		return visits // an older browser sends only Accept
	}
	return visits && slices.Equal(mode, []string{"navigate"}) && slices.Equal(destination, []string{"document"})
}

// CheckAddress returns an error for listening beyond loopback without keys.
func CheckAddress(address string, keys []Key) error {
	if err := settings.CheckAddress(address); err != nil {
		return err
	}
	host, _, _ := net.SplitHostPort(address)
	if len(keys) == 0 && !loopback.Is(host) {
		return fmt.Errorf("%q is not loopback: set LATCH_API_KEYS, or listen on 127.0.0.1", address)
	}
	return nil
}

// bearerOf returns what the Authorization header has under the scheme Bearer.
func bearerOf(r *http.Request) (value string, is bool) {
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(value), strings.EqualFold(scheme, "Bearer")
}

// keyOf returns the request's key, or "".
func keyOf(r *http.Request) string {
	if value, is := bearerOf(r); is {
		return value
	}
	if value := r.Header.Get("X-API-Key"); value != "" {
		return value
	}
	return r.URL.Query().Get("API_KEY")
}
