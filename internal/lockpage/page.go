package lockpage

import (
	"bytes"
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/base64"
	"errors"
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
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/locklink"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs"
	"github.com/latch-run/latch/internal/veil"
)

// pagePath is the path below which locks' pages are served.
const pagePath = "/locks/"

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// Options configure the page.
type Options struct {
	// TemporalUI is the address of Temporal UI, to which the page links; "" for no link.
	TemporalUI string
	// Inbox is true if "/" lists all locks. The page then links to it for visitors with a key.
	Inbox bool
}

// pages holds the handlers and what they share.
type pages struct {
	*api.API
	temporalUI string
	inbox      bool
	// formKey signs the page's forms.
	formKey []byte
}

// Routes returns the routes of the locks' pages.
func Routes(options Options) api.Routes {
	return func(core *api.API) {
		p := &pages{API: core, temporalUI: options.TemporalUI, inbox: options.Inbox, formKey: core.DeriveKey("latch page form")}
		core.AddPages(api.Pages{Has: isPage, Refuse: p.writeRefusal})
		page := api.Operation{Path: pagePath + "{lock}", Linked: true, Errors: []int{http.StatusNotFound}}
		show, post := page, page
		show.ID, show.Method, show.Role, show.Summary = "show-lock-page", http.MethodGet, api.RoleRead, "Show the page of a lock"
		show.About = "An HTML page for people. With LATCH_LOCK_LINKS on, the lock's own link opens it without a key."
		post.Act = latch.AuditLockRelease
		post.ID, post.Method, post.Role, post.Summary = "post-lock-page", http.MethodPost, api.RoleLock, "Remove a lock with a button of its page"
		post.About = "Takes the page's own form, or an API key instead."
		core.Handle(show, pagePath+"{lock...}", p.showPage)
		core.Handle(post, pagePath+"{lock...}", p.postPage)
	}
}

// isPage reports whether a request is for a lock's page.
func isPage(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, pagePath) }

// visitorOf returns who opened a lock's page, by a key or by the link.
func (p *pages) visitorOf(r *http.Request, token string) (visitor, *api.Problem) {
	known := api.CallerOf(r.Context())
	if locklink.Verify(p.LinkKey, token, r.URL.Query().Get(locklink.Parameter)) && (known == nil || known.Role < api.RoleLock) {
		return visitor{api.Caller{Name: api.NameLinked, Role: api.RoleLock, Via: latch.IdentifiedByLink}}, nil
	}
	if refused := api.MayDo(known, api.RoleRead); refused != nil {
		return visitor{}, refused
	}
	return visitor{*known}, nil
}

// showPage shows a lock. It changes nothing, because chats and scanners fetch links on their own.
func (p *pages) showPage(w http.ResponseWriter, r *http.Request) {
	token := r.PathValue("lock")
	who, refused := p.visitorOf(r, token)
	if refused != nil {
		p.Refuse(w, r, refused)
		return
	}
	leave, refused := p.Enter(r.Context(), api.LoadUrgent)
	if refused != nil {
		p.Refuse(w, r, refused)
		return
	}
	defer leave()
	p.writeLock(w, r, token, who, page{choice: r.URL.Query().Get(locklink.ChoiceParameter)})
}

// postPage handles a click, or the key that a visitor without one has typed.
func (p *pages) postPage(w http.ResponseWriter, r *http.Request) {
	token := r.PathValue("lock")
	if err := p.CheckOrigin(r); err != nil {
		p.Refuse(w, r, api.NewProblem(http.StatusForbidden, "This form was sent by a page of another site."))
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maximumForm)
	var tooLarge *http.MaxBytesError
	if err := r.ParseForm(); errors.As(err, &tooLarge) {
		p.Refuse(w, r, api.NewProblem(http.StatusRequestEntityTooLarge, "The form has more than %d bytes.", tooLarge.Limit))
		return
	} else if errors.Is(err, os.ErrDeadlineExceeded) {
		p.Refuse(w, r, api.NewProblem(http.StatusRequestTimeout, "The form took too long to arrive."))
		return
	} else if err != nil {
		p.Refuse(w, r, api.NewProblem(http.StatusBadRequest, "The form cannot be read."))
		return
	}
	leave, refused := p.Enter(r.Context(), api.LoadUrgent)
	if refused != nil {
		p.Refuse(w, r, refused)
		return
	}
	defer leave()
	if r.PostForm.Get("action") == "open" {
		p.openPage(w, r, token)
		return
	}
	who, refused := p.sender(r, token)
	if refused != nil {
		if who.Name != "" {
			p.NoteRefused(r.Context(), &who.Caller, latch.AuditLockRelease, latch.ViaPage, token, refused)
		}
		p.Refuse(w, r, refused)
		return
	}
	p.click(w, r, token, who)
}

// openPage shows the page to a visitor who has typed a key.
func (p *pages) openPage(w http.ResponseWriter, r *http.Request, token string) {
	key, refused := p.Identify(r.RemoteAddr, r.PostForm.Get("key"))
	if refused != nil {
		p.NoteRefused(r.Context(), nil, latch.AuditAccess, latch.ViaPage, "", refused)
		p.Refuse(w, r, refused)
		return
	}
	api.NoteCaller(r, key.Name)
	p.writeLock(w, r, token, visitor{*key.Caller()}, page{choice: r.URL.Query().Get(locklink.ChoiceParameter)})
}

// sender returns the sender of a form: the visitor to whom it was shown, or the owner of an API
// key. The link or the remote address alone is not sufficient.
//
// A form that was shown to somebody who was logged in is valid only while they are, so that it ends
// with the logout. One that was opened with a key, typed or sent, has no login that could end.
func (p *pages) sender(r *http.Request, token string) (visitor, *api.Problem) {
	who, shown := p.verifyForm(token, r.PostForm.Get("form"), time.Now())
	if !shown {
		known := api.CallerOf(r.Context())
		if known == nil {
			return who, api.NewProblem(http.StatusUnauthorized, "This form is unknown or has expired. Open the lock's page again.")
		}
		if known.Ambient {
			return who, api.NewProblem(http.StatusForbidden, "This form is unknown or has expired. Open the lock's page again.")
		}
		who = visitor{*known}
	}
	if known := api.CallerOf(r.Context()); who.Ambient || who.Via == latch.IdentifiedByOIDC {
		if known == nil || known.Name != who.Name || known.Via != who.Via {
			return who, api.NewProblem(http.StatusUnauthorized, "You are no longer logged in. Log in, and open the lock's page again.")
		}
		who = visitor{*known} // with the role of now
	}
	api.NoteCaller(r, who.Name)
	return who, api.MayDo(&who.Caller, api.RoleLock)
}

// click carries out a choice.
func (p *pages) click(w http.ResponseWriter, r *http.Request, token string, who visitor) {
	before, err := p.look(r.Context(), token, who)
	if err != nil {
		p.refusePage(w, r, err)
		return
	}
	if before.Used != nil {
		p.writeLock(w, r, token, who, page{Note: cameLater})
		return
	}
	action := r.PostForm.Get("action")
	chosen := slices.IndexFunc(before.Choices, func(c choice) bool { return c.Action == action })
	if chosen < 0 && action != actionBack {
		p.Refuse(w, r, api.NewProblem(http.StatusUnprocessableEntity, "action: %q is not one of this lock's buttons.", action))
		return
	}
	removal := latch.LockRelease{Lock: token, By: who.Name, Reason: strings.TrimSpace(r.PostForm.Get("reason")),
		Digest: r.PostForm.Get("digest")}
	name := readable(r.PostForm.Get("name"))
	if who.linked() && name != "" {
		removal.By = name + " (by " + api.NameLinked + ")"
	}
	if len(removal.Reason) > maximumReason || len(removal.By) > maximumName {
		p.Refuse(w, r, api.NewProblem(http.StatusUnprocessableEntity, "The reason may have at most %d bytes, and the name %d.", maximumReason, maximumName))
		return
	}
	typed := page{Reason: removal.Reason, Name: name, filled: r.PostForm}
	if action == actionBack {
		p.writeLock(w, r, token, who, typed)
		return
	}
	choice := before.Choices[chosen]
	if !choice.confirmed(r.PostForm) {
		typed.Confirm = &choice
		p.writeLock(w, r, token, who, typed)
		return
	}
	removal.Result, removal.Data, removal.Vote = choice.result, choice.data, choice.vote
	if problem := before.fillIn(&removal, r.PostForm); problem != "" {
		typed.Problem = problem
		p.writeLock(w, r, token, who, typed)
		return
	}
	released, err := p.RemoveLock(r.Context(), &who.Caller, protocol.UpdateViaPage, removal)
	var late *api.Problem
	switch {
	case err == nil && (!released.Unchanged || released.Lock.Open()):
		p.writeLock(w, r, token, who, page{})
	case err == nil, errors.As(p.Explain(r.Context(), err), &late) && late.Record != nil:
		p.writeLock(w, r, token, who, page{Note: cameLater})
	case late != nil && choice.vote != "" && refusesVote(late.Status):
		typed.Problem = late.Detail
		p.writeLock(w, r, token, who, typed)
	default:
		p.refusePage(w, r, err)
	}
}

// cameLater is shown to a visitor who clicked after the lock had been removed.
const cameLater = "Your click came after that, and changed nothing."

// actionBack is the value of the button that cancels a confirmation.
const actionBack = "back"

// readable makes a typed name safe to show on one line: no character in it can reverse the
// direction of the text, or hide what follows.
func readable(name string) string {
	shown := func(r rune) rune {
		if unicode.IsPrint(r) && r != utf8.RuneError {
			return r
		}
		return ' '
	}
	return strings.Join(strings.Fields(strings.Map(shown, name)), " ")
}

// Bounds of a form and its fields, in bytes.
const (
	maximumForm   = 256 << 10
	maximumReason = 4096
	maximumName   = 200
)

// A page is the argument of the template.
type page struct {
	Nonce   string
	Refusal *api.Problem
	AskKey  bool
	// Issuer is where a visitor can log in, and Login the address that leads there; "" for no link.
	Issuer, Login string
	Lock          *lockView
	Note          string
	Form          string
	// Linked makes the form ask for a name, because a visitor with only the link has no key with
	// one.
	Linked bool
	// MayRemove is true if the visitor gets buttons.
	MayRemove bool
	By        string
	// Inbox is the address of the list of all locks; "" for no link.
	Inbox string
	// Confirm is the choice to confirm, or nil.
	Confirm *choice
	// Reason and Name are what the visitor has already typed, and filled all of it.
	Reason, Name string
	filled       url.Values
	// Problem says why the visitor's vote was refused.
	Problem string
	// choice is what the visitor's link is about, or "": the page asks whether that is meant.
	choice string
}

// writeLock shows a lock's page. It adds to the fields of shown that the caller has set.
func (p *pages) writeLock(w http.ResponseWriter, r *http.Request, token string, who visitor, shown page) {
	view, err := p.look(r.Context(), token, who)
	if err != nil {
		p.refusePage(w, r, err)
		return
	}
	shown.Lock, shown.Linked, shown.MayRemove, shown.By = view, who.linked(), who.Role >= api.RoleLock, who.Name
	if p.inbox && !who.linked() {
		shown.Inbox = api.Root(r)
	}
	view.restore(shown.filled)
	if shown.choice != "" && shown.MayRemove {
		shown.Confirm = view.preselected(shown.choice)
	}
	shown.Form = p.signForm(token, who, time.Now())
	p.write(w, r, http.StatusOK, shown)
}

func (p *pages) refusePage(w http.ResponseWriter, r *http.Request, err error) {
	var known *api.Problem
	if !errors.As(p.Explain(r.Context(), err), &known) {
		known = api.NewProblem(http.StatusInternalServerError, "Internal error.")
	}
	p.Refuse(w, r, known)
}

// writeRefusal answers a browser with the reason for a refusal, and asks for a key if one would
// help.
func (p *pages) writeRefusal(w http.ResponseWriter, r *http.Request, refused *api.Problem) {
	for name, values := range refused.GetHeaders() {
		if name != "Www-Authenticate" { // the page asks for the key instead
			w.Header()[name] = values
		}
	}
	p.write(w, r, refused.Status, page{Refusal: refused, AskKey: refused.Status == http.StatusUnauthorized && p.TakesKeys(),
		Issuer: p.LogsInAt(), Login: p.loginLink(r, refused)})
}

// loginLink returns the address that begins a login and leads back to the page, or "" if a login
// would not help.
func (p *pages) loginLink(r *http.Request, refused *api.Problem) string {
	if refused.Status != http.StatusUnauthorized || p.LogsInAt() == "" || !p.inbox {
		return ""
	}
	return api.Root(r) + "login/begin?" + url.Values{"next": {r.URL.EscapedPath()}}.Encode()
}

// write renders a page that loads nothing except its own style.
func (p *pages) write(w http.ResponseWriter, r *http.Request, status int, shown page) {
	shown.Nonce = nonce()
	var body bytes.Buffer
	if err := pageTemplate.Execute(&body, shown); err != nil {
		p.Logger.ErrorContext(r.Context(), "page failed", "error", err)
		api.WriteProblem(w, api.NewProblem(http.StatusInternalServerError, "Internal error. The API's log has the details."))
		return
	}
	api.SetPageHeaders(w.Header(), "style-src 'nonce-"+shown.Nonce+"'")
	w.WriteHeader(status)
	_, _ = body.WriteTo(w) // the visitor has gone away
}

func nonce() string {
	chance := make([]byte, 16)
	rand.Read(chance) // never fails
	return base64.RawURLEncoding.EncodeToString(chance)
}

// look collects what a lock's page shows to a visitor.
func (p *pages) look(ctx context.Context, token string, who visitor) (*lockView, error) {
	holder, err := p.HolderOf(ctx, token)
	if err != nil {
		return nil, err
	}
	execution := holder.Info.GetExecution()
	var status latch.Status
	if err := p.Runs.Query(ctx, execution.GetWorkflowId(), execution.GetRunId(), latch.QueryStatus, &status); err != nil {
		return nil, err
	}
	records, status, err := p.shownTo(who, holder.Records, status)
	if err != nil {
		return nil, err
	}
	definition, err := p.Runs.Definition(ctx, holder.Info)
	if err != nil {
		return nil, err
	}
	view := viewOf(definition, status, records, holder.At, who.linked(), time.Now())
	if !who.linked() {
		view.RunURL = runs.URL(p.temporalUI, p.Namespace, execution.GetWorkflowId(), execution.GetRunId())
	}
	return view, nil
}

// shownTo removes what opens a lock from records and status, if the visitor may not remove all
// locks.
func (p *pages) shownTo(who visitor, records []latch.Record, status latch.Status) ([]latch.Record, latch.Status, error) {
	if who.Role >= api.RoleLock && !who.linked() {
		return records, status, nil
	}
	type both struct {
		Records []latch.Record
		Status  latch.Status
	}
	shown, err := veil.Value(both{records, status}, p.LinkKey)
	return shown.Records, shown.Status, err
}
