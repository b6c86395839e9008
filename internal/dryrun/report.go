package dryrun

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/approval"
	"github.com/latch-run/latch/internal/freeze"
	"github.com/latch-run/latch/latchtest"
)

// A Report says what happened in a dry run.
type Report struct {
	WorkflowID string `json:"workflow_id"`
	// Status says how the run ended: the status in a release's or a job's result, "failed" if
	// the run failed without a result, "done" for any other run, or [Waits].
	Status string `json:"status"`
	// Error says why the run failed.
	Error string `json:"error,omitempty"`
	// DecidedBy names who stopped the release or rolled it back, and Reason says why.
	DecidedBy *latch.DecidedBy `json:"decided_by,omitempty"`
	Reason    string           `json:"reason,omitempty"`
	// Freezes are the freezes that hold the release, in order.
	Freezes []Freeze `json:"freezes,omitempty"`
	// Steps are the release's.
	Steps []latch.StepResult `json:"steps,omitempty"`
	// Events are what happened, in order.
	Events []Happening `json:"events"`
	// History is the run's webhook history, oldest first.
	History []latch.Record `json:"history"`
	// Unused names the answers that were not used.
	Unused []string `json:"unused"`
}

// Waits is the status of a run that waits for ever: for the removal of a lock, or for a
// person's choice about a failed step.
const Waits = "waits"

// These are the kinds of a [Happening].
const (
	// Requested: a webhook, an http task or the fetching of a token sends a request.
	Requested = "request"
	// Worked: a job, a step or an undo does its task.
	Worked = "task"
	// Locked and Unlocked: a lock opens, and is removed or times out.
	Locked   = "locked"
	Unlocked = "unlocked"
	// Escalated: more people may vote about a lock.
	Escalated = "escalated"
	// Decided: a hook decided to stop or to roll back, or failed.
	Decided = "decided"
	// Paused and Chosen: a failed step waits for a person, and what the person chooses.
	Paused = "paused"
	Chosen = "chosen"
)

// A Freeze is a registered freeze that holds the release.
type Freeze struct {
	Freeze string `json:"freeze"`
	// Event and Step say before what it holds the release, After how long after its start.
	Event string         `json:"event"`
	Step  string         `json:"step,omitempty"`
	After latch.Duration `json:"after"`
	// Until is when it ends; it is absent if it never does.
	Until latch.Time `json:"until,omitzero"`
	// Override says who may remove its lock; nobody may if it is absent.
	Override *latch.FreezeOverride `json:"override,omitempty"`
}

// A Happening is one thing that happened.
type Happening struct {
	Kind string `json:"kind"`
	// After is the time since the start, on a clock that does not wait.
	After latch.Duration `json:"after"`
	// Event, Step and Webhook are those of a hook.
	Event   string `json:"event,omitempty"`
	Step    string `json:"step,omitempty"`
	Webhook string `json:"webhook,omitempty"`
	// Attempt counts the requests of a delivery.
	Attempt int `json:"attempt,omitempty"`
	// Request is the request, and Answer its answer.
	Request *Request `json:"request,omitempty"`
	Answer  string   `json:"answer,omitempty"`
	// Task is the work, and Result its result.
	Task   *Work           `json:"task,omitempty"`
	Result json.RawMessage `json:"result,omitempty"`
	// Decision is the decision, and Rule its reason.
	Decision string `json:"decision,omitempty"`
	Rule     string `json:"rule,omitempty"`
	// Note adds details: why a delivery failed, who removes a lock.
	Note string `json:"note,omitempty"`
	// Assumed reports that the default answer was used.
	Assumed bool `json:"assumed,omitempty"`
}

// A Request is an HTTP request. Secrets are *** in it.
type Request struct {
	Method string      `json:"method"`
	URL    string      `json:"url"`
	Header http.Header `json:"header"`
	Body   string      `json:"body"`
}

// Work is the work of a task.
type Work struct {
	// Of is the purpose: "Step migrate", "Undo step migrate", "AFTER_STEP → tests".
	Of string `json:"of"`
	// Type is http, activity, workflow, nexus or command. Name is the URL, the type, the
	// operation or the program. Templates of a URL and of a command are not rendered here.
	Type      string `json:"type"`
	Name      string `json:"name"`
	Arguments []any  `json:"arguments,omitempty"`
}

// report says what happened in the run.
func (r *rehearsed) report() *Report {
	report := &Report{WorkflowID: r.input.Kind.WorkflowID(r.input.ID), Events: []Happening{}, History: []latch.Record{}, Unused: []string{}}
	r.end(report)
	var told timeline
	for _, task := range r.standIn.tasks() {
		told.task(r.taskEvent(task), task.requestsBefore)
	}
	r.standIn.chooser.events(r.after, told.choice)
	for _, request := range r.hooks.Requests() {
		told.request(r.requestEvent(request), request.DeliveryID)
	}
	for _, delivery := range r.hooks.Deliveries() {
		report.History = append(report.History, delivery.Record)
		told.record(r.recordEvents(&delivery.Record), delivery.DeliveryID)
		if latch.IsFreezeLock(delivery.Record.Webhook) {
			report.Freezes = append(report.Freezes, r.frozen(&delivery.Record))
		}
	}
	report.Events = append(report.Events, told.inOrder()...)
	report.Unused = append(report.Unused, r.unused(report)...)
	return report
}

// end sets how the run ended.
func (r *rehearsed) end(report *Report) {
	err := r.env.GetWorkflowError()
	var timeout *temporal.TimeoutError
	var result struct {
		Status    string             `json:"status"`
		Error     string             `json:"error"`
		Reason    string             `json:"reason"`
		DecidedBy *latch.DecidedBy   `json:"decided_by"`
		Steps     []latch.StepResult `json:"steps"`
	}
	var failure *temporal.ApplicationError
	switch {
	case errors.As(err, &timeout):
		report.Status, report.Error = Waits, "a lock is open that nobody removes, and that has no lock_timeout"
		r.pausedAt(report)
		return
	case errors.As(err, &failure) && failure.HasDetails():
		_ = failure.Details(&result) // those of a refused input are problems
		report.Error = failure.Message()
	case err != nil:
		report.Error = err.Error()
	default:
		_ = r.env.GetWorkflowResult(&result) // some runs have none
	}
	report.Status, report.Reason, report.DecidedBy, report.Steps = result.Status, result.Reason, result.DecidedBy, result.Steps
	report.Error = cmp.Or(result.Error, report.Error)
	if report.Status == "" {
		report.Status = "done"
		if err != nil {
			report.Status = latch.ReleaseFailed
		}
	}
}

// frozen returns the freeze whose lock a record is about.
func (r *rehearsed) frozen(record *latch.Record) Freeze {
	held := Freeze{Event: record.Event, Step: record.Step, After: r.after(record.StartedAt.Time)}
	for i := range r.freezes {
		if registered := &r.freezes[i].Freeze; registered.LockName() == record.Webhook {
			held.Freeze = registered.ID
			if registered.MayOverride() {
				held.Override = registered.Override
			}
			if state, err := freeze.At(registered, record.StartedAt.Time); err == nil {
				held.Until = state.Until
			}
		}
	}
	return held
}

// pausedAt says whether the run waits because a step has failed.
func (r *rehearsed) pausedAt(report *Report) {
	var status latch.Status
	answer, err := r.env.QueryWorkflow(latch.QueryStatus)
	if err != nil || answer.Get(&status) != nil {
		return
	}
	report.Steps = status.Steps
	for _, paused := range status.Paused {
		report.Error = fmt.Sprintf("step %s has failed and waits for a person (on_failure: pause): %s", paused.Step, paused.Error)
	}
}

// after returns the time since the start. Records are exact to the millisecond.
func (r *rehearsed) after(at time.Time) latch.Duration {
	return latch.Duration(at.Sub(r.begun.Truncate(time.Millisecond)).Truncate(time.Millisecond))
}

func (r *rehearsed) taskEvent(task Task) Happening {
	return Happening{Kind: Worked, After: r.after(task.At), Result: task.Result, Note: task.Error, Assumed: task.Assumed,
		Task: &Work{Of: task.Of, Type: task.Kind, Name: task.What, Arguments: task.Arguments}}
}

func (r *rehearsed) requestEvent(request latchtest.Request) Happening {
	event := Happening{Kind: Requested, After: r.after(request.At), Event: request.Event, Step: request.Step, Webhook: request.Webhook,
		Attempt: request.Attempt, Assumed: !request.Scripted || request.Webhook != "" && r.answers.assumes(request.Webhook, request.Event, request.Step),
		Request: &Request{Method: request.Method, URL: request.URL, Header: request.Header, Body: request.Body}}
	event.Answer = fmt.Sprint(request.Status)
	if request.Err != nil {
		event.Answer = request.Err.Error()
	}
	return event
}

// recordEvents returns the events in a hook's record other than its requests.
func (r *rehearsed) recordEvents(record *latch.Record) []Happening {
	var events []Happening
	hook := Happening{Event: record.Event, Step: record.Step, Webhook: record.Webhook}
	if lock := record.Lock; lock != nil {
		locked := hook
		locked.Kind, locked.After = Locked, r.after(record.StartedAt.Time)
		events = append(events, locked)
		if to := lock.Escalated; to != nil {
			escalated := hook
			escalated.Kind, escalated.After, escalated.Note = Escalated, r.after(to.At.Time), "to "+approval.Added(to)
			events = append(events, escalated)
		}
		if !lock.Open() {
			unlocked := hook
			unlocked.Kind, unlocked.After = Unlocked, r.after(lock.RemovedAt.Time)
			unlocked.Note, unlocked.Assumed = removal(lock), lock.Reason == assumedRemoval.Reason
			events = append(events, unlocked)
		}
	}
	decides := record.Decision != "" && record.Decision != latch.Continue
	if decides || record.Result == latch.ResultFail || record.Result == latch.ResultSkipped {
		decided := hook
		decided.Kind, decided.After = Decided, r.after(record.CompletedAt.Time)
		if lock := record.Lock; lock != nil { // it delays the decision
			decided.After = max(decided.After, r.after(lock.RemovedAt.Time))
		}
		decided.Decision, decided.Rule, decided.Note = record.Decision, record.Rule, record.Error
		events = append(events, decided)
	}
	return events
}

func removal(lock *latch.RecordLock) string {
	switch {
	case lock.Via == latch.ViaTimeout:
		return "timed out"
	case lock.RemovedBy != "":
		return "removed by " + lock.RemovedBy
	default:
		return "removed"
	}
}

// unused returns the paths of the answers that were not used.
func (r *rehearsed) unused(report *Report) []string {
	var unused []string
	for i, answer := range r.answers.Webhooks {
		asked := func(kinds ...string) bool {
			return slices.ContainsFunc(report.Events, func(e Happening) bool {
				return slices.Contains(kinds, e.Kind) && answer.mentions(e.Webhook, e.Event, e.Step)
			})
		}
		if len(answer.Answers) > 0 && !asked(Requested) {
			unused = append(unused, fmt.Sprintf("webhooks[%d].answers", i))
		}
		if len(answer.Locks) > 0 && !asked(Locked) {
			unused = append(unused, fmt.Sprintf("webhooks[%d].locks", i))
		}
	}
	for i, answer := range r.answers.Tasks {
		if !slices.ContainsFunc(report.Events, func(e Happening) bool {
			return answer.URL != "" && e.Kind == Requested && e.Webhook == "" && e.Request.URL == answer.URL ||
				answer.URL == "" && e.Kind == Worked && e.Task.Name == answer.Type+answer.Command
		}) {
			unused = append(unused, fmt.Sprintf("tasks[%d]", i))
		}
	}
	return append(unused, r.standIn.chooser.unused()...)
}
