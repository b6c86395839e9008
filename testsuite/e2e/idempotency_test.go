package e2e

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/latch-run/latch"
)

// A startedRun is the API's answer to a call that starts a run.
type startedRun struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
}

// under posts with an Idempotency-Key and decodes the run that was started.
func (s *served) under(key, path, body string) startedRun {
	s.Helper()
	var started startedRun
	got := s.call("POST", path, body, "X-API-Key", "run-key-0123456789", "Idempotency-Key", key)
	require.Contains(s, []int{200, 201}, got.status, got.body)
	got.read(s, got.status, &started)
	require.NotEmpty(s, started.RunID)
	return started
}

// runsOf counts the runs of a workflow id.
func (s *served) runsOf(workflowID string) int {
	s.Helper()
	counted, err := shared.client.CountWorkflow(s.ctx,
		&workflowservice.CountWorkflowExecutionsRequest{Query: fmt.Sprintf("WorkflowId = '%s'", workflowID)})
	require.NoError(s, err)
	return int(counted.GetCount())
}

// Contract, "HTTP API": within the namespace's retention a key starts one run: K1, K2 and K1
// again are two runs, however fast they come and whether the runs have ended, for releases,
// events and jobs.
func TestAKeyStartsOneRun(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve("LATCH_API_KEYS", apiKeys)
	emit := `{"workflow":{"type":"latch.Emit","input":{"event":"DONE"}}}`
	b.register(`{"id":"keyed-{Q}","task":` + emit + `}`)
	for _, test := range []struct{ name, path, body, workflowID string }{
		{"release", "/latch/v1/releases", `{"id":"` + b.queue + `","steps":[{"name":"a","do":` + emit + `}]}`, "release-" + b.queue},
		{"event", "/latch/v1/events", `{"id":"` + b.queue + `","event":"SAID"}`, "emit-" + b.queue},
		{"job", "/v2/jobs/" + b.jobID("keyed") + "/:actions", `{"action":"START"}`, "job-" + b.jobID("keyed")},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := s.within(b.lane(t))
			ended := func(run startedRun) {
				require.NoError(t, shared.client.GetWorkflow(s.ctx, test.workflowID, run.RunID).Get(s.ctx, nil))
			}
			first := s.under("K1", test.path, test.body)
			ended(first)
			second := s.under("K2", test.path, test.body)
			require.NotEqual(t, first.RunID, second.RunID)
			require.Equal(t, first.RunID, s.under("K1", test.path, test.body).RunID, "while or after the other key's run")
			ended(second)
			for range 3 {
				require.Equal(t, first.RunID, s.under("K1", test.path, test.body).RunID)
				require.Equal(t, second.RunID, s.under("K2", test.path, test.body).RunID)
			}
			require.Eventually(t, func() bool { return s.runsOf(test.workflowID) == 2 }, patience, tick)
		})
	}
}

// Concurrent callers with one key get one run.
func TestAKeyStartsOneRunForCallersAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	one, two := b.serve("LATCH_API_KEYS", apiKeys), b.serve("LATCH_API_KEYS", apiKeys)
	const callers, rounds = 8, 3
	for round := range rounds {
		body := fmt.Sprintf(`{"id":"%s","event":"SAID"}`, b.queue)
		answers := make(chan reply, callers)
		var group sync.WaitGroup
		for n := range callers {
			group.Go(func() {
				answers <- []*served{one, two}[n%2].call("POST", "/latch/v1/events", body, "X-API-Key", "run-key-0123456789",
					"Idempotency-Key", fmt.Sprint("round ", round))
			})
		}
		group.Wait()
		close(answers)
		runs := map[string]bool{}
		for got := range answers {
			var started startedRun
			got.read(t, 201, &started)
			runs[started.RunID] = true
			require.NoError(t, shared.client.GetWorkflow(b.ctx, started.WorkflowID, started.RunID).Get(b.ctx, nil))
		}
		require.Len(t, runs, 1)
	}
	require.Eventually(t, func() bool { return one.runsOf("emit-"+b.queue) == rounds }, patience, tick)
}

// A key is not used up if nothing was started because another run was open. A used key refuses
// another body. The same key of another caller is a different one.
func TestAKeyThatStartedNothingIsFree(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve("LATCH_API_KEYS", apiKeys)
	body := heldRelease(b.queue)
	first := s.under("K1", "/latch/v1/releases", body)
	for range 2 {
		busy := s.call("POST", "/latch/v1/releases", body, "X-API-Key", "run-key-0123456789", "Idempotency-Key", "K2").problem(t, 409)
		require.Equal(t, first.RunID, busy.RunID)
		require.Equal(t, first.WorkflowID, busy.WorkflowID)
	}
	s.call("POST", "/latch/v1/releases", body, "X-API-Key", "admin-key=1-0123456789", "Idempotency-Key", "K1").problem(t, 409)
	s.token(first.WorkflowID)
	s.as("run-key-0123456789", "POST", "/latch/v1/releases/"+b.queue+"/stop", "").read(t, 200, nil)
	require.NoError(t, shared.client.GetWorkflow(b.ctx, first.WorkflowID, first.RunID).Get(b.ctx, nil))
	second := s.under("K2", "/latch/v1/releases", body)
	require.NotEqual(t, first.RunID, second.RunID)
	refused := s.call("POST", "/latch/v1/releases", body+" ", "X-API-Key", "run-key-0123456789", "Idempotency-Key", "K1").problem(t, 422)
	require.Contains(t, refused.Detail, "Idempotency-Key")
	require.Equal(t, first.RunID, s.under("K1", "/latch/v1/releases", body).RunID)
	s.token(second.WorkflowID)
	s.as("run-key-0123456789", "POST", "/latch/v1/releases/"+b.queue+"/stop", "").read(t, 200, nil)
}

// A call that no worker answers is answered 503. If it is repeated once there is a worker, it
// returns the run. There is one run.
func TestAKeyWaitsForAWorker(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve("LATCH_API_KEYS", apiKeys)
	require.NoError(t, b.worker.Kill())
	body := `{"id":"` + b.queue + `","event":"SAID"}`
	s.callOnce("POST", "/latch/v1/events", body, "X-API-Key", "run-key-0123456789", "Idempotency-Key", "K1").problem(t, 503)
	b.startWorker()
	first := s.under("K1", "/latch/v1/events", body)
	require.NoError(t, shared.client.GetWorkflow(b.ctx, first.WorkflowID, first.RunID).Get(b.ctx, &latch.EmissionResult{}))
	require.Eventually(t, func() bool { return s.runsOf(first.WorkflowID) == 1 }, patience, tick)
}
