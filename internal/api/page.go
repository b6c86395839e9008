package api

import (
	"bytes"
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/locklink"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs"
	"github.com/latch-run/latch/internal/veil"
)

// pagePath is where locks' pages are.
const pagePath = "/locks/"

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

func (a *api) registerPages() {
	page := operation{path: pagePath + "{lock}", linked: true, errors: []int{http.StatusNotFound}}
	show, post := page, page
	show.id, show.method, show.role, show.summary = "show-lock-page", http.MethodGet, RoleRead, "Show the page of a lock"
	show.about = "HTML, for people. Where LATCH_LOCK_LINKS is on, the lock's own link opens it without a key."
	post.id, post.method, post.role, post.summary = "post-lock-page", http.MethodPost, RoleLock, "Remove a lock by a button of its page"
	post.about = "Takes the page's own form, or a key in its place."
	a.handle(show, pagePath+"{lock...}", a.showPage)
	a.handle(post, pagePath+"{lock...}", a.postPage)
}

// protection keeps forms of other sites out (Sec-Fetch-Site, Origin).
func (a *api) protection() *http.CrossOriginProtection {
	protection := http.NewCrossOriginProtection()
	if a.publicOrigin != "" {
		_ = protection.AddTrustedOrigin(a.publicOrigin) // it was read as an origin before
	}
	return protection
}

// wantsPage tells a browser from a program.
func wantsPage(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, pagePath) && strings.Contains(r.Header.Get("Accept"), "text/html")
}

// visitorOf tells who is at a lock's page: by a key, or by the link.
func (a *api) visitorOf(r *http.Request, token string) (visitor, *Problem) {
	known := callerOf(r.Context())
	if locklink.Verify(a.linkKey, token, r.URL.Query().Get(locklink.Parameter)) && (known == nil || known.role < RoleLock) {
		return visitor{name: nameLinked, role: RoleLock, linked: true}, nil
	}
	if refused := mayDo(known, RoleRead); refused != nil {
		return visitor{}, refused
	}
	return visitor{name: known.name, role: known.role}, nil
}

// showPage shows a lock. It changes nothing: whoever fetches links may fetch it.
func (a *api) showPage(w http.ResponseWriter, r *http.Request) {
	token := r.PathValue("lock")
	who, refused := a.visitorOf(r, token)
	if refused != nil {
		a.refuse(w, r, refused)
		return
	}
	a.writeLock(w, r, token, who, page{})
}

// postPage takes a click, or the key of somebody who has come without one.
func (a *api) postPage(w http.ResponseWriter, r *http.Request) {
	token := r.PathValue("lock")
	if err := a.protection().Check(r); err != nil {
		a.refuse(w, r, problem(http.StatusForbidden, "This form was sent from another site's page."))
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maximumMessage)
	var tooLarge *http.MaxBytesError
	if err := r.ParseForm(); errors.As(err, &tooLarge) {
		a.refuse(w, r, problem(http.StatusRequestEntityTooLarge, "The form has more than %d bytes.", tooLarge.Limit))
		return
	} else if errors.Is(err, os.ErrDeadlineExceeded) {
		a.refuse(w, r, problem(http.StatusRequestTimeout, "The form took too long to come."))
		return
	} else if err != nil {
		a.refuse(w, r, problem(http.StatusBadRequest, "The form cannot be read."))
		return
	}
	if r.PostForm.Get("action") == "open" {
		a.openPage(w, r, token)
		return
	}
	who, refused := a.sender(r, token)
	if refused != nil {
		a.refuse(w, r, refused)
		return
	}
	a.click(w, r, token, who)
}

// openPage shows the page to somebody who has typed a key.
func (a *api) openPage(w http.ResponseWriter, r *http.Request, token string) {
	key, refused := a.identify(r.RemoteAddr, r.PostForm.Get("key"))
	if refused != nil {
		a.refuse(w, r, refused)
		return
	}
	noteCaller(r, key.Name)
	a.writeLock(w, r, token, visitor{name: key.Name, role: key.Role}, page{})
}

// sender tells who sent a form: the visitor that it was shown to, or the
// bearer of a key. Neither a link nor the address alone is enough.
func (a *api) sender(r *http.Request, token string) (visitor, *Problem) {
	who, shown := a.verifyForm(token, r.PostForm.Get("form"), time.Now())
	if !shown {
		known := callerOf(r.Context())
		if known == nil {
			return who, problem(http.StatusUnauthorized, "This form is of no page of ours, or too old. Open the lock's page again.")
		}
		if known.ambient {
			return who, problem(http.StatusForbidden, "This form is of no page of ours, or too old. Open the lock's page again.")
		}
		who = visitor{name: known.name, role: known.role}
	}
	noteCaller(r, who.name)
	return who, mayDo(&caller{name: who.name, role: who.role}, RoleLock)
}

// click carries a button out.
func (a *api) click(w http.ResponseWriter, r *http.Request, token string, who visitor) {
	before, err := a.look(r.Context(), token, who)
	if err != nil {
		a.refusePage(w, r, err)
		return
	}
	if before.Used != nil {
		a.writeLock(w, r, token, who, page{Note: cameLater})
		return
	}
	action := r.PostForm.Get("action")
	chosen := slices.IndexFunc(before.Choices, func(c choice) bool { return c.Action == action })
	if chosen < 0 && action != actionBack {
		a.refuse(w, r, problem(http.StatusUnprocessableEntity, "action: %q is not one of this lock's buttons.", action))
		return
	}
	removal := latch.LockRelease{Lock: token, By: who.name, Reason: strings.TrimSpace(r.PostForm.Get("reason"))}
	name := readable(r.PostForm.Get("name"))
	if who.linked && name != "" {
		removal.By = name + " (by " + nameLinked + ")"
	}
	if len(removal.Reason) > maximumReason || len(removal.By) > maximumName {
		a.refuse(w, r, problem(http.StatusUnprocessableEntity, "reason and name have at most %d and %d bytes.", maximumReason, maximumName))
		return
	}
	typed := page{Reason: removal.Reason, Name: name}
	if action == actionBack {
		a.writeLock(w, r, token, who, typed)
		return
	}
	choice := before.Choices[chosen]
	if !choice.confirmed(r.PostForm) {
		typed.Confirm = &choice
		a.writeLock(w, r, token, who, typed)
		return
	}
	removal.Result, removal.Data = choice.result, choice.data
	released, err := a.removeLock(r.Context(), protocol.UpdateViaPage, removal)
	var late *Problem
	switch {
	case err == nil && !released.Unchanged:
		a.writeLock(w, r, token, who, page{})
	case err == nil, errors.As(a.explain(r.Context(), err), &late) && late.Record != nil:
		a.writeLock(w, r, token, who, page{Note: cameLater})
	default:
		a.refusePage(w, r, err)
	}
}

// cameLater is for somebody who decided about a lock that was used meanwhile.
const cameLater = "Your click came after that, and changed nothing."

// actionBack is the button that leaves a confirmation.
const actionBack = "back"

// readable is a typed name as it reads in one line: nothing in it may turn the
// order of the letters around, or hide what is said after it.
func readable(name string) string {
	shown := func(r rune) rune {
		if unicode.IsPrint(r) && r != utf8.RuneError {
			return r
		}
		return ' '
	}
	return strings.Join(strings.Fields(strings.Map(shown, name)), " ")
}

// Bounds of what is typed into the form, in bytes.
const (
	maximumReason = 4096
	maximumName   = 200
)

// A page is what the template shows.
type page struct {
	Nonce   string
	Refusal *Problem
	AskKey  bool
	Lock    *lockView
	Note    string
	Form    string
	// Linked asks for a name, since there is no key to tell it.
	Linked bool
	// MayRemove tells that the visitor gets buttons.
	MayRemove bool
	By        string
	// Confirm is a choice that the visitor is asked about once more.
	Confirm *choice
	// Reason and Name are what the visitor has typed already.
	Reason, Name string
}

// writeLock shows a lock's page; what the caller has set of it stays.
func (a *api) writeLock(w http.ResponseWriter, r *http.Request, token string, who visitor, p page) {
	view, err := a.look(r.Context(), token, who)
	if err != nil {
		a.refusePage(w, r, err)
		return
	}
	p.Lock, p.Linked, p.MayRemove, p.By = view, who.linked, who.role >= RoleLock, who.name
	p.Form = a.signForm(token, who, time.Now())
	a.write(w, r, http.StatusOK, p)
}

func (a *api) refusePage(w http.ResponseWriter, r *http.Request, err error) {
	var known *Problem
	if !errors.As(a.explain(r.Context(), err), &known) {
		known = problem(http.StatusInternalServerError, "This failed.")
	}
	a.refuse(w, r, known)
}

// writeRefusal says in a browser why there is no page, and asks for a key
// where one would help.
func (a *api) writeRefusal(w http.ResponseWriter, r *http.Request, p *Problem) {
	for name, values := range p.GetHeaders() {
		if name != "Www-Authenticate" { // the page asks itself
			w.Header()[name] = values
		}
	}
	a.write(w, r, p.Status, page{Refusal: p, AskKey: p.Status == http.StatusUnauthorized && len(a.keys) > 0})
}

// write renders a page under headers that let it load nothing, be framed by
// nobody, and be kept nowhere.
func (a *api) write(w http.ResponseWriter, r *http.Request, status int, p page) {
	p.Nonce = nonce()
	var body bytes.Buffer
	if err := pageTemplate.Execute(&body, p); err != nil {
		a.logger.ErrorContext(r.Context(), "page failed", "error", err)
		writeProblem(w, problem(http.StatusInternalServerError, "This failed for a reason that the API's log tells."))
		return
	}
	for name, value := range map[string]string{
		"Content-Type":                 "text/html; charset=utf-8",
		"Cache-Control":                "no-store",
		"Content-Security-Policy":      "default-src 'none'; style-src 'nonce-" + p.Nonce + "'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Permissions-Policy":           "camera=(), geolocation=(), microphone=()",
		"Referrer-Policy":              "same-origin", // with no-referrer a browser's own form has the Origin null
		"X-Content-Type-Options":       "nosniff",
		"X-Frame-Options":              "DENY",
		"X-Robots-Tag":                 "noindex",
	} {
		w.Header().Set(name, value)
	}
	w.WriteHeader(status)
	_, _ = body.WriteTo(w) // the visitor has gone away
}

func nonce() string {
	chance := make([]byte, 16)
	rand.Read(chance) // never fails
	return base64.RawURLEncoding.EncodeToString(chance)
}

// look gathers what the page of a lock shows to a visitor.
func (a *api) look(ctx context.Context, token string, who visitor) (*lockView, error) {
	workflowID, err := runOfLock(token)
	if err != nil {
		return nil, err
	}
	info, err := a.describe(ctx, workflowID, "")
	if runs.IsNotFound(err) {
		return nil, noMaker(workflowID)
	}
	if err != nil {
		return nil, err
	}
	var records []latch.Record
	err = a.runs.Query(ctx, workflowID, info.GetExecution().GetRunId(), latch.QueryHistory, &records)
	if runs.IsNotFound(err) || runs.IsForeign(err) {
		return nil, noMaker(workflowID)
	}
	if err != nil {
		return nil, err
	}
	mine := findLock(records, token)
	if mine < 0 {
		info, records, err = a.earlierRun(ctx, workflowID, token)
		if err != nil {
			return nil, err
		}
		mine = findLock(records, token)
	}
	var status latch.Status
	if err := a.runs.Query(ctx, workflowID, info.GetExecution().GetRunId(), latch.QueryStatus, &status); err != nil {
		return nil, err
	}
	if records, status, err = a.shownTo(who, records, status); err != nil {
		return nil, err
	}
	definition, err := a.runs.Definition(ctx, info)
	if err != nil {
		return nil, err
	}
	view := viewOf(definition, status, records, mine, who.linked, time.Now())
	if !who.linked {
		view.RunURL = a.runURL(workflowID, info.GetExecution().GetRunId())
	}
	return view, nil
}

// shownTo returns records and status without what opens a lock, to a visitor who
// may not remove all of them: HTML alone would not tell which locks those are.
func (a *api) shownTo(who visitor, records []latch.Record, status latch.Status) ([]latch.Record, latch.Status, error) {
	if who.role >= RoleLock && !who.linked {
		return records, status, nil
	}
	type both struct {
		Records []latch.Record
		Status  latch.Status
	}
	shown, err := veil.Value(both{records, status}, a.linkKey)
	return shown.Records, shown.Status, err
}

// runURL returns the address of a run in Temporal UI, "" where the UI's own
// address is not known.
func (a *api) runURL(workflowID, runID string) string {
	if a.temporalUI == "" {
		return ""
	}
	return fmt.Sprintf("%s/namespaces/%s/workflows/%s/%s/history", strings.TrimRight(a.temporalUI, "/"),
		url.PathEscape(a.namespace), url.PathEscape(workflowID), url.PathEscape(runID))
}
