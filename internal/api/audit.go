package api

import (
	"context"
	"net/http"
	"net/netip"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/audit"
)

// NotAct is the Act of an operation that changes nothing although its method is not GET, such as a
// preview.
const NotAct = "none"

// actMetadata is the key of an operation's act in huma's metadata, which the OpenAPI document does
// not have.
const actMetadata = "act"

func (o Operation) metadata() map[string]any { return map[string]any{actMetadata: o.Act} }

// actionOf returns the action of an operation, as the audit calls it; "" if it is not an act.
func actionOf(o *huma.Operation) string {
	if action, _ := o.Metadata[actMetadata].(string); action != NotAct {
		return action
	}
	return ""
}

// An act is what the audit will say of a request.
type act struct {
	latch.AuditEntry
	// lock is the token of the lock that the request names. The audit does not get it.
	lock string
}

type (
	actKey struct{}
	viaKey struct{}
)

func actOf(ctx context.Context) *act {
	noted, _ := ctx.Value(actKey{}).(*act)
	return noted
}

// NoteAct adds to what the audit says of the request, if that is an act.
func NoteAct(ctx context.Context, add func(*latch.AuditEntry)) {
	if noted := actOf(ctx); noted != nil {
		add(&noted.AuditEntry)
	}
}

// noteLock says which lock the request names.
func noteLock(ctx context.Context, token string) {
	if noted := actOf(ctx); noted != nil {
		noted.lock = token
	}
}

// noteMessage says what a message to a run says.
func noteMessage(ctx context.Context, message any) {
	NoteAct(ctx, func(entry *latch.AuditEntry) {
		switch message := message.(type) {
		case latch.Control:
			entry.Reason = message.Reason
		case latch.StepRetry:
			entry.Step, entry.Reason = message.Step, message.Reason
		case latch.Skip:
			entry.Webhook, entry.Event, entry.Step, entry.Reason = message.Webhook, message.Event, message.Step, message.Reason
			noteLock(ctx, message.Lock)
		}
	})
}

// NoteNoAct says that the request changes nothing: a plan, a dry run, or what was done before.
func NoteNoAct(ctx context.Context) {
	NoteAct(ctx, func(entry *latch.AuditEntry) { entry.Action = "" })
}

// beginAct returns the context of a request, in which its handler says more about the act.
func beginAct(ctx huma.Context) huma.Context {
	action := actionOf(ctx.Operation())
	if action == "" {
		return ctx
	}
	noted := &act{AuditEntry: latch.AuditEntry{Action: action}}
	for _, parameter := range ctx.Operation().Parameters {
		if name := parameter.Name; parameter.In == "path" && (name == "id" || name == "webhook") {
			noted.Target = ctx.Param(name)
		}
	}
	return huma.WithValue(ctx, actKey{}, noted)
}

// finishAct has the audit say what became of a request.
func (a *API) finishAct(ctx context.Context, err error) {
	if noted := actOf(ctx); noted != nil && noted.Action != "" {
		a.note(ctx, CallerOf(ctx), *noted, err)
	}
}

// note has the audit say what a caller did, or why it was not done. A request that asks wrongly is
// not an act: the access log has it.
func (a *API) note(ctx context.Context, who *Caller, noted act, err error) {
	entry := &noted.AuditEntry
	entry.Outcome = latch.AuditDone
	if err != nil {
		status := http.StatusInternalServerError
		if refused, is := err.(huma.StatusError); is { //nolint:errorlint // Explain returns it bare
			status = refused.GetStatus()
		}
		switch {
		case status >= http.StatusInternalServerError:
			entry.Outcome = latch.AuditFailed
		case isMistake(status):
			return
		default:
			entry.Outcome = latch.AuditRefused
		}
		entry.Status, entry.Error = status, err.Error()
	}
	a.describeCaller(ctx, who, entry)
	audit.OfLock(entry, noted.lock)
	switch {
	case entry.Outcome != latch.AuditDone:
		a.audit.Refuse(*entry)
	case entry.Action == latch.AuditEventFire: // its run says who fired it
	case strings.HasSuffix(entry.Action, ".start"): // its run is there already
		a.audit.NoteSoon(ctx, *entry)
	default:
		a.audit.Note(ctx, *entry)
	}
}

// isMistake reports whether a status says that the request itself was wrong.
func isMistake(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusConflict, http.StatusPreconditionFailed, http.StatusTooManyRequests:
		return false
	default:
		return status < http.StatusInternalServerError
	}
}

func (a *API) describeCaller(ctx context.Context, who *Caller, entry *latch.AuditEntry) {
	if entry.Via == "" {
		entry.Via = viaOf(ctx)
	}
	if v, ok := ctx.Value(visitKey{}).(*visit); ok {
		entry.Remote = v.remote
	}
	if who == nil {
		return
	}
	if entry.By == "" {
		entry.By = who.Name
	}
	entry.IdentifiedBy, entry.Groups, entry.Role = who.Via, who.Groups, who.Role.String()
}

// viaOf returns the way of a request: [latch.ViaConsole] for a page's own calls.
func viaOf(ctx context.Context) string {
	if via, is := ctx.Value(viaKey{}).(string); is {
		return via
	}
	return latch.ViaAPI
}

// NoteRefused has the audit say that somebody was refused who tried to act in a way, such as
// [latch.ViaPage]. who is nil if nobody proved to be anybody. lock is the token of the lock that it
// was about, or "".
func (a *API) NoteRefused(ctx context.Context, who *Caller, action, via, lock string, refused *Problem) {
	if refused != nil {
		a.note(ctx, who, act{latch.AuditEntry{Action: action, Via: via}, lock}, refused)
	}
}

// refuseRole has the audit say that a caller's role is too small. A request without a key is not
// one that was refused a key.
func (a *API) refuseRole(ctx context.Context, o *huma.Operation, refused *Problem) {
	who := CallerOf(ctx)
	if who == nil {
		return
	}
	action := latch.AuditAccess
	if acts := actionOf(o); acts != "" {
		action = acts
	}
	a.NoteRefused(ctx, who, action, "", "", refused)
}

// hostOf returns the address of a caller without the port.
func hostOf(remote string) string {
	if address, err := netip.ParseAddrPort(remote); err == nil {
		return address.Addr().Unmap().String()
	}
	return remote
}

const auditPath = "/latch/v1/audit"

func (a *API) registerAudit() {
	Register[NoBody](a, Operation{ID: "list-audit", Method: http.MethodGet, Path: auditPath, Role: RoleAdmin,
		Summary: "List who did what, and what was refused, newest first", Errors: []int{http.StatusUnprocessableEntity},
		About: "Votes and removals of locks, starts and endings of releases and jobs, changes of what is registered, redeliveries, logins, " +
			"and keys, logins and acts that were refused. " +
			"Custom events that were fired are in their runs alone, and so is what was sent to Temporal directly. Refusals that are alike are " +
			"one entry a minute. " +
			"A page may have fewer entries than limit, or none, although a next page exists. No worker is needed."}, a.listAudit)
}

type auditInput struct {
	Since   string `query:"since" maxLength:"100" doc:"A duration back from now, such as 24h, or an RFC 3339 time"`
	Until   string `query:"until" maxLength:"100" doc:"As since; an entry of exactly this time is left out"`
	By      string `query:"by" maxLength:"1000" doc:"Only entries of the key or the person with this name"`
	Action  string `query:"action" maxLength:"100" doc:"Only this action, such as release.stop; release stands for all that begin so"`
	Outcome string `query:"outcome" enum:"done,refused,failed" doc:"Only entries with this outcome"`
	Limit   int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"The most entries of a page"`
	Cursor  string `query:"cursor" maxLength:"10000" doc:"The next_cursor of the previous page; since and until stay those of the first page"`
}

// AuditPage is one page of the audit.
type AuditPage struct{ audit.Part }

type auditOutput struct{ Body AuditPage }

func (a *API) listAudit(ctx context.Context, input *auditInput) (*auditOutput, error) {
	since, until, err := period(input.Since, input.Until)
	if err != nil {
		return nil, err
	}
	filter := audit.Filter{Since: since, Until: until, By: input.By, Action: input.Action, Outcome: input.Outcome}
	part, err := audit.New(a.Runs, a.TaskQueue).Page(ctx, filter, input.Cursor, input.Limit)
	if err != nil {
		return nil, err
	}
	return &auditOutput{AuditPage{*part}}, nil
}
