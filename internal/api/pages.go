package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/latch-run/latch"
)

// Pages are HTML pages for browsers.
//
// A request for a page may come from a link on another site, and may post a
// form, so the pages themselves must check that a form is one of theirs.
// Sessions are accepted for pages, but not for routes.
type Pages struct {
	// Has reports whether a request is for one of the pages. It must look only
	// at the request.
	Has func(*http.Request) bool
	// Handler serves the pages before the routes, for callers whom the guard
	// has admitted; nil if the pages are routes, added by [API.Handle]. It must
	// access runs only through [API.AsCaller], because it runs before the code
	// that hides locks.
	Handler http.Handler
	// Refuse answers a refused request with a page instead of a problem
	// document.
	Refuse func(http.ResponseWriter, *http.Request, *Problem)
}

// AddPages adds pages.
func (a *API) AddPages(pages Pages) { a.pages = append(a.pages, pages) }

// pagesOf returns the pages that a request belongs to, or nil.
func (a *API) pagesOf(r *http.Request) *Pages {
	for i := range a.pages {
		if a.pages[i].Has(r) {
			return &a.pages[i]
		}
	}
	return nil
}

// wantsPage returns the pages that a browser requests, or nil for a program.
func (a *API) wantsPage(r *http.Request) *Pages {
	if WantsHTML(r) {
		return a.pagesOf(r)
	}
	return nil
}

// WantsHTML reports whether a browser requests a page.
func WantsHTML(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept"), "text/html") }

// Refuse answers a refused request: with a page if a browser requests one,
// otherwise with the problem document.
func (a *API) Refuse(w http.ResponseWriter, r *http.Request, p *Problem) {
	if pages := a.wantsPage(r); pages != nil {
		pages.Refuse(w, r, p)
		return
	}
	WriteProblem(w, p)
}

// Root returns the relative address of "/" from a request's page, so that it
// works under any path prefix of a proxy.
func Root(r *http.Request) string {
	if depth := strings.Count(r.URL.EscapedPath(), "/"); depth > 1 {
		return strings.Repeat("../", depth-1)
	}
	return "./"
}

// AsCaller returns the API's routes, served in this process to the caller in
// the request's context, who may be unknown. Roles are checked and locks hidden
// as for a request from outside. The audit says that the calls came by the
// console.
func (a *API) AsCaller() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = r.WithContext(context.WithValue(r.Context(), viaKey{}, latch.ViaConsole))
		a.serve(w, r, CallerOf(r.Context()))
	})
}

// serve serves the routes to a caller, nil if unknown, and returns the pattern
// of the route that handled the request.
func (a *API) serve(w http.ResponseWriter, r *http.Request, known *Caller) (pattern string) {
	w, lift := a.veil(w, r, known)
	r = withWholeToken(admitted(w, r, known))
	a.mux.ServeHTTP(w, r)
	lift() // after a panic, a partial response is not sent
	return r.Pattern
}

// admitted returns the request in the form that routes expect.
func admitted(w http.ResponseWriter, r *http.Request, known *Caller) *http.Request {
	r.Body = http.MaxBytesReader(w, r.Body, maximumBody+1)
	return r.WithContext(context.WithValue(r.Context(), callerKey{}, known))
}

// CheckOrigin rejects a request by which another site's page would change
// something (Sec-Fetch-Site, Origin).
func (a *API) CheckOrigin(r *http.Request) error {
	protection := http.NewCrossOriginProtection()
	if a.PublicOrigin != "" {
		_ = protection.AddTrustedOrigin(a.PublicOrigin) // it was parsed as an origin before
	}
	return protection.Check(r)
}

// SetPageHeaders allows a page to load only the given sources, send forms only
// to this server, not be framed, and not be cached. sources are directives of a
// Content-Security-Policy.
func SetPageHeaders(header http.Header, sources string) {
	for name, value := range map[string]string{
		"Content-Type":                 "text/html; charset=utf-8",
		"Cache-Control":                "no-store",
		"Content-Security-Policy":      "default-src 'none'; " + sources + "; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Permissions-Policy":           "camera=(), geolocation=(), microphone=()",
		"Referrer-Policy":              "same-origin", // with no-referrer, a browser's own form would have the Origin null
		"X-Content-Type-Options":       "nosniff",
		"X-Frame-Options":              "DENY",
		"X-Robots-Tag":                 "noindex",
	} {
		header.Set(name, value)
	}
}
