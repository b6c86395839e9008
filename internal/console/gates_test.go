package console_test

import (
	"html"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/console/piece"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// asks adds a gate that waits for a lock.
func (w *world) asks(id, text string) {
	w.guard.Lock()
	defer w.guard.Unlock()
	run := w.Add("gate-"+id, latch.WorkflowGate, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING)
	held := latch.OpenLock{Token: "gate-" + id + ":board:r4nd0m", Webhook: "board", Event: "DEPLOY", Since: latch.NewTime(noon),
		Missing: []latch.MissingApproval{{Groups: []string{text}, Count: 1}}}
	run.WaitsFor(held)
	run.Answer = func(query string) (any, error) {
		if query == latch.QueryHistory {
			return []latch.Record{{DeliveryID: "dlv_2", Webhook: "board", Event: "DEPLOY", Result: latch.ResultPending,
				WorkflowID: "gate-" + id, Error: text, Lock: &latch.RecordLock{Token: held.Token}},
				{DeliveryID: "dlv_3", Webhook: "rate", Event: "DEPLOY", Result: latch.ResultPending, WorkflowID: "gate-" + id},
				{DeliveryID: "dlv_4", Webhook: "eye", Event: "DEPLOY", Result: latch.ResultPending, WorkflowID: "gate-" + id}}, nil
		}
		return latch.Status{ID: id, Status: latch.GateRunning, Phase: "waiting", Event: "DEPLOY", Locks: []latch.OpenLock{held},
			Undecided: []latch.UndecidedHook{{Webhook: "rate", Event: "DEPLOY", WaitsFor: latch.WaitsForMeasurements, Since: held.Since},
				{Webhook: "eye", Event: "DEPLOY", WaitsFor: latch.WaitsForAnswer, Since: held.Since, Observes: true}},
			Rejected: []latch.Rejected{{Name: text, Error: text}}}, nil
	}
	run.StartedWith(`{"id":"` + id + `","event":"DEPLOY"}`)
	run.Update = func(options client.UpdateWorkflowOptions) (any, error) {
		w.guard.Lock()
		defer w.guard.Unlock()
		w.told = append(w.told, options)
		return latch.Status{}, nil
	}
}

// decidedGate adds a gate that a person has stopped.
func (w *world) decidedGate(id, reason string) {
	run := w.Add("gate-"+id, latch.WorkflowGate, enumspb.WORKFLOW_EXECUTION_STATUS_FAILED)
	run.Closed = runstest.Failed(reason, latch.ErrorGateStopped, runstest.Payloads(latch.GateResult{ID: id, Event: "DEPLOY",
		Status: latch.GateStopped, Decision: latch.Stop, Reason: reason, History: []latch.Record{hostileRecord(reason)},
		DecidedBy: latch.DecidedBy{Webhook: "board", Event: "DEPLOY", By: "ann"}}))
	run.StartedWith(`{"id":"` + id + `","event":"DEPLOY"}`)
}

// The list shows of each gate its state, who or what decides it with a link to the lock, or has
// decided it, and links to its page and its run.
func TestGatesAreListed(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.asks("4711", "sre")
	w.decidedGate("4712", "the tests are red")
	p := loggedIn(t, serve(t, w, keys), readKey)
	body := p.get("/console/gates").body
	for _, text := range []string{"Gates: 2<", `href="../console/gates/gate-4711"`, `href="../locks/gate-4711:board:r4nd0m"`,
		`waits for board and 1 more <span class="note">at DEPLOY, since`, "needs 1 of sre",
		"http://127.0.0.1:8233/namespaces/default/workflows/gate-4711/", ">running<", ">stopped<", `ann <span class="note">board</span>`, "the tests are red"} {
		require.Contains(t, body, text)
	}
	body = p.get("/console/gates?status=stopped&search=DEPLOY").body
	require.Contains(t, body, "gate-4712")
	require.NotContains(t, body, "gate-4711")
	require.Contains(t, p.get("/console/gates?search=nothing").body, "No gate is found that the filter takes.")
	require.Equal(t, 422, p.get("/console/gates?status=released").status)
	require.Contains(t, p.get("/").body, `href="./console/gates/gate-4711"`, "a lock leads to its gate")
	require.Equal(t, 404, p.get("/console/gates/none").status)
}

// The page of an open gate says what it waits for, draws what an analysis has measured so far, and
// marks a hook that only records what it decides, which nobody needs to skip.
func TestGateShowsWhatItWaitsFor(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.asks("4711", "sre")
	made := &protocol.Measured{}
	made.Add(latch.Measurement{At: latch.NewTime(noon), Result: latch.MeasuredFailure, Value: `{"rate":0.07}`})
	w.Runs[0].Pending = []*workflowpb.PendingActivityInfo{
		{ActivityId: "dlv_3", HeartbeatDetails: runstest.Payloads(protocol.Memory{Measured: made})}}
	page := loggedIn(t, serve(t, w, keys), adminKey).get("/console/gates/gate-4711").body
	require.Contains(t, page, `the measurements of rate <span class="note">at DEPLOY, since`)
	require.Equal(t, 1, strings.Count(page, `aria-label="rate at DEPLOY, 1 measurement: 1 failure; from 0.07 to 0.07"`))
	require.Equal(t, 1, strings.Count(page, piece.NotActedOn))
	require.Equal(t, 2, strings.Count(page, "Skip this hook"))
}

// A gate is decided on its page after a confirmation that describes the effect, its hooks are
// skipped with a reason, and only users with a sufficient role do either.
func TestGatesAreDecidedOnceThatIsConfirmed(t *testing.T) {
	t.Parallel()
	const page = "/console/gates/gate-4711"
	for action, want := range map[string]struct {
		question string
		sent     any
	}{
		"stop":     {"Stop at the gate?", latch.Control{By: "ann", Reason: "not <today>"}},
		"rollback": {"Ask for a rollback?", latch.Control{By: "ann", Reason: "not <today>"}},
		"skip":     {"Skip the hook?", latch.Skip{Webhook: "board", Event: "DEPLOY", By: "ann", Reason: "not <today>"}},
	} {
		w := newWorld()
		w.asks("4711", "sre")
		base := serve(t, w, keys)
		ann := loggedIn(t, base, adminKey)
		form := url.Values{"form": {ann.proof(page)}, "action": {action}, "webhook": {"board"}, "event": {"DEPLOY"}, "reason": {"not <today>"}}
		asked := ann.post(page, form)
		require.Equal(t, 200, asked.status, asked.body)
		require.Contains(t, asked.body, want.question)
		require.Contains(t, asked.body, "not &lt;today&gt;", "nothing typed is lost")
		require.Contains(t, asked.body, `href="../../console/gates/gate-4711"`, "the way back")
		require.Empty(t, w.told)
		_, promise, _ := strings.Cut(asked.body, `name="confirmed" value="`)
		promise, _, _ = strings.Cut(promise, `"`)
		form.Set("confirmed", html.UnescapeString(promise))
		done := ann.post(page, form)
		require.Equal(t, page, done.path)
		require.Equal(t, 200, done.status)
		require.Len(t, w.told, 1)
		require.Equal(t, "gate-4711", w.told[0].WorkflowID)
		require.Equal(t, want.sent, w.told[0].Args[0])

		eye := loggedIn(t, base, readKey)
		require.NotContains(t, eye.get(page).body, "Stop at the gate")
		require.Equal(t, 403, eye.post(page, url.Values{"form": {eye.proof("/")}, "action": {action}}).status)
		require.Len(t, w.told, 1)
	}
}
