package workflows_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/interceptor"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/admission"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rehearsal"
)

// theBoard is an enforced gate at every event that may hold work. Nobody removes its locks.
const theBoard = `{"id":"board","enforced":true,"events":[
	{"event":"BEFORE_RELEASE","blocking":true,"lock_timeout":"1h"},{"event":"BEFORE_STEP","blocking":true,"lock_timeout":"1h"},
	{"event":"JOB_START","blocking":true,"lock_timeout":"1h"},{"event":"DEPLOY","blocking":true,"lock_timeout":"3h"}]}`

// atEachStep is one that holds single steps alone.
const atEachStep = `{"id":"board","enforced":true,"events":[{"event":"BEFORE_STEP","blocking":true,"lock_timeout":"1h"}]}`

// enforces has a webhook registered for the bench's runs, in which $R is the receiver.
func enforces(t *testing.T, webhook string, url *string) interceptor.WorkerInterceptor {
	t.Helper()
	return around(protocol.ActivityAdmit, func(ctx context.Context, admit func(context.Context) (any, error)) (any, error) {
		registered, err := admission.DecodeRegisteredWebhook([]byte(strings.ReplaceAll(webhook, "$R", *url)))
		if err != nil {
			return nil, err
		}
		return admit(rehearsal.In(ctx, &rehearsal.World{Webhooks: []latch.RegisteredWebhook{*registered}}))
	})
}

// A wayAround is what somebody tries in order to pass an enforced gate.
type wayAround struct {
	name, workflow, input string
	// gate is the registered webhook; theBoard unless given.
	gate string
	// says is what they do after half an hour.
	says func(*bench)
	// refused reports that the run does not begin at all.
	refused bool
}

// Docs, "Gates that an author cannot take out": whatever an author writes and whatever messages come,
// nothing is done that an enforced gate holds.
func TestWaysAroundAnEnforcedGate(t *testing.T) {
	t.Parallel()
	const step = `{"name":"a","do":{"http":{"url":"$R/do"}}}`
	release := func(webhooks string) string {
		return `{"id":"shop","steps":[` + step + `],"webhooks":[` + webhooks + `]}`
	}
	spelled := func(id string) string { return release(`{"id":"` + id + `","url":"$R/own","event":"RELEASE_SUCCESS"}`) }
	record := func(b *bench) {
		b.env.SignalWorkflow(latch.MessageRecord, latch.RecordUpdate{DeliveryID: b.boardRecord().DeliveryID, Result: latch.ResultPass})
	}
	for _, way := range []wayAround{
		{name: "nothing", workflow: latch.WorkflowRelease, input: release("")},
		{name: "the same id", workflow: latch.WorkflowRelease, input: spelled("board"), refused: true},
		{name: "the same id, switched off", workflow: latch.WorkflowRelease,
			input: release(`{"id":"board","enabled":false,"url":"$R/own","event":"BEFORE_RELEASE"}`), refused: true},
		{name: "enforce false", workflow: latch.WorkflowRelease,
			input: release(`{"id":"board","url":"$R/own","events":[{"event":"BEFORE_RELEASE","enforce":false}]}`), refused: true},
		{name: "on_error", workflow: latch.WorkflowRelease,
			input: release(`{"id":"board","url":"$R/own","events":[{"event":"BEFORE_RELEASE","on_error":"continue"}]}`), refused: true},
		{name: "on_timeout", workflow: latch.WorkflowRelease,
			input: release(`{"id":"board","events":[{"event":"BEFORE_RELEASE","blocking":true,"lock_timeout":"1s","on_timeout":"continue"}]}`), refused: true},
		{name: "when", workflow: latch.WorkflowRelease,
			input: release(`{"id":"board","url":"$R/own","events":[{"event":"BEFORE_RELEASE","when":"false"}]}`), refused: true},
		{name: "capitals", workflow: latch.WorkflowRelease, input: spelled("BOARD"), refused: true},
		{name: "an escape", workflow: latch.WorkflowRelease, input: spelled(`bo\u0061rd`), refused: true},
		{name: "full width", workflow: latch.WorkflowRelease, input: spelled("ｂｏａｒｄ"), refused: true},
		{name: "a space of no width", workflow: latch.WorkflowRelease, input: spelled(`bo\u200bard`), refused: true},
		{name: "a soft hyphen", workflow: latch.WorkflowRelease, input: spelled(`bo\u00adard`), refused: true},
		{name: "a blank", workflow: latch.WorkflowRelease, input: spelled(`board\u00a0`), refused: true},
		{name: "two ids", workflow: latch.WorkflowRelease,
			input: release(`{"id":"other","id":"board","url":"$R/own","event":"RELEASE_SUCCESS"}`), refused: true},
		{name: "enforced of one's own", workflow: latch.WorkflowRelease,
			input: release(`{"id":"mine","enforced":true,"url":"$R/own","event":"BEFORE_RELEASE"}`), refused: true},
		{name: "a gate of one's own that lets pass", workflow: latch.WorkflowRelease,
			input: release(`{"id":"mine","url":"$R/own","event":"BEFORE_RELEASE"}`)},
		{name: "a gate of one's own that stops", workflow: latch.WorkflowRelease,
			input: release(`{"id":"mine","url":"$R/own","events":[{"event":"BEFORE_RELEASE","stop_release":"true"}]}`)},
		{name: "parallel steps", workflow: latch.WorkflowRelease, gate: atEachStep,
			input: `{"id":"shop","steps":[{"parallel":[` + step + `,{"name":"b","do":{"http":{"url":"$R/do"}}}]}]}`},
		{name: "targets", workflow: latch.WorkflowRelease, gate: atEachStep,
			input: `{"id":"shop","targets":["eu","us"],"at_once":2,"steps":[` + step + `]}`},
		{name: "a failure that pauses", workflow: latch.WorkflowRelease, gate: atEachStep,
			input: `{"id":"shop","on_failure":"pause","steps":[` + step + `]}`,
			says:  func(b *bench) { b.env.SignalWorkflow(latch.MessageSkip, latch.Skip{Step: "a", Reason: "please"}) }},
		{name: "a retry", workflow: latch.WorkflowRelease, gate: atEachStep, input: release(""),
			says: func(b *bench) { b.env.SignalWorkflow(latch.MessageRetry, latch.StepRetry{Step: "a"}) }},
		{name: "stop", workflow: latch.WorkflowRelease, input: release(""), says: signals(latch.MessageStop, `{}`)},
		{name: "rollback", workflow: latch.WorkflowRelease, input: release(""), says: signals(latch.MessageRollback, `{}`)},
		{name: "cancellation", workflow: latch.WorkflowRelease, input: release(""), says: cancels},
		{name: "a record of its lock", workflow: latch.WorkflowRelease, input: release(""), says: record},
		{name: "a record, where groups may skip", workflow: latch.WorkflowRelease, input: release(""), says: record,
			gate: `{"id":"board","enforced":true,"skip_groups":["managers"],"url":"$R/down","events":[{"event":"BEFORE_RELEASE","answer_timeout":"1h"}]}`},
		{name: "a variable that it needs is missing", workflow: latch.WorkflowRelease, input: release(""),
			gate: `{"id":"board","enforced":true,"when":"vars.env == 'prod'","url":"$R/own","event":"BEFORE_RELEASE"}`},
		{name: "an answer that nobody understands", workflow: latch.WorkflowRelease, input: release(""),
			gate: `{"id":"board","enforced":true,"url":"$R/unclear","event":"BEFORE_RELEASE"}`},
		{name: "a job", workflow: latch.WorkflowJobRun, input: `{"id":"j","task":{"http":{"url":"$R/do"}}}`},
		{name: "a sequence that goes on", workflow: latch.WorkflowJobRun,
			input: `{"id":"j","continue_on_error":true,"jobs":[{"id":"one","continue_on_error":true,"task":{"http":{"url":"$R/do"}}}]}`},
		{name: "a job of a sequence", workflow: latch.WorkflowJobRun, refused: true,
			input: `{"id":"j","jobs":[{"id":"one","task":{"http":{"url":"$R/do"}},"webhooks":[{"id":"board","url":"$R/own","event":"JOB_START"}]}]}`},
		{name: "a gate's deadline", workflow: latch.WorkflowGate,
			input: `{"id":"g","event":"DEPLOY","deadline":"1h","on_deadline":"continue"}`},
		{name: "a gate with the same id", workflow: latch.WorkflowGate, refused: true,
			input: `{"id":"g","event":"DEPLOY","webhooks":[{"id":"board","url":"$R/own","event":"DEPLOY"}]}`},
	} {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			way.fails(t)
		})
	}
}

func (w wayAround) fails(t *testing.T) {
	gate := w.gate
	if gate == "" {
		gate = theBoard
	}
	url := ""
	b := setup(t, enforces(t, gate, &url))
	url = b.url
	b.answers["/unclear"] = `{"stop_release":"maybe"}`
	b.answers["/down"] = ""
	if w.says != nil {
		b.env.RegisterDelayedCallback(func() { w.says(b) }, 30*time.Minute)
	}
	err := b.run(w.workflow, w.input)
	require.NotContains(t, b.received(), "/do", "what the gate holds was done")
	if w.refused {
		require.ErrorContains(t, err, latch.ErrorInvalidSpec)
		require.Empty(t, b.received())
		return
	}
	if w.workflow == latch.WorkflowRelease && err == nil {
		var result latch.ReleaseResult
		b.result(&result)
		require.NotEqual(t, latch.ReleaseReleased, result.Status)
	}
	if w.workflow == latch.WorkflowGate {
		require.ErrorContains(t, err, latch.ErrorGateStopped)
	}
	if w.workflow != latch.WorkflowJobRun { // whose records are those of its jobs
		require.True(t, b.boardRecord().Enforced, "it was asked")
	}
}
