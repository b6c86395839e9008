package workflows

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/attach"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/vars"
)

// A subject is what a run is about: a job, a release, an emission, or a user's own workflow.
type subject interface {
	// id is the subject's own id, and title its title, if it has one.
	id() string
	title() string
	// status is "running" until the run's outcome is known.
	status() string
	// mark writes the subject to a record.
	mark(*latch.Record)
	// addVariables adds the subject's template variables.
	addVariables(expr.Variables)
	// steps returns the progress of a release's steps, or nil for any other subject.
	steps() []latch.StepResult
	// mayControl refuses a stop or a rollback that the subject does not support.
	mayControl(message string) error
}

// A session is the state of one run's events, from its first moment until it closes: the
// history, the firings that can still receive messages, and the run's answers.
type session struct {
	// detached is not cancelled with the run. It belongs to the coroutine that made the
	// session: others may start things with it, but not wait on it.
	detached  workflow.Context
	execution workflow.Execution
	// originalRunID stays the same after a reset of the run, and during replay. In the SDK's
	// test environment it is made of the workflow id and the run id.
	originalRunID string
	// runID is that of the chain's first run, which templates see.
	runID     string
	started   time.Time
	link      link
	subject   subject
	admission protocol.Admission
	webhooks  []protocol.AttachedWebhook
	// webhooksOf returns the webhooks of one of several events. It is nil if all events have
	// the same.
	webhooksOf func(emission string) []protocol.AttachedWebhook

	history history
	firings []*firing
	streams streams
	// news are the events about locks that are to fire.
	news lockNewsQueue
	// handsOver reports that no delivery begins its turn any more, because the run closes.
	handsOver bool
	// hurries reports that it does not wait for first attempts that have not begun.
	hurries bool
	// inFlight counts deliveries that have not ended. fetching counts those whose first attempt
	// continues in a worker.
	inFlight, fetching int
	volleys            gatherer
	pacer              pacer
	// kept is the size of the kept task results in bytes. given is the size of vars and the
	// like in the run's input.
	kept, given int
	// fields are the additional fields of a registered job in templates.
	fields latch.Object
	// of is the ended run that this one reports, or nil. by says how it was ended: one of
	// [latch.ByTerminated] and [latch.ByTimedOut].
	of *workflow.Execution
	by string
	// about is the registered webhook that an event about an endpoint is about.
	about string
	// guest reports that the session is in a workflow that knows nothing of Latch, whose
	// signals, handlers and details are its own.
	guest bool
	// listens reports that coroutines take signals.
	listens bool
	// signalsUnderWay and updatesUnderWay count messages that are being taken. unread are those that were received
	// but not taken.
	signalsUnderWay, updatesUnderWay int
	// updatedAt is the length of the history when the latest update was taken; 0 if there was none.
	updatedAt int
	unread    unread
	// bounds are those of a gate.
	bounds bounds

	control *control
	// halted says why a parallel wait ends. It is "" while it does not.
	halted string
	// settled reports that the outcome is final: a stop or rollback comes too late.
	settled bool
	// prepared reports that the run was admitted and has its webhooks. refused reports that the
	// input was rejected.
	prepared, refused bool
	// taggedWebhooks reports that the search attribute with the webhooks is set.
	taggedWebhooks bool
	rejected       []latch.Rejected

	phase, event, step string
	// shownLocks and shownPauses are what the memo shows, as JSON; "" if it shows none.
	shownLocks, shownPauses string
}

// newSession creates the run's session and lets it answer queries, signals and updates. It must
// be called before anything that waits, so that no message is lost.
func newSession(ctx workflow.Context, about subject) (*session, error) {
	s := silentSession(ctx, about)
	return s, s.answer(ctx)
}

// begin makes the run answer, and reads its input and has it admitted. Or it continues where
// the earlier run of its chain ended. Messages that have already arrived find the run in the
// state in which that one left it.
func (s *session) begin(ctx workflow.Context, kind latch.Kind, input converter.RawValue, into any, earlier *protocol.State, prepare func()) error {
	s.link.able, s.link.given = true, s.link.given+len(payloadJSON(input))
	s.link.since = cmp.Or(s.link.since, continuesAsNew)
	if earlier == nil {
		s.listens = s.signalWaits(ctx)
		if err := s.answer(ctx); err != nil {
			return err
		}
		if !s.listens {
			s.listenLater()
		}
		if err := s.take(ctx, kind, input, into); err != nil {
			return err
		}
		if !s.admission.ListensLate {
			s.listen() // before any other coroutine begins, so that those of earlier runs follow in their order
		}
		prepare()
		s.prepared = true
		return nil
	}
	if err := latch.Unmarshal(payloadJSON(input), into); err != nil {
		return invalidSpec(latch.Problems{{Message: err.Error()}})
	}
	s.admission = earlier.Admission
	prepare()
	if err := s.takeOver(earlier); err != nil {
		return err
	}
	s.prepared = true
	if err := s.answer(ctx); err != nil {
		return err
	}
	s.takeUp()
	if len(s.unread) > 0 {
		takeMessages(ctx) // a stop that came before this run ends it before its next step
	}
	s.show()
	return nil
}

// silentSession creates a session that does not answer yet.
func silentSession(ctx workflow.Context, about subject) *session {
	info := workflow.GetInfo(ctx)
	s := &session{
		detached:      disconnect(ctx),
		execution:     info.WorkflowExecution,
		originalRunID: cmp.Or(info.OriginalRunID, info.WorkflowExecution.ID+"/"+info.WorkflowExecution.RunID),
		runID:         info.WorkflowExecution.RunID,
		started:       info.WorkflowStartTime,
		subject:       about,
		phase:         "starting",
		listens:       true,
	}
	s.volleys.session = s
	return s
}

// take reads the run's input and has it admitted.
func (s *session) take(ctx workflow.Context, kind latch.Kind, input converter.RawValue, into any) error {
	data := payloadJSON(input)
	reading := latch.Unmarshal(data, into)
	if err := s.admit(ctx, kind, rawInput(data), workflow.Now(ctx).Sub(s.started)); err != nil {
		return err
	}
	if reading != nil {
		return invalidSpec(latch.Problems{{Message: reading.Error()}})
	}
	return nil
}

// rawInput returns the input as JSON, whatever it is, for admission to refuse.
func rawInput(data []byte) json.RawMessage {
	switch {
	case len(data) == 0:
		return json.RawMessage("null")
	case !json.Valid(data):
		return rawjson.Encode(string(data))
	default:
		return data
	}
}

// admit asks a worker to check the input and keeps its answer. Its error for a wrong input is
// InvalidSpec. For a run that begins, waited is the time since it was started.
func (s *session) admit(ctx workflow.Context, kind latch.Kind, input json.RawMessage, waited time.Duration) error {
	request := protocol.AdmitRequest{Kind: kind, Input: input, Run: s.runVariable(), Now: s.now(), Waited: latch.Duration(waited), Fields: s.fields, Endpoint: s.about, Limit: latch.Duration(s.bounds.limit)}
	if proof := workflow.GetInfo(ctx).Memo.GetFields()[latch.MemoStarter]; proof != nil {
		request.Starter, request.Started = &protocol.MemoField{Metadata: proof.GetMetadata(), Data: proof.GetData()}, latch.NewTime(s.started)
	}
	var admission protocol.Admission
	if err := ask(ctx, "Admit the "+string(kind), protocol.ActivityAdmit, request, &admission); err != nil {
		return err
	}
	s.admission = admission
	if len(s.admission.Problems) > 0 {
		s.settled, s.refused = true, true
		s.enter("refused: " + s.admission.Problems[0].String())
		return invalidSpec(s.admission.Problems)
	}
	return nil
}

// attach returns the run's own webhooks with the registered ones that apply to it.
func (s *session) attach(own []latch.Webhook) []protocol.AttachedWebhook {
	return attach.Merge(own, s.admission.Webhooks)
}

// These limit a question. A question that the run needs is repeated until it is answered, so
// that an outage of the workers does not end the run.
const (
	untilAnswered = 365 * 24 * time.Hour
	briefly       = time.Minute
)

// ask has a local activity answer a question that the run needs answered, and records the
// answer. It does so even if the run is cancelled, and repeats it until there is an answer or a
// final error.
func ask(ctx workflow.Context, summary, activity string, question, answer any) error {
	return askWithin(ctx, untilAnswered, summary, activity, question, answer)
}

// askWithin is ask for an answer that the run can do without after the limit.
func askWithin(ctx workflow.Context, limit time.Duration, summary, activity string, question, answer any) error {
	ctx = workflow.WithLocalActivityOptions(disconnect(ctx), workflow.LocalActivityOptions{
		ScheduleToCloseTimeout: limit,
		StartToCloseTimeout:    time.Minute,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 30 * time.Second},
		Summary:                summary,
	})
	return workflow.ExecuteLocalActivity(ctx, activity, question).Get(ctx, answer)
}

// disconnect returns a context for the same coroutine that is not cancelled with the run.
func disconnect(ctx workflow.Context) workflow.Context {
	disconnected, _ := workflow.NewDisconnectedContext(ctx)
	return disconnected
}

// invalidSpec returns the error of an input that cannot run.
func invalidSpec(problems latch.Problems) error {
	return temporal.NewApplicationErrorWithOptions(problems.Error(), latch.ErrorInvalidSpec,
		temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{[]latch.Problem(problems)}})
}

// invalidArgument returns the error of a message that cannot be accepted.
func invalidArgument(err error) error { return refusal(latch.ErrorInvalidArgument, "%s", err) }

func refusal(kind, format string, args ...any) error {
	return temporal.NewApplicationErrorWithOptions(strings.ToValidUTF8(fmt.Sprintf(format, args...), "\uFFFD"), kind,
		temporal.ApplicationErrorOptions{NonRetryable: true})
}

// weigh records the size of the parts of the input that are sent to webhooks.
func (s *session) weigh(given ...latch.Object) {
	s.given = 0
	for _, object := range given {
		s.given += len(rawjson.Encode(object))
	}
}

// variables returns the current template variables of all hooks and tasks. An event keeps those
// of its firing, and a task those of its beginning, including the variable now.
func (s *session) variables(step *vars.Step) expr.Variables { return s.variablesOf(s.subject, step) }

func (s *session) variablesOf(about subject, step *vars.Step) expr.Variables {
	variables := expr.Variables{
		"system": rawjson.Encode(s.admission.System),
		"run":    rawjson.Encode(s.runVariable()),
		"now":    rawjson.Encode(s.now()),
	}
	about.addVariables(variables)
	if step != nil {
		variables["step"] = rawjson.Encode(step)
	}
	return variables
}

func (s *session) runVariable() vars.Run {
	if s.of != nil {
		return vars.Run{WorkflowID: s.of.ID, RunID: s.runID, StartedAt: latch.NewTime(s.started)}
	}
	return vars.Run{WorkflowID: s.execution.ID, RunID: s.runID, StartedAt: latch.NewTime(s.started)}
}

// addRecords adds the variable records if it is needed, because it may be large: the records of
// one event of several, or of all if emission is "".
func (s *session) addRecords(variables expr.Variables, needed []string, emission string) {
	if slices.Contains(needed, "records") {
		variables["records"] = rawjson.Encode(s.history.forTemplates(emission))
	}
}

// openLocks lists the locks that can still be removed.
func (s *session) openLocks() []latch.OpenLock {
	locks := []latch.OpenLock{}
	for _, firing := range s.firings {
		for _, hook := range firing.hooks {
			// A concurrent gate may not be planned yet: it then has no record.
			if hook.record != nil && hook.record.Lock.Open() {
				locks = append(locks, hook.openLock())
			}
		}
	}
	return locks
}

// locksWithForms returns the open locks with what people fill in. The memo has no forms, since it is
// written anew with each vote.
func (s *session) locksWithForms() []latch.OpenLock {
	locks := s.openLocks()
	for i := range locks {
		if hook, err := s.byToken(locks[i].Token); err == nil {
			locks[i].Form = hook.settings.Form
		}
	}
	return locks
}

// snapshot returns the answer to the query status.
func (s *session) snapshot() latch.Status {
	rejected := s.rejected
	if rejected == nil {
		rejected = []latch.Rejected{}
	}
	status := s.subject.status()
	if s.refused {
		status = latch.JobFailed
	}
	var turn *latch.TurnStatus
	var paused []latch.PausedStep
	if pauses, is := s.subject.(pausing); is {
		paused, turn = pauses.paused(), pauses.turnStatus()
	}
	return latch.Status{Paused: paused, Turn: turn, ID: s.subject.id(), Title: s.subject.title(), Status: status,
		Phase: s.phase, Event: s.event, Step: s.step,
		Steps: s.subject.steps(), Locks: s.locksWithForms(), Undecided: s.undecidedHooks(), Rejected: rejected}
}

// enter names the run's current phase, for the query status and Temporal UI.
func (s *session) enter(phase string) {
	s.phase = phase
	s.show()
}

// showLocks writes the open locks to the run's memo, so that they can be listed across runs
// without any set-up.
func (s *session) showLocks() error {
	locks := s.openLocks()
	s.show()
	shown := ""
	if len(locks) > 0 {
		shown = string(rawjson.Encode(locks))
	}
	if shown == s.shownLocks {
		return nil
	}
	s.shownLocks = shown
	if err := workflow.UpsertMemo(s.detached, map[string]any{latch.MemoLocks: locks}); err != nil {
		return fmt.Errorf("memo %s: %w", latch.MemoLocks, err)
	}
	return s.tagWaiting()
}

// tagWaiting upserts whether the run waits for a lock, or for a person's choice about a failed
// step, as the memo shows it.
func (s *session) tagWaiting() error {
	return s.tag(temporal.NewSearchAttributeKeyBool(latch.SearchAttributeWaiting).ValueSet(s.shownLocks+s.shownPauses != ""))
}

// tagStatus upserts id and status as search attributes.
func (s *session) tagStatus() error {
	attributes := []temporal.SearchAttributeUpdate{
		temporal.NewSearchAttributeKeyKeyword(latch.SearchAttributeID).ValueSet(s.subject.id()),
		temporal.NewSearchAttributeKeyKeyword(latch.SearchAttributeStatus).ValueSet(s.subject.status()),
	}
	if s.admission.TagWebhooks && !s.taggedWebhooks && len(s.webhooks) > 0 {
		s.taggedWebhooks = true
		attributes = append(attributes, temporal.NewSearchAttributeKeyKeywordList(latch.SearchAttributeWebhooks).ValueSet(protocol.WebhookTags(attach.Plain(s.webhooks)...)))
	}
	return s.tag(attributes...)
}

// tag upserts search attributes if the worker is configured to.
func (s *session) tag(attributes ...temporal.SearchAttributeUpdate) error {
	if !s.admission.SearchAttributes {
		return nil
	}
	return workflow.UpsertTypedSearchAttributes(s.detached, attributes...)
}

// now returns Temporal's time in the format of records.
func (s *session) now() latch.Time { return latch.NewTime(workflow.Now(s.detached)) }
