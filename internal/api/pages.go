package api

import (
	"context"
	"net/http"
	"strings"
)

// Pages are HTML pages that people see in a browser.
//
// A request for one may come by a link on another site, and may post a form:
// the pages themselves check that a form is one of theirs. A session counts on
// them, which it does on no route.
type Pages struct {
	// Has reports whether a request is for one of the pages. It looks at the
	// request alone.
	Has func(*http.Request) bool
	// Handler serves the pages in front of the routes, to whoever the guard let
	// in; nil where the pages are routes, added one by one by [API.Handle]. It
	// gets at runs by [API.AsCaller] alone: it stands before what hides locks.
	Handler http.Handler
	// Refuse answers a refused request with a page instead of a problem document.
	Refuse func(http.ResponseWriter, *http.Request, *Problem)
}

// AddPages adds pages.
func (a *API) AddPages(pages Pages) { a.pages = append(a.pages, pages) }

// pagesOf returns the pages to which a request belongs, nil for any other.
func (a *API) pagesOf(r *http.Request) *Pages {
	for i := range a.pages {
		if a.pages[i].Has(r) {
			return &a.pages[i]
		}
	}
	return nil
}

// wantsPage returns the pages that a browser asks for, nil where a program asks.
func (a *API) wantsPage(r *http.Request) *Pages {
	if WantsHTML(r) {
		return a.pagesOf(r)
	}
	return nil
}

// WantsHTML reports whether a browser asks for a page.
func WantsHTML(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept"), "text/html") }

// Refuse answers a request that does not get in: with a page where a browser
// asks for one, else with the problem document.
func (a *API) Refuse(w http.ResponseWriter, r *http.Request, p *Problem) {
	if pages := a.wantsPage(r); pages != nil {
		pages.Refuse(w, r, p)
		return
	}
	WriteProblem(w, p)
}

// Root returns the address of "/" from a request's page, relative, so that it
// holds under any path that a proxy puts before this server's.
func Root(r *http.Request) string {
	if depth := strings.Count(r.URL.EscapedPath(), "/"); depth > 1 {
		return strings.Repeat("../", depth-1)
	}
	return "./"
}

// AsCaller is the API's routes, served in this process to the caller of the
// request's context, who may be nobody. Roles are checked, and locks hidden, as
// for a request from outside.
func (a *API) AsCaller() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { a.serve(w, r, CallerOf(r.Context())) })
}

// serve serves the routes to a caller, nil for one without a key, and returns the
// pattern of the route that took the request.
func (a *API) serve(w http.ResponseWriter, r *http.Request, known *Caller) (pattern string) {
	w, lift := a.veil(w, r, known)
	r = withWholeToken(admitted(w, r, known))
	a.mux.ServeHTTP(w, r)
	lift() // what a panic left half done is not sent
	return r.Pattern
}

// admitted returns the request as what serves it sees it.
func admitted(w http.ResponseWriter, r *http.Request, known *Caller) *http.Request {
	r.Body = http.MaxBytesReader(w, r.Body, maximumBody+1)
	return r.WithContext(context.WithValue(r.Context(), callerKey{}, known))
}

// CheckOrigin refuses a request by which a page of another site would change
// something (Sec-Fetch-Site, Origin).
func (a *API) CheckOrigin(r *http.Request) error {
	protection := http.NewCrossOriginProtection()
	if a.PublicOrigin != "" {
		_ = protection.AddTrustedOrigin(a.PublicOrigin) // it was read as an origin before
	}
	return protection.Check(r)
}

// SetPageHeaders lets a page load what sources says and nothing else, send forms
// here alone, be framed by nobody, and be kept nowhere. The sources are directives
// of a Content-Security-Policy.
func SetPageHeaders(header http.Header, sources string) {
	for name, value := range map[string]string{
		"Content-Type":                 "text/html; charset=utf-8",
		"Cache-Control":                "no-store",
		"Content-Security-Policy":      "default-src 'none'; " + sources + "; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Permissions-Policy":           "camera=(), geolocation=(), microphone=()",
		"Referrer-Policy":              "same-origin", // with no-referrer a browser's own form has the Origin null
		"X-Content-Type-Options":       "nosniff",
		"X-Frame-Options":              "DENY",
		"X-Robots-Tag":                 "noindex",
	} {
		header.Set(name, value)
	}
}
