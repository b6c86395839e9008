package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/process"
)

// An abandonment is a way in which somebody ends who has asked a gate that is not decided yet.
type abandonment struct {
	name string
	// asks asks a gate, calls waits, which returns once the gate waits, and ends then. It returns
	// an error unless the asker goes on.
	asks func(l *lane, gate waitingGate, waits func()) error
	// open is whether the gate stays open. Otherwise it is cancelled.
	open bool
}

// heldByA are webhooks of which one holds the event DEPLOY by a lock.
const heldByA = `"webhooks":[{"id":"a","events":[{"event":"DEPLOY","blocking":true}]}]`

// A waitingGate is a gate that waits for a lock.
type waitingGate struct{ workflowID, input string }

// abandonments are the ways of asking a gate, each with the ways in which it may end.
func abandonments(s *served, n *neighbour) []abandonment {
	terminates := func(c client.Client, l *lane, run client.WorkflowRun) error {
		return c.TerminateWorkflow(l.ctx, run.GetID(), "", "enough")
	}
	cancels := func(c client.Client, l *lane, run client.WorkflowRun) error {
		return c.CancelWorkflow(l.ctx, run.GetID(), "")
	}
	type end func(client.Client, *lane, client.WorkflowRun) error
	child := func(end end) func(*lane, waitingGate, func()) error {
		return func(l *lane, gate waitingGate, waits func()) error {
			run := l.begin(latch.WorkflowRelease, `{"id":"r","steps":[{"name":"ask",
				"do":{"workflow":{"type":"latch.Gate","id":"`+gate.workflowID+`","input":`+gate.input+`}}}]}`)
			waits()
			require.NoError(l, end(shared.client, l, run))
			return run.Get(l.ctx, nil)
		}
	}
	nexus := func(end end) func(*lane, waitingGate, func()) error {
		return func(l *lane, gate waitingGate, waits func()) error {
			run, err := n.client.ExecuteWorkflow(l.ctx, client.StartWorkflowOptions{TaskQueue: n.queue}, "callsLatch",
				n.endpoint, latch.NexusGate, json.RawMessage(gate.input))
			require.NoError(l, err)
			waits()
			require.NoError(l, end(n.client, l, run))
			return run.Get(l.ctx, nil)
		}
	}
	starter := func(signal syscall.Signal, code int) func(*lane, waitingGate, func()) error {
		return func(l *lane, gate waitingGate, waits func()) error {
			command := process.Start(l.T, process.Command{Path: shared.starterPath,
				Args: []string{"gate", l.write("gate.json", gate.input), "--id", gate.workflowID},
				Env:  []string{"TEMPORAL_ADDRESS=" + shared.server.FrontendHostPort, "LATCH_TASK_QUEUE=" + l.queue}})
			waits()
			require.NoError(l, command.Signal(signal))
			exited, err := command.Wait(l.ctx)
			require.NoError(l, err)
			require.Equal(l, code, exited, command.Stderr.String())
			return context.Canceled
		}
	}
	return []abandonment{
		{"a parent is cancelled", child(cancels), false},
		{"a parent is terminated", child(terminates), false},
		{"a caller by Nexus is cancelled", nexus(cancels), false},
		{"a caller by Nexus is terminated", nexus(terminates), true},
		{"a caller over HTTP hangs up", func(l *lane, gate waitingGate, waits func()) error {
			return s.within(l).hangsUp("/latch/v1/gates?wait=1m&workflow_id="+gate.workflowID, gate.input, waits)
		}, true},
		{"a command is interrupted", starter(syscall.SIGINT, 5), true},
		{"a command is killed", starter(syscall.SIGKILL, -1), true},
	}
}

// hangsUp posts a request, and gives it up once that is due.
func (s *served) hangsUp(path, body string, due func()) error {
	s.Helper()
	ctx, hangUp := context.WithCancel(s.ctx)
	defer hangUp()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+path, strings.NewReader(body))
	require.NoError(s, err)
	request.Header.Set("Authorization", "Bearer run-key-0123456789")
	request.Header.Set("Content-Type", "application/json")
	answered := make(chan error, 1)
	go func() {
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			err = response.Body.Close()
		}
		answered <- err
	}()
	due()
	hangUp()
	return <-answered
}

// Contract, "Gate": whoever ends before the decision does not go on. The gate ends with its parent,
// and with an operation that is cancelled; anybody else leaves it open.
func TestWhoeverEndsBeforeTheDecisionDoesNotGoOn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve("LATCH_API_KEYS", apiKeys)
	for _, row := range abandonments(s, neighbourOf(b)) {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			l := b.lane(t)
			id := l.name + "-" + l.queue
			gate := waitingGate{"gate-" + id, `{"id":"` + id + `","event":"DEPLOY",` + heldByA + `}`}
			require.Error(t, row.asks(l, gate, func() { l.openLock(gate.workflowID, "a") }))
			if !row.open {
				require.Error(t, shared.client.GetWorkflow(l.ctx, gate.workflowID, "").Get(l.ctx, nil))
			}
			var state struct{ Status string }
			s.within(l).as("read-key-0123456789", "GET", "/latch/v1/gates/"+id, "").read(t, http.StatusOK, &state)
			require.Equal(t, map[bool]string{true: latch.GateRunning, false: latch.GateCancelled}[row.open], state.Status)
		})
	}
}
