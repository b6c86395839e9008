package console

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/console/piece"
)

//go:embed templates/*.html
var templateFiles embed.FS

var templates = template.Must(piece.Templates().ParseFS(templateFiles, "templates/*.html"))

// A view is the argument of a page's template.
type view struct {
	// Data is the data of the answer.
	Data  any
	Title string
	// Content is the rendered page, for the layout.
	Content template.HTML
	// Notice says what was done on the previous page.
	Notice string
	// Word is shown above the page; see [answer].
	Word *piece.Notice

	visit   *visit
	request *http.Request
	parts   []part
}

// A part is a live part of a page, as rendered.
type part struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	HTML    string `json:"html"`
}

// Live renders a template whose output is sent again whenever it changes. The
// id must be unique in the page.
func (w *view) Live(id, name string, data any) (template.HTML, error) {
	inner, err := render(name, data)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(inner))
	p := part{ID: id, Version: base64.RawURLEncoding.EncodeToString(sum[:12]), HTML: string(inner)}
	w.parts = append(w.parts, p)
	return template.HTML(fmt.Sprintf("<div id=\"%s\" data-live=\"%s\">%s</div>", //nolint:gosec // inner is rendered
		template.HTMLEscapeString(id), p.Version, inner)), nil
}

// Link returns a relative address; see [visit.link].
func (w *view) Link(path string, query ...string) string {
	return linkFrom(w.request, path, query...)
}

// Asset returns the address of a file in the console's static files.
func (w *view) Asset(name string) string {
	return linkFrom(w.request, staticPath+name, "v", assets[name].version)
}

// An Entry is an entry of the navigation.
type Entry struct {
	Name, Href string
	// Current is the value of aria-current: "page" for the page itself, "true"
	// for the entry above it, "" for others.
	Current string
}

// Navigation returns the entries of the pages that the person may see.
func (w *view) Navigation() []Entry {
	var entries []Entry
	for i := range pages {
		if p := &pages[i]; w.visit != nil && p.nav != "" && w.visit.may(p.role) {
			entries = append(entries, Entry{p.nav, w.Link(p.path), w.visit.page.within(p)})
		}
	}
	return entries
}

// Caller returns the name of the person who is logged in, or "".
func (w *view) Caller() string {
	if w.visit == nil {
		return ""
	}
	return w.visit.caller.Name
}

// Logout returns the form that logs out; nil if the API has no keys to log in
// with.
func (w *view) Logout() *piece.Form {
	if w.visit == nil || !w.visit.core.HasKeys() {
		return nil
	}
	form := w.visit.form("logout")
	form.Action, form.Buttons = w.Link(logoutPath), []piece.Button{{Value: "logout", Label: "Log out"}}
	return &form
}

// IsLive reports whether parts of the page update by themselves.
func (w *view) IsLive() bool {
	return w.visit != nil && w.visit.page != nil && w.visit.page.live && len(w.parts) > 0
}

// Version returns the version of Latch.
func (w *view) Version() string { return latch.Version }

func render(name string, data any) (template.HTML, error) {
	var body bytes.Buffer
	err := templates.ExecuteTemplate(&body, name, data)
	return template.HTML(body.String()), err //nolint:gosec // html/template wrote it
}

// viewOf renders the page without the layout.
func (v *visit) viewOf(a *answer) (*view, error) {
	w := &view{Data: a.data, Title: a.title, Word: a.word, visit: v, request: v.request}
	var err error
	w.Content, err = render(a.template, w)
	return w, err
}

// write sends the answer.
func (v *visit) write(a *answer) {
	if a.to != "" {
		v.tell(a.notice)
		v.writer.Header().Set("Location", a.to) // relative: http.Redirect would make it absolute, without a proxy's prefix
		v.writer.WriteHeader(a.status)
		return
	}
	w, err := v.viewOf(a)
	if err != nil {
		v.fail(v.writer, v.request, err)
		return
	}
	w.Notice = v.told()
	v.console.write(v.writer, v.request, a.status, w)
}

// fail answers if a page cannot be rendered.
func (c *console) fail(w http.ResponseWriter, r *http.Request, err error) {
	c.core.Logger.ErrorContext(r.Context(), "page cannot be rendered", "path", r.URL.EscapedPath(), "error", err)
	http.Error(w, "Internal error. The server's log has the details.", http.StatusInternalServerError)
}

// refuse answers a visitor who is not known to be logged in.
func (c *console) refuse(w http.ResponseWriter, r *http.Request, status int, title, text string) {
	content, err := render("refusal", &view{Title: title, Data: piece.Notice{Tone: "bad", Text: text}})
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.write(w, r, status, &view{Title: title, Content: content, request: r})
}

// refuseProblem shows a refusal by the API's guard.
func (c *console) refuseProblem(w http.ResponseWriter, r *http.Request, p *api.Problem) {
	for name, values := range p.GetHeaders() {
		if name != "Www-Authenticate" { // the console shows its login instead
			w.Header()[name] = values
		}
	}
	c.refuse(w, r, p.Status, p.Title, p.Detail)
}

// write renders a page in the layout and sends it.
func (c *console) write(w http.ResponseWriter, r *http.Request, status int, shown *view) {
	body, err := render("layout", shown)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	setHeaders(w.Header())
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body)) // the visitor has gone away
}

// setHeaders restricts the page to the console's own files.
func setHeaders(header http.Header) {
	api.SetPageHeaders(header, "style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'")
	header.Set("Vary", "Accept") // programs get another answer for "/"
}
