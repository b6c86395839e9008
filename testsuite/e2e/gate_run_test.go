package e2e

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// gateRows are ways in which a gate is decided, by its webhooks and the answer of /a.
var gateRows = []struct {
	name, webhooks, more string
	answer               receiver.Answer
	want                 string
}{
	{"yes", asksA, "", receiver.JSON(200, `{"result":"pass"}`), latch.Continue},
	{"no", asksA, "", receiver.JSON(200, `{"result":"fail"}`), latch.Stop},
	{"stop without a result", asksA, "", receiver.JSON(200, `{"stop_release":true}`), latch.Stop},
	{"rollback", asksA, "", receiver.JSON(200, `{"result":"fail","rollback_release":true}`), latch.Rollback},
	{"broken", asksA, "", receiver.JSON(200, `{"result":"pass",}`), latch.Stop},
	{"refused", asksA, "", receiver.Status(404), latch.Stop},
	{"lock times out", `{"id":"a","events":[{"event":"DEPLOY","blocking":true,"lock_timeout":"100ms"}]}`, "",
		receiver.Answer{}, latch.Stop},
	{"deadline", `{"id":"a","events":[{"event":"DEPLOY","blocking":true}]}`,
		`,"deadline":"1s","on_deadline":"rollback"`, receiver.Answer{}, latch.Rollback},
	{"nobody listens", "", "", receiver.Answer{}, latch.Stop},
}

const asksA = `{"id":"a","url":"$R/a","events":[{"event":"DEPLOY"}]}`

// Contract, "Gate": every caller, by every way of asking, continues only on a yes.
func TestWhoeverAsksAGatePassesOnlyOnAYes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve("LATCH_API_KEYS", apiKeys)
	for asker, ask := range map[string]func(l *lane, gate string) string{
		"execute": func(l *lane, gate string) string {
			return decisionOf(l.begin(latch.WorkflowGate, gate).Get(l.ctx, nil))
		},
		"child": func(l *lane, gate string) string {
			err := l.begin(latch.WorkflowRelease, `{"id":"r","fail_on":["stopped","rolled_back"],
				"steps":[{"name":"ask","do":{"workflow":{"type":"latch.Gate","input":`+gate+`}}}]}`).Get(l.ctx, nil)
			if err == nil {
				return latch.Continue
			}
			require.ErrorContains(l, err, "gate ")
			return map[bool]string{true: latch.Stop, false: latch.Rollback}[strings.Contains(err.Error(), "decided stop")]
		},
		"http": func(l *lane, gate string) string {
			var state struct{ Status, Decision string }
			s.as("run-key-0123456789", "POST", "/latch/v1/gates?wait=1m&workflow_id="+l.name, l.spec(gate)).read(l,
				http.StatusCreated, &state)
			require.Equal(l, state.Status == latch.GatePassed, state.Decision == latch.Continue)
			return state.Decision
		},
		"starter": func(l *lane, gate string) string {
			said := l.starter(nil, "gate", l.write("gate.json", l.spec(gate)), "--id", l.name, "--output", "json")
			var outcome struct {
				Status string
				Result latch.GateResult
			}
			require.NoError(l, json.Unmarshal([]byte(said.out), &outcome), said.out+said.err)
			require.Equal(l, map[string]int{latch.Continue: 0, latch.Stop: 4, latch.Rollback: 4}[outcome.Result.Decision], said.code)
			return outcome.Result.Decision
		},
	} {
		for _, row := range gateRows {
			t.Run(asker+"/"+row.name, func(t *testing.T) {
				t.Parallel()
				l := b.lane(t)
				l.script("/a", row.answer)
				require.Equal(t, row.want, ask(l, l.spec(`{"event":"DEPLOY","webhooks":[`+row.webhooks+`]`+row.more+`}`)))
			})
		}
	}
}

// decisionOf returns the decision in the error of a gate's run, and continue without an error.
func decisionOf(err error) string {
	var application *temporal.ApplicationError
	switch {
	case err == nil:
		return latch.Continue
	case errors.As(err, &application) && application.Type() == latch.ErrorGateStopped:
		return latch.Stop
	case errors.As(err, &application) && application.Type() == latch.ErrorGateRolledBack:
		return latch.Rollback
	default:
		return err.Error()
	}
}

// Contract, "Gate": a cancelled gate closes as Canceled, and one whose caller is terminated
// ends with it. Neither passes.
func TestGateEndsWithItsAsker(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve("LATCH_API_KEYS", apiKeys)
	const gate = `{"event":"DEPLOY","webhooks":[{"id":"a","events":[{"event":"DEPLOY","blocking":true}]}]}`
	asked := b.start(latch.WorkflowGate, "cancelled", gate)
	b.awaitLock(asked)
	require.NoError(t, shared.client.CancelWorkflow(b.ctx, asked.GetID(), ""))
	var canceled *temporal.CanceledError
	require.ErrorAs(t, asked.Get(b.ctx, nil), &canceled)
	var state struct{ Status, Decision string }
	s.as("read-key-0123456789", "GET", "/latch/v1/gates/"+url.PathEscape(asked.GetID()), "").read(t, http.StatusOK, &state)
	require.Equal(t, latch.GateCancelled, state.Status)
	require.Equal(t, latch.Stop, state.Decision)

	child := "gate-of-" + b.queue
	asker := b.start(latch.WorkflowRelease, "asker", `{"id":"r","steps":[{"name":"ask","do":{"workflow":{"type":"latch.Gate","id":"`+child+`","input":`+gate+`}}}]}`)
	s.token(child)
	require.NoError(t, shared.client.TerminateWorkflow(b.ctx, asker.GetID(), "", "enough"))
	require.Error(t, shared.client.GetWorkflow(b.ctx, child, "").Get(b.ctx, nil))
	described, err := shared.client.DescribeWorkflowExecution(b.ctx, child, "")
	require.NoError(t, err)
	require.Equal(t, enums.WORKFLOW_EXECUTION_STATUS_CANCELED, described.GetWorkflowExecutionInfo().GetStatus())
	s.as("read-key-0123456789", "GET", "/latch/v1/gates/"+url.PathEscape(child), "").read(t, http.StatusOK, &state)
	require.Equal(t, latch.GateCancelled, state.Status)
}

// Contract, "Gate": a delivery that hangs does not prevent a decided gate from closing before
// Temporal ends its run.
func TestGateClosesBeforeItsRunTimesOut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	l := b.lane(t)
	hold := make(chan struct{})
	t.Cleanup(func() { close(hold) })
	l.script("/volley", receiver.Answer{Hold: hold})
	l.script("/durable", receiver.Answer{Hold: hold})
	run, err := shared.client.ExecuteWorkflow(b.ctx, client.StartWorkflowOptions{ID: "hangs-" + b.queue, TaskQueue: b.queue,
		WorkflowExecutionTimeout: 20 * time.Second}, latch.WorkflowGate, json.RawMessage(l.spec(`{"event":"DEPLOY","deadline":"2s","webhooks":[
			{"id":"volley","url":"$R/volley","event":"DEPLOY"},
			{"id":"durable","url":"$R/durable","event":"DEPLOY","path":"durable"}]}`)))
	require.NoError(t, err)
	require.Equal(t, latch.Stop, decisionOf(run.Get(b.ctx, nil)))
}

// Contract, "Gate", over HTTP: the answer contains the locks at once, and a person's answer
// decides the gate.
func TestGateOverHTTP(t *testing.T) {
	t.Parallel()
	b := setup(t, "LATCH_API_URL", "https://latch.example.com")
	s := b.serve("LATCH_API_KEYS", apiKeys, "LATCH_API_URL", "https://latch.example.com")
	type gate struct {
		WorkflowID string `json:"workflow_id"`
		ID, Status string
		Decision   string
		Reason     string
		Locks      []latch.OpenLock
		DecidedBy  latch.DecidedBy `json:"decided_by"`
		History    []latch.Record
	}
	ask := func(id string) gate {
		var asked gate
		s.as("run-key-0123456789", "POST", "/latch/v1/gates", `{"id":"`+id+`","event":"DEPLOY","deadline":"1h","webhooks":[
			{"id":"board","events":[{"event":"DEPLOY","blocking":true}]}]}`).read(t, http.StatusCreated, &asked)
		require.Equal(t, "gate-"+id, asked.WorkflowID)
		require.Equal(t, latch.GateRunning, asked.Status)
		require.Len(t, asked.Locks, 1)
		require.Contains(t, asked.Locks[0].URL, "https://latch.example.com/")
		require.False(t, asked.Locks[0].Until.IsZero())
		return asked
	}
	await := func(id string) (decided gate) {
		s.as("read-key-0123456789", "GET", "/latch/v1/gates/"+id+"?wait=1m", "").read(t, http.StatusOK, &decided)
		return decided
	}
	id := "pass-" + b.queue
	asked := ask(id)
	s.as("lock-key-0123456789", "POST", lockPath(asked.Locks[0].Token)+"/release", `{"result":"pass"}`).read(t, http.StatusOK, nil)
	decided := await(id)
	require.Equal(t, latch.GatePassed, decided.Status)
	require.Equal(t, "board", decided.History[0].Lock.RemovedBy)

	id = "stop-" + b.queue
	ask(id)
	s.as("run-key-0123456789", "POST", "/latch/v1/gates/"+id+"/stop", `{"reason":"frozen"}`).read(t, http.StatusOK, nil)
	decided = await(id)
	require.Equal(t, latch.GateStopped, decided.Status)
	require.Equal(t, "stopped by ci: frozen", decided.Reason)
	require.Equal(t, "ci", decided.DecidedBy.By)

	s.as("read-key-0123456789", "GET", "/latch/v1/gates/unknown-"+b.queue, "").problem(t, http.StatusNotFound)
	require.Contains(t, s.as("run-key-0123456789", "POST", "/latch/v1/gates?wait=2h", `{"event":"DEPLOY"}`).problem(t,
		http.StatusUnprocessableEntity).Errors[0].Message, "at most 1m")
	wrong := s.as("run-key-0123456789", "POST", "/latch/v1/gates",
		`{"event":"JOB_START","on_deadline":"wait"}`).problem(t, http.StatusUnprocessableEntity)
	require.Len(t, wrong.Errors, 2)
}
