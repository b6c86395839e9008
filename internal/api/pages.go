package api

import (
	"net/http"
	"strings"
)

// Pages are HTML pages that people see in a browser, all below one path.
//
// A request below that path may come by a link on another site, and may post a
// form: the pages themselves check that a form is one of theirs.
type Pages struct {
	// Path begins the paths of the pages, such as "/locks/".
	Path string
	// Refuse answers a refused request with a page instead of a problem document.
	Refuse func(http.ResponseWriter, *http.Request, *Problem)
}

// AddPages adds pages. Their routes are added one by one, by [API.Handle].
func (a *API) AddPages(pages Pages) { a.pages = append(a.pages, pages) }

// pagesOf returns the pages to which a request's path belongs, nil for any
// other path.
func (a *API) pagesOf(r *http.Request) *Pages {
	for i := range a.pages {
		if strings.HasPrefix(r.URL.Path, a.pages[i].Path) {
			return &a.pages[i]
		}
	}
	return nil
}

// wantsPage returns the pages that a browser asks for, nil where a program asks.
func (a *API) wantsPage(r *http.Request) *Pages {
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		return a.pagesOf(r)
	}
	return nil
}

// Refuse answers a request that does not get in: with a page where a browser
// asks for one, else with the problem document.
func (a *API) Refuse(w http.ResponseWriter, r *http.Request, p *Problem) {
	if pages := a.wantsPage(r); pages != nil {
		pages.Refuse(w, r, p)
		return
	}
	WriteProblem(w, p)
}
