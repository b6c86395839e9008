package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"

	"github.com/latch-run/latch"
)

// Contract, "Blocking and locks": a used lock answers with its record even if a new run with
// the same workflow id waits for its own lock.
func TestAPILockOfAnEarlierRun(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve("LATCH_API_KEYS", apiKeys)
	id := "it's again " + b.queue
	workflowID, first := s.held(id)
	var used, again latch.Released
	s.as("lock-key-0123456789", "POST", lockPath(first)+"/release", `{"reason":"looks good"}`).read(t, 200, &used)
	s.as("run-key-0123456789", "POST", "/latch/v1/releases/"+workflowID+"/stop", "").read(t, 200, nil)
	require.NoError(t, shared.client.GetWorkflow(b.ctx, workflowID, "").Get(b.ctx, nil))
	_, second := s.held(id)
	require.NotEqual(t, first, second)

	require.Eventually(t, func() bool { // Temporal's list may lag behind
		return s.as("read-key-0123456789", "GET", lockPath(first), "").status == 200
	}, patience, tick)
	s.as("lock-key-0123456789", "POST", lockPath(first)+"/release", `{"result":"pass"}`).read(t, 200, &again)
	require.Equal(t, used.Lock, again.Lock)
	require.Equal(t, used.RunID, again.RunID)
	require.True(t, again.Unchanged)
	late := s.as("lock-key-0123456789", "POST", lockPath(first)+"/release", `{"result":"fail"}`).problem(t, 409)
	require.Contains(t, late.Detail, "with the result pass, and this asks for fail")
	require.Equal(t, used.Lock, late.Record.Lock)
	s.as("lock-key-0123456789", "POST", lockPath(workflowID+":board:never")+"/release", "").problem(t, 404)
	require.Equal(t, second, s.token(workflowID), "the run that waits is left alone")
	s.as("run-key-0123456789", "POST", "/latch/v1/releases/"+workflowID+"/stop", "").read(t, 200, nil)
}

// Contract, "HTTP API": the list of locks contains those of users' own workflows.
func TestAPIListsLocksOfOwnWorkflows(t *testing.T) {
	t.Parallel()
	l := ownLane(t, shared.client, []worker.Plugin{latchPlugin()})
	s := l.serve("LATCH_API_KEYS", apiKeys)
	run := l.begin("gates", `[{"event":"APPROVED","webhooks":[{"id":"gate","events":[{"event":"APPROVED","blocking":true}]}]}]`)
	lock := l.openLock(run.GetID(), "gate")
	require.Eventually(t, func() bool {
		for page, part := "", 0; part == 0 || page != ""; part++ {
			var listed struct {
				Locks []struct {
					Token        string
					WorkflowType string `json:"workflow_type"`
				}
				Next string
			}
			s.as("read-key-0123456789", "GET", "/latch/v1/locks?page="+page, "").read(t, 200, &listed)
			for _, each := range listed.Locks {
				if each.Token == lock.Token {
					return each.WorkflowType == "gates"
				}
			}
			page = listed.Next
		}
		return false
	}, patience, tick)
	s.as("lock-key-0123456789", "DELETE", lockPath(lock.Token)+"/release", "").read(t, 200, nil)
	require.NoError(t, run.Get(l.ctx, nil))
}
