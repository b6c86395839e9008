package e2e

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// Contract, "HTTP API" and "Blocking and locks": with two processes of the API and two workers,
// a lock made by one is listed, shown, and removed by POST or DELETE through the other. A
// second removal returns the same record. `by` is the key's name.
func TestAPILocks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.startWorker() // in addition to the first
	one, two := b.serve("LATCH_API_KEYS", apiKeys), b.serve("LATCH_API_KEYS", apiKeys)
	workflowID, token := one.held("api/locks " + b.queue)
	require.Equal(t, "release-api/locks "+b.queue, workflowID)

	var listed struct{ Locks []map[string]any }
	require.Eventually(t, func() bool {
		listed.Locks = nil
		two.as("read-key-0123456789", "GET", "/latch/v1/locks?limit=1000", "").read(t, 200, &listed)
		for _, lock := range listed.Locks {
			if lock["token"] == token {
				require.Equal(t, workflowID, lock["workflow_id"])
				require.Equal(t, "board", lock["webhook"])
				require.NotEmpty(t, lock["since"])
				return true
			}
		}
		return false
	}, patience, tick, "the lock is listed")
	var state struct {
		Open   bool
		Record latch.Record
	}
	two.as("read-key-0123456789", "GET", lockPath(token), "").read(t, 200, &state)
	require.True(t, state.Open)

	var first, second latch.Released
	one.as("lock-key-0123456789", "POST", lockPath(token)+"/release",
		`{"result":"pass","data":{"ticket":7},"by":"mallory","reason":"looks good"}`).read(t, 200, &first)
	require.Equal(t, "board", first.Lock.RemovedBy, "whatever the body says")
	require.Equal(t, latch.ViaAPI, first.Lock.Via)
	require.Equal(t, "looks good", first.Lock.Reason)
	require.Equal(t, latch.Continue, first.Decision)
	require.JSONEq(t, `7`, string(first.Data["ticket"]))
	two.as("admin-key=1-0123456789", "DELETE", lockPath(token)+"/release", `{"result":"pass"}`).read(t, 200, &second)
	require.Equal(t, first.Lock, second.Lock)
	require.True(t, second.Unchanged)
	other := two.as("admin-key=1-0123456789", "DELETE", lockPath(token)+"/release", `{"result":"fail"}`).problem(t, 409)
	require.Equal(t, first.Lock, other.Record.Lock, "the record stands, and comes along")
	require.Equal(t, first.Data, second.Data)
	two.as("read-key-0123456789", "GET", lockPath(token), "").read(t, 200, &state)
	require.False(t, state.Open)

	last := ""
	require.Eventually(t, func() bool {
		locks := b.status(workflowID).Locks
		if len(locks) == 1 {
			last = locks[0].Token
		}
		return last != "" && last != token
	}, patience, tick)
	two.as("read-key-0123456789", "GET", lockPath(last), "").read(t, 200, &state)
	require.True(t, state.Open)
	one.call("DELETE", lockPath(last)+"/release?API_KEY=lock-key-0123456789", "").read(t, 200, nil)
	require.NoError(t, shared.client.GetWorkflow(b.ctx, workflowID, "").Get(b.ctx, nil))

	// Once the run has closed.
	one.as("lock-key-0123456789", "POST", lockPath(token)+"/release", "").read(t, 200, &second)
	require.Equal(t, first.Lock, second.Lock, "a used lock answers its record")
	other = one.as("lock-key-0123456789", "POST", lockPath(token)+"/release", `{"result":"fail"}`).problem(t, 409)
	require.Equal(t, first.Lock, other.Record.Lock)
	late := one.as("lock-key-0123456789", "POST", lockPath(workflowID+":board:never")+"/release", "").problem(t, 409)
	require.Equal(t, workflowID, late.WorkflowID)
	var release struct {
		Status  string
		Steps   []latch.StepResult
		History []latch.Record
	}
	one.as("read-key-0123456789", "GET", "/latch/v1/releases/api%2Flocks%20"+b.queue, "").read(t, 200, &release)
	require.Equal(t, latch.ReleaseReleased, release.Status)
	require.Len(t, release.History, 2)
	require.Equal(t, latch.StepDone, release.Steps[0].Status)
}

// Contract, "HTTP API": an unknown lock is 404, wrong values are 422 with each field, and
// invalid JSON is 400.
func TestAPILockRefusals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve("LATCH_API_KEYS", apiKeys)
	workflowID, token := s.held("refused-" + b.queue)
	for _, test := range []struct {
		name, token, body string
		status            int
	}{
		{"no lock at all", "nonsense", "", 404},
		{"of no run", "nobody:board:x", "", 404},
		{"unknown to its run", workflowID + ":board:x", "", 404},
		{"no JSON", token, "{", 400},
		{"unknown key", token, `{"resutl":"pass"}`, 422},
		{"wrong value", token, `{"result":"perhaps"}`, 422},
		{"a rejection that is told not to stop", token, `{"vote":"reject","data":{"stop_release":false}}`, 422},
		{"another lock in the body", token, `{"lock":"a:b:c"}`, 422},
	} {
		t.Run(test.name, func(t *testing.T) {
			s.as("lock-key-0123456789", "POST", lockPath(test.token)+"/release", test.body).problem(t, test.status)
		})
	}
	s.as("read-key-0123456789", "GET", lockPath(workflowID+":board:x"), "").problem(t, 404)
	require.Equal(t, []string{"POST", "DELETE"}, s.as("read-key-0123456789", "PATCH", lockPath(token)+"/release", "").header.Values("Allow"))
	require.Len(t, b.status(workflowID).Locks, 1, "none of these removed it")
	s.as("run-key-0123456789", http.MethodPost, "/latch/v1/releases/refused-"+b.queue+"/stop", "").read(t, 200, nil)
}
