package e2e

import (
	"cmp"
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

// An asker asks a gate and returns the decision by which it would go on, or ended.
type asker func(l *lane, gate string) string

// askers are the ways of asking a gate.
func askers(s *served, n *neighbour) map[string]asker {
	return map[string]asker{
		"controller": asksLikeTheController,
		"child":      asksAsChild,
		"nexus": func(l *lane, gate string) string {
			own := *n
			own.lane = l
			return decisionIn(own.call(latch.NexusGate, gate, nil))
		},
		"http": func(l *lane, gate string) string {
			var state struct{ Status, Decision string }
			s.within(l).as("run-key-0123456789", "POST", "/latch/v1/gates?wait=1m&workflow_id="+l.name, gate).read(l,
				http.StatusCreated, &state)
			require.Equal(l, state.Status == latch.GatePassed, state.Decision == latch.Continue)
			require.NotEqual(l, latch.GateRunning, state.Status)
			return cmp.Or(state.Decision, ended)
		},
		"starter": func(l *lane, gate string) string {
			said := l.starter(nil, "gate", l.write("gate.json", gate), "--id", l.name, "--output", "json")
			if said.code == 1 {
				return ended
			}
			var outcome struct{ Result latch.GateResult }
			require.NoError(l, json.Unmarshal([]byte(said.out), &outcome), said.out+said.err)
			require.Equal(l, map[string]int{latch.Continue: 0, latch.Stop: 4, latch.Rollback: 4}[outcome.Result.Decision], said.code)
			return outcome.Result.Decision
		},
	}
}

// asksLikeTheController goes on if the gate's run has completed, as Temporal's worker controller
// does, which also sets an execution timeout.
func asksLikeTheController(l *lane, gate string) string {
	options := client.StartWorkflowOptions{ID: "controller-" + l.name + "-" + l.queue, TaskQueue: l.queue, WorkflowExecutionTimeout: time.Hour}
	run, err := shared.client.ExecuteWorkflow(l.ctx, options, latch.WorkflowGate, json.RawMessage(gate))
	require.NoError(l, err)
	decision := decisionOf(run.Get(l.ctx, nil))
	described, err := shared.client.DescribeWorkflowExecution(l.ctx, run.GetID(), run.GetRunID())
	require.NoError(l, err)
	if described.GetWorkflowExecutionInfo().GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_COMPLETED {
		return latch.Continue
	}
	require.NotEqual(l, latch.Continue, decision)
	return decision
}

// asksAsChild asks by a step of a release, which is a child workflow.
func asksAsChild(l *lane, gate string) string {
	return decisionIn(l.begin(latch.WorkflowRelease, `{"id":"r","fail_on":["stopped","rolled_back"],
		"steps":[{"name":"ask","do":{"workflow":{"type":"latch.Gate","input":`+gate+`}}}]}`).Get(l.ctx, nil))
}

// decisionIn returns the decision that the error of somebody who asked names.
func decisionIn(err error) string {
	switch {
	case err == nil:
		return latch.Continue
	case strings.Contains(err.Error(), "decided "+latch.Stop):
		return latch.Stop
	case strings.Contains(err.Error(), "decided "+latch.Rollback):
		return latch.Rollback
	}
	return ended
}

// rowsFor returns the rows that a way of asking is tested with: all for "controller", which costs
// least; two of each decision for the command line, which starts a process each time and calls what
// "controller" calls; and for the others all but those that differ only within the gate, of which
// they have one for each decision.
func rowsFor(name string) []*gateRow {
	var rows []*gateRow
	taken, within := map[string]int{}, map[string]int{}
	for i := range gateRows {
		row := &gateRows[i]
		if taken[row.want]++; name == "starter" && taken[row.want] > 2 {
			continue
		}
		if row.decidesWithin() {
			if within[row.want]++; name != "controller" && within[row.want] > 1 {
				continue
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// Contract, "Gate": every caller, by every way of asking, continues only on a yes.
func TestWhoeverAsksAGatePassesOnlyOnAYes(t *testing.T) {
	t.Parallel()
	require.GreaterOrEqual(t, len(gateRows), 40)
	b := setup(t)
	for name, ask := range askers(b.serve("LATCH_API_KEYS", apiKeys), neighbourOf(b)) {
		for _, row := range rowsFor(name) {
			t.Run(name+"/"+row.name, func(t *testing.T) {
				t.Parallel()
				l := b.lane(t)
				gate := row.input(l)
				spoken := row.speak(l)
				decision := ask(l, gate)
				spoken()
				if row.want == ended {
					require.NotEqual(t, latch.Continue, decision)
					return
				}
				require.Equal(t, row.want, decision)
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

// Contract, "Gate": a cancelled gate closes as Canceled.
func TestACancelledGate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve("LATCH_API_KEYS", apiKeys)
	asked := b.start(latch.WorkflowGate, "cancelled", `{"event":"DEPLOY",`+heldByA+`}`)
	b.awaitLock(asked)
	require.NoError(t, shared.client.CancelWorkflow(b.ctx, asked.GetID(), ""))
	var canceled *temporal.CanceledError
	require.ErrorAs(t, asked.Get(b.ctx, nil), &canceled)
	var state struct{ Status, Decision string }
	s.as("read-key-0123456789", "GET", "/latch/v1/gates/"+url.PathEscape(asked.GetID()), "").read(t, http.StatusOK, &state)
	require.Equal(t, latch.GateCancelled, state.Status)
	require.Equal(t, latch.Stop, state.Decision)
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
