package console

import (
	"fmt"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/apiclient"
	"github.com/latch-run/latch/internal/console/piece"
	"github.com/latch-run/latch/internal/locklink"
	"github.com/latch-run/latch/internal/runs"
)

// What the pages of releases and of gates have in common.

// pageLimit is about how many releases or gates one page of their list shows.
const pageLimit = 50

// pathsOf are the paths of the lists of releases and gates.
var pathsOf = map[latch.Kind]string{latch.ReleaseKind: locklink.ReleasesPath, latch.GateKind: gatesPath}

// runPath returns the path of the page of a release or gate.
func runPath(kind latch.Kind, workflowID string) string {
	return pathsOf[kind] + "/" + segment(workflowID)
}

// releasePath returns the path of a release's page.
func releasePath(workflowID string) string { return runPath(latch.ReleaseKind, workflowID) }

// runFilter returns the filter in the address.
func (v *visit) runFilter() apiclient.RunFilter {
	return apiclient.RunFilter{Status: v.query.Get("status"), Since: v.query.Get("since"), Search: v.query.Get("search"), Count: true}
}

// runFilters returns the form of the filter. searched says what a search looks
// into.
func runFilters(filter apiclient.RunFilter, searched string, statuses []string) piece.Form {
	options := append([]piece.Option{{Label: "any"}}, piece.Options(statuses...)...)
	return piece.Form{ID: "filter", Groups: []piece.Group{{Fields: []piece.Field{
		{Name: "search", Label: "Search", Kind: piece.KindSearch, Value: filter.Search, Help: searched},
		{Name: "status", Label: "Status", Kind: piece.KindSelect, Value: filter.Status, Options: options},
		{Name: "since", Label: "Began since", Value: filter.Since, Help: "a duration back from now, such as 24h, or a time"},
	}}}, Buttons: []piece.Button{{Name: "show", Label: "Filter"}}}
}

// pageOfRuns returns a list of releases or gates with the rows of a part.
func (v *visit) pageOfRuns(name, next string, counted *int64, rows []piece.Row) piece.List {
	total, cursor := piece.Unknown, v.query.Get("cursor")
	if counted != nil {
		total = max(int(*counted), len(rows)) // the count may lag behind the list
	}
	list := piece.List{ID: "list", Name: name, Rows: rows, Count: piece.Count(len(rows), total, next != "" || cursor != "")}
	if cursor != "" {
		list.First = v.with("cursor", "")
	}
	if next != "" {
		list.Next = v.with("cursor", next)
	}
	return list
}

// runStatus shows a run's status, and what is missing of a row that could not be
// read in full.
func runStatus(status string, row *runs.RunRow) piece.Cell {
	cell := piece.Status(status)
	switch {
	case !row.Partial:
		return cell
	case row.ClosedAt.IsZero():
		return cell.With("partial: no worker reported its progress in time")
	default:
		return cell.With("partial: its result cannot be read here")
	}
}

// runNow shows what holds a run, with how many more hooks do, or why it ended, or else what it does,
// at which step if it is at one.
func runNow(row *runs.RunRow, step string) piece.Cell {
	switch {
	case len(row.WaitsFor) > 0:
		first := &row.WaitsFor[0]
		return piece.Text("waits for "+first.What()+andMore(len(row.WaitsFor)-1)).WithTime(sinceAt(first), first.Since)
	case row.Reason != "":
		return piece.Text(row.Reason)
	case step != "":
		return piece.Text(row.Phase).With("step " + step)
	default:
		return piece.Text(row.Phase)
	}
}

// sinceAt returns the words before the time since when a run waits.
func sinceAt(wait *runs.Wait) string {
	if wait.Event == "" {
		return "since"
	}
	return "at " + wait.Event + ", since"
}

// andMore says how many more there are than the one that is named.
func andMore(more int) string {
	if more <= 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more", more)
}

// runFacts shows a release or a gate: where it is, or how it ended.
func (v *visit) runFacts(kind latch.Kind, state *apiclient.State) piece.Facts {
	var facts piece.Facts
	facts.Add(strings.ToUpper(string(kind[:1]))+string(kind[1:]), piece.Text(state.ID))
	facts.Add("Status", piece.Status(state.Status.Status))
	facts.Add("Now", piece.Text(strings.TrimSpace(state.Phase+" "+state.Event+" "+state.Step)))
	facts.Add("Why", piece.Text(state.Reason))
	facts.Add("Decided by", piece.Text(deciderOf(state.DecidedBy)))
	if turn := state.Turn; turn != nil && turn.HeldBy != nil {
		facts.Add("Waits for its turn", piece.Link(turn.HeldBy.WorkflowID, v.link(releasePath(turn.HeldBy.WorkflowID))).
			With(fmt.Sprintf("has the key %s; %d wait before this one", turn.Key, turn.Ahead)))
	}
	for _, lock := range state.Locks {
		facts.Add("Waits for", v.lockLink(&lock).WithTime("at "+lock.Event+", since", lock.Since))
	}
	for _, wait := range runs.WaitsOf(&latch.Status{Undecided: state.Undecided}) {
		facts.Add("Waits for", piece.Text(wait.What()).WithTime(sinceAt(&wait), wait.Since))
	}
	for _, paused := range state.Paused {
		facts.Add("Paused", piece.Text("step "+paused.Step+" has failed: "+paused.Error).WithTime("since", paused.Since))
	}
	facts.Add("Began", piece.When(state.StartedAt))
	facts.Add("Ended", piece.When(state.ClosedAt))
	if !state.ClosedAt.IsZero() {
		facts.Add("Evidence", v.evidenceLink(kind, state.WorkflowID))
	}
	facts.Add("Run", piece.Link(state.WorkflowID, v.runURL(state.WorkflowID, state.RunID)))
	for _, refused := range state.Rejected {
		facts.Add("Refused signal", piece.Text(refused.Name+": "+refused.Error))
	}
	return facts
}

// deciderOf names who or what decided; "" if nobody did.
func deciderOf(by *latch.DecidedBy) string {
	if by == nil {
		return ""
	}
	return strings.TrimSpace(strings.Join([]string{by.Person(), by.Webhook, by.Event}, " "))
}

// lockLink returns a link to a lock's page, named by its webhook.
func (v *visit) lockLink(lock *latch.OpenLock) piece.Cell {
	return piece.Link(lock.Webhook, v.link("/locks/"+segment(lock.Token)))
}

// runRecords shows the records of a release or a gate. While a hook of one that
// is open is undecided, a form can skip it, unless it is the lock of a freeze,
// or what it decides is only recorded.
func (v *visit) runRecords(state *apiclient.State, observes func(latch.Record) bool) []piece.Record {
	var shown []piece.Record
	open := state.ClosedAt.IsZero() && v.may(api.RoleRun)
	for i, record := range state.History {
		shown = append(shown, piece.RecordOf(fmt.Sprint("record-", i), record))
		if record.WouldDecide == "" && observes(record) {
			shown[i].Facts.Add("Would decide", piece.Text(piece.NotActedOn))
			continue
		}
		if !open || latch.IsFreezeLock(record.Webhook) || record.Decision != "" || record.Result != latch.ResultPending {
			continue
		}
		form := v.form(fmt.Sprint("skip-", i))
		form.Hidden = hookFields(record.Webhook, record.Event, record.Step)
		form.Buttons = []piece.Button{{Value: latch.MessageSkip, Label: "Skip this hook …",
			Help: "It is taken out of the decision; the others decide."}}
		shown[i].Forms = append(shown[i].Forms, form)
	}
	return shown
}

func hookFields(webhook, event, step string) []piece.Hidden {
	return []piece.Hidden{{Name: "webhook", Value: webhook}, {Name: "event", Value: event}, {Name: "step", Value: step}}
}

// skipHook takes a hook of a release or a gate out of the decision, once the
// person has confirmed that.
func skipHook(kind latch.Kind) func(*visit) (*answer, error) {
	return func(v *visit) (*answer, error) {
		hook := latch.Skip{Webhook: v.sent.Get("webhook"), Event: v.sent.Get("event"), Step: v.sent.Get("step"), Reason: v.sent.Get("reason")}
		promise := fmt.Sprintf("%s at %s is taken out of the decision; the others decide. An enforced one takes the role admin.",
			hook.Webhook, hook.Event)
		if v.sent.Get("confirmed") != promise || strings.TrimSpace(hook.Reason) == "" {
			return v.ask("Skip the hook?", promise, latch.MessageSkip, hookFields(hook.Webhook, hook.Event, hook.Step), nil)
		}
		return v.tellRun(kind, latch.MessageSkip, "Skip the hook?", hook, "The hook was skipped.")
	}
}

// tellRun sends a message to the page's release or gate and goes back to its
// page. If the API refuses, it asks again, with the reason and what was typed.
func (v *visit) tellRun(kind latch.Kind, message, question string, argument any, done string) (*answer, error) {
	if _, err := v.api.Tell(v.request.Context(), kind, v.path("id"), message, argument); err != nil {
		hook := hookFields(v.sent.Get("webhook"), v.sent.Get("event"), v.sent.Get("step"))
		return v.ask(question, v.sent.Get("confirmed"), v.sent.Get("action"), hook, err)
	}
	return v.goTo(v.with(), done), nil
}

// ask shows a confirmation. refused is the API's refusal of the previous one;
// ask returns it if it is not about what was sent.
func (v *visit) ask(question, promise, message string, more []piece.Hidden, refused error) (*answer, error) {
	reason := piece.Field{Name: "reason", Label: "Reason, for the record", Kind: piece.KindLines, Rows: 2, Limit: 4000,
		Value: v.sent.Get("reason"), Required: message == latch.MessageSkip || message == skipStepAction}
	form := v.form("confirm", piece.Group{Fields: []piece.Field{reason}})
	form.Hidden = append(more, piece.Hidden{Name: "confirmed", Value: promise})
	yes := "Yes: " + strings.ToLower(question[:1]) + strings.TrimSuffix(question[1:], "?")
	form.Buttons = []piece.Button{{Value: message, Label: yes, Look: piece.LookGrave}}
	made := show(question, "confirm", nil)
	if refused != nil {
		status, other := v.refuse(&form, refused)
		if other != nil {
			return nil, other
		}
		made.status = status
	}
	made.data = piece.Confirmation{Title: question, Effect: promise, Form: form, Back: v.with()}
	return made, nil
}
