package console

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/apiclient"
	"github.com/latch-run/latch/internal/console/piece"
	"github.com/latch-run/latch/internal/deliveries"
	"github.com/latch-run/latch/internal/runs"
)

// A visit is one request for a page, by a person who is logged in.
type visit struct {
	*console
	request *http.Request
	writer  http.ResponseWriter
	page    *page
	caller  api.Caller
	// query holds the parameters of the address, sent those of a posted form.
	query, sent url.Values
	// records are the deliveries that a job's live page has read; nil at first.
	records *jobRecords
	now     time.Time
	// ended holds the deliveries that are known to have ended: see followBatch.
	ended map[string]deliveries.RedeliveryOutcome
	// webhooksOf holds the addresses of webhooks' pages: see webhookOf.
	webhooksOf map[string]string
}

// visitOf begins a visit. If nobody is logged in, it redirects to the login and
// returns nil.
func (c *console) visitOf(w http.ResponseWriter, r *http.Request, p *page) *visit {
	known := api.CallerOf(r.Context())
	if known == nil {
		c.askLogin(w, r)
		return nil
	}
	return &visit{console: c, request: r, writer: w, page: p, caller: *known, query: r.URL.Query(), now: time.Now()}
}

// get shows a page, or streams its changes.
func (c *console) get(w http.ResponseWriter, r *http.Request, p *page) {
	v := c.visitOf(w, r, p)
	switch {
	case v == nil:
	case !v.may(p.role):
		v.core.NoteRefused(r.Context(), &v.caller, latch.AuditAccess, latch.ViaConsole, "", api.MayDo(&v.caller, p.role))
		v.write(v.tooSmall(p.role))
	case p.live && wantsStream(r):
		v.stream()
	default:
		v.write(v.answerOf(p.show))
	}
}

// maximumForm bounds a form, in bytes.
const maximumForm = 2 << 20

// post handles a form. The form must come from this console and have been shown
// to this person.
func (c *console) post(w http.ResponseWriter, r *http.Request, p *page) {
	if err := c.core.CheckOrigin(r); err != nil {
		c.refuse(w, r, http.StatusForbidden, "This form was sent from another site's page", "Nothing was changed.")
		return
	}
	v := c.visitOf(w, r, p)
	if v == nil {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maximumForm)
	var tooLarge *http.MaxBytesError
	if err := r.ParseForm(); errors.As(err, &tooLarge) {
		v.write(refusal(http.StatusRequestEntityTooLarge, "The form is too large", "A form has at most 2 MiB. Nothing was changed."))
		return
	} else if err != nil {
		v.write(refusal(http.StatusBadRequest, "The form cannot be read", "Nothing was changed."))
		return
	}
	v.sent = r.PostForm
	if v.sent.Has(keptField) {
		v.write(v.loggedInAgain(v.sent.Get(keptField)))
		return
	}
	do, known := p.actions[v.sent.Get("action")]
	switch {
	case !v.isOurs():
		v.write(v.resume(v.sent, http.StatusForbidden, piece.Notice{Tone: "bad", Title: "This form is too old, or was not shown to you",
			Text: "Nothing was changed. Here it is again with what you typed: look it over, and send it once more."}))
	case !known:
		v.write(refusal(http.StatusUnprocessableEntity, "This page has no such button", "Nothing was changed. Open the page again."))
	case !v.may(do.role):
		v.core.NoteRefused(r.Context(), &v.caller, latch.AuditAccess, latch.ViaConsole, "", api.MayDo(&v.caller, do.role))
		v.write(v.tooSmall(do.role))
	default:
		v.write(v.withSent(v.answerOf(do.do)))
	}
}

// loggedInAgain shows a form that was sent after the session had ended and that
// the login carried here.
func (v *visit) loggedInAgain(text string) *answer {
	sent, err := kept(text)
	if err != nil {
		return refusal(http.StatusBadRequest, "The form cannot be read", "Nothing was changed. Open the page again.")
	}
	return v.resume(sent, http.StatusOK, piece.Notice{Tone: "wait", Title: "You are logged in again",
		Text: "Nothing was changed yet. Here is the form with what you typed: look it over, and send it once more."})
}

// may reports whether the person's role is sufficient. Pages do not offer what
// it is not sufficient for.
func (v *visit) may(role api.Role) bool { return api.MayDo(&v.caller, role) == nil }

func (v *visit) tooSmall(needed api.Role) *answer {
	return refusal(http.StatusForbidden, "You may not do this",
		v.caller.Shown()+" has the role "+v.caller.Role.String()+"; this takes "+needed.String()+". Nothing was changed.")
}

// refuse adds the API's refusal to the form that was sent, and returns the
// status of the page that shows it again. It returns the error if it is not
// about what was sent, for example because Temporal is out of reach.
func (v *visit) refuse(form *piece.Form, err error) (status int, other error) {
	var problem *apiclient.Problem
	if !errors.As(err, &problem) || problem.Status/100 != 4 || problem.Status == http.StatusForbidden || problem.Status == http.StatusUnauthorized {
		return 0, err
	}
	if problems := problem.Problems(); len(problems) > 0 {
		form.Refuse(problems)
	} else {
		form.Problems = append(form.Problems, piece.FieldProblem{Message: problem.Error()})
	}
	return problem.Status, nil
}

// runURL returns the address of a run in Temporal UI, or "" if that is not
// configured.
func (v *visit) runURL(workflowID, runID string) string {
	return runs.URL(v.temporalUI, v.core.Namespace, workflowID, runID)
}

// path returns a variable of the page's path.
func (v *visit) path(name string) string { return v.request.PathValue(name) }

// link returns the relative address of a page from this one. query holds
// alternating names and values; a name with an empty value is left out.
func (v *visit) link(path string, query ...string) string {
	return linkFrom(v.request, path, query...)
}

// linkFrom is [visit.link] for any request.
func linkFrom(r *http.Request, path string, query ...string) string {
	address := api.Root(r) + strings.TrimPrefix(path, "/")
	values := url.Values{}
	for i := 0; i+1 < len(query); i += 2 {
		if query[i+1] != "" {
			values.Set(query[i], query[i+1])
		}
	}
	if len(values) > 0 {
		address += "?" + values.Encode()
	}
	return address
}

// segment escapes a path segment for [visit.link].
func segment(text string) string { return url.PathEscape(text) }

// with returns this page's address with some query parameters changed, given as
// alternating names and values.
func (v *visit) with(changed ...string) string {
	query := changed
	for key, values := range v.query {
		isChanged := false
		for i := 0; i < len(changed); i += 2 {
			isChanged = isChanged || changed[i] == key
		}
		if !isChanged && len(values) > 0 {
			query = append(query, key, values[0])
		}
	}
	return v.link(v.request.URL.EscapedPath(), query...)
}

// offset returns the offset in the address, or the page that says that it is
// invalid.
func (v *visit) offset() (int, *answer) {
	offset, err := strconv.Atoi(cmp.Or(v.query.Get("offset"), "0"))
	if err != nil || offset < 0 {
		return 0, refusal(http.StatusUnprocessableEntity, "No such part", fmt.Sprintf("offset: %q is not a number from 0 on.", v.query.Get("offset")))
	}
	return offset, nil
}
