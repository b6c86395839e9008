package lockpage

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/approval"
	"github.com/latch-run/latch/internal/console/piece"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/runs"
)

// A lockView is a lock as its page shows it. For a visitor who has only the
// link, it contains no error texts, data or responses, because these may quote
// an endpoint's response.
type lockView struct {
	// Kind is the kind of what is held: release, job, event or workflow.
	Kind, ID, Title string
	Webhook, Event  string
	Step            string
	Since, Until    string
	// Waits says what was done about the lock's wait, and what is to come.
	Waits []string
	// UntilEffect says what the timeout will do.
	UntilEffect string
	Status      string
	Error       string
	// Measured says what the analysis has measured about which the lock asks.
	Measured string
	// Facts are the vars, instance and data of the run.
	Facts   []factView
	Steps   []stepView
	Records []recordView
	Choices []choice
	// OnlyPasses is true if the webhook's rules let no answer stop the release.
	OnlyPasses bool
	// Votes are those about a lock with approvals. Missing is what an open one still needs.
	Votes, Missing []string
	// Fields are those of the lock's form, or one for a JSON object if the form names none.
	Fields []fieldView
	// Digest is that of the lock.
	Digest string
	form   json.RawMessage
	// RunURL is the address of the run in Temporal UI; "" if it is unknown.
	RunURL string
	Used   *usedView
}

// A stepView is a step's state. A lasting step is done and has no undo.
type stepView struct {
	Name, Status, Error string
	Lasting             bool
}

// A recordView is a webhook's current record.
type recordView struct {
	Event, Webhook, Result, Decision, Rule, Lock, Error string
	// WouldDecide says what counts of a hook that is not enforced; "" for any other.
	WouldDecide string
	// Mine marks the record of the page's own lock.
	Mine bool
}

// A usedView says how a lock was removed.
type usedView struct {
	At, By, Via, Reason, Result, Decision, Rule string
}

func viewOf(d *runs.Definition, status latch.Status, records []latch.Record, mine int, linked bool, now time.Time) *lockView {
	record := records[mine]
	settings, _ := d.Settings(record.Webhook, record.Event)
	view := &lockView{Webhook: record.Webhook, Event: record.Event, Step: record.Step, Status: status.Status,
		Since: moment(record.StartedAt, now), Facts: factsOf(d)}
	view.Kind, view.ID, view.Title = nameHeld(d, record)
	view.Digest = record.Lock.Digest
	if len(record.Measurements) > 0 {
		view.Measured = unlessLinked(linked, piece.RecordOf("", record).Measured.Describe())
	}
	view.Votes = votesOf(record, linked, now)
	view.Waits = waitsOf(record.Lock, now)
	f := &foreteller{definition: d, settings: settings, record: record, status: status}
	_, lasting := f.undone()
	for _, step := range status.Steps {
		view.Steps = append(view.Steps, stepView{step.Name, step.Status, unlessLinked(linked, step.Error), slices.Contains(lasting, step.Name)})
	}
	view.Records = viewsOf(d, records, mine, linked)
	if !record.Lock.Open() {
		view.Used = viewOfUse(record, linked, now)
		return view
	}
	view.Error = unlessLinked(linked, record.Error)
	var missing []latch.MissingApproval
	for _, open := range status.Locks {
		if open.Token == record.Lock.Token {
			missing = open.Missing
			view.Since, view.Until = moment(open.Since, now), moment(open.Until, now)
			f.onTimeout = open.OnTimeout
			view.askVotes(open)
			if to := open.Escalates; to != nil {
				view.Waits = append(view.Waits, "From "+moment(to.At, now)+" on "+approval.Added(to)+" may vote as well")
			}
		} else if open.Event == record.Event {
			f.others++
		}
	}
	if view.Until != "" {
		view.UntilEffect = f.timeoutEffect()
	}
	if len(view.Missing) > 0 {
		view.Choices = f.voteChoices(missing)
		return view
	}
	view.Choices = f.foretell()
	view.OnlyPasses = (d.Kind == latch.ReleaseKind || d.Kind == latch.GateKind) && !f.afterFailure() && !slices.ContainsFunc(view.Choices, func(c choice) bool { return c.Grave })
	return view
}

// waitsOf says how a lock's deadline was moved, and who may vote as well since when.
func waitsOf(lock *latch.RecordLock, now time.Time) []string {
	var waits []string
	for _, moved := range lock.Extensions {
		text := "Extended until " + moment(moved.Until, now)
		if moved.By != "" {
			text += " by " + moved.By
		}
		waits = append(waits, text)
	}
	if to := lock.Escalated; to != nil {
		waits = append(waits, "Since "+moment(to.At, now)+" "+approval.Added(to)+" may vote as well")
	}
	return waits
}

// nameHeld returns the kind, id and title of what the lock holds.
func nameHeld(d *runs.Definition, record latch.Record) (kind, id, title string) {
	switch d.Kind {
	case latch.ReleaseKind:
		return "release", d.Release.ID, d.Release.Title
	case latch.JobKind:
		return "job", d.Job.ID, d.Job.Title
	case latch.EmissionKind:
		return "event", cmp.Or(record.Emission, d.Emission.ID, record.WorkflowID), record.Event
	case latch.GateKind:
		return "gate", cmp.Or(d.Gate.ID, record.WorkflowID), record.Event
	default:
		return "workflow", record.WorkflowID, ""
	}
}

// viewsOf returns the records of a run as the page shows them.
func viewsOf(d *runs.Definition, records []latch.Record, mine int, linked bool) []recordView {
	views := make([]recordView, len(records))
	for i, record := range records {
		views[i] = viewOfRecord(record, i == mine, linked)
		if at, known := d.Settings(record.Webhook, record.Event); known && !at.IsActedOn() {
			views[i].WouldDecide = notActedOn(record)
		}
	}
	return views
}

func viewOfRecord(record latch.Record, mine, linked bool) recordView {
	view := recordView{Event: record.Event, Webhook: record.Webhook, Result: record.Result, Decision: record.Decision,
		Rule: unlessLinked(linked, record.Rule), Error: unlessLinked(linked, record.Error), Mine: mine}
	if record.Step != "" {
		view.Event += " " + record.Step
	}
	switch {
	case record.Lock.Open():
		view.Lock = "waits"
	case record.Lock != nil:
		view.Lock = "removed via " + record.Lock.Via
		if record.Lock.RemovedBy != "" {
			view.Lock = "removed by " + record.Lock.RemovedBy
		}
	}
	return view
}

// notActedOn says what counts of a hook with enforce false.
func notActedOn(record latch.Record) string {
	if record.WouldDecide == "" {
		return "What it decides is recorded and not acted on."
	}
	return "It would decide " + record.WouldDecide + ", which is recorded and not acted on."
}

func viewOfUse(record latch.Record, linked bool, now time.Time) *usedView {
	lock := record.Lock
	via := map[string]string{
		latch.ViaSignal: "a signal", latch.ViaUpdate: "an update", latch.ViaAPI: "the API", latch.ViaPage: "this page", latch.ViaSlack: "Slack",
		latch.ViaTimeout: "its timeout", latch.ViaOverride: "what was decided elsewhere",
	}[lock.Via]
	known := map[string]string{
		latch.IdentifiedByKey: ", by an API key", latch.IdentifiedByOIDC: ", logged in by OpenID Connect",
		latch.IdentifiedBySlack: ", by the person's e-mail address there",
		latch.IdentifiedByLink:  ", by the lock's link alone", latch.IdentifiedByLocal: ", without a key",
	}[lock.IdentifiedBy]
	return &usedView{At: moment(lock.RemovedAt, now), By: lock.RemovedBy, Via: via + known, Reason: lock.Reason, Result: record.Result,
		Decision: record.Decision, Rule: unlessLinked(linked, record.Rule)}
}

func unlessLinked(linked bool, text string) string {
	if linked {
		return ""
	}
	const longest = 1000
	if len(text) > longest {
		return fmt.Sprintf("%s … (%d bytes)", excerpt.First(text, longest), len(text))
	}
	return text
}
