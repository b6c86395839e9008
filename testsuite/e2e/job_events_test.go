package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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

// everyJobEvent is the webhooks of a job, one for each event, under a path.
func everyJobEvent(path string) string {
	return fmt.Sprintf(`[{"id":"start","url":"{R}%[1]s/start","event":"JOB_START"},
		{"id":"complete","url":"{R}%[1]s/complete","event":"JOB_COMPLETE"},
		{"id":"success","url":"{R}%[1]s/success","event":"JOB_SUCCESS"},
		{"id":"failure","url":"{R}%[1]s/failure","event":"JOB_FAILURE"}]`, path)
}

// contract, "Events", Order: JOB_START comes before the work and does not delay it.
// JOB_COMPLETE and JOB_SUCCESS are sent concurrently.
func TestJobTellsItsEventsInOrder(t *testing.T) {
	t.Parallel()
	b := setup(t, "LATCH_FQDN", "latch.example.com", "LATCH_ENVIRONMENT", "staging")
	started, ended := make(chan struct{}), make(chan struct{})
	b.receiver.Script("/order/start", receiver.Answer{Hold: started})
	b.receiver.Script("/order/complete", receiver.Answer{Hold: ended})
	b.receiver.Script("/order/success", receiver.Answer{Hold: ended})
	b.receiver.Script("/order/work", receiver.JSON(200, `{"version":"4.2"}`))
	run := b.startJob("order", `{"id":"22739","name":"nightly","title":"Nightly build","tags":["a","b"],"vars":{"team":"core"},
		"task":{"http":{"url":"{R}/order/work"}},"webhooks":`+everyJobEvent("/order")+`}`)

	b.arrives("/order/work", 1) // while the receiver of JOB_START still holds its answer
	close(started)
	complete := body(t, b.arrives("/order/complete", 1)[0])
	b.arrives("/order/success", 1) // while the receiver of JOB_COMPLETE still holds its answer
	close(ended)
	result := b.succeeds(run)

	require.Equal(t, map[string]int{"/start": 1, "/work": 1, "/complete": 1, "/success": 1}, b.came("/order"))
	require.Equal(t, []string{latch.ActivityHTTP},
		slices.DeleteFunc(scheduled(b.events(run)), func(name string) bool {
			return strings.HasPrefix(name, "latch.internal.") || name == latch.ActivitySendWebhook
		}))
	require.Equal(t, "22739", result.ID)
	require.JSONEq(t, `{"version":"4.2"}`, kvpJSON(t, result.KVP))
	require.Len(t, result.History, 3)
	for i, event := range []string{latch.EventJobStart, latch.EventJobComplete, latch.EventJobSuccess} {
		record := result.History[i]
		require.Equal(t, event, record.Event)
		require.Equal(t, latch.ResultPass, record.Result)
		require.Equal(t, "22739", record.Job)
		require.Equal(t, run.GetID(), record.WorkflowID)
		require.Equal(t, run.GetRunID(), record.RunID)
		require.Equal(t, 1, record.Attempts)
		require.Equal(t, 200, record.Response.Status)
	}

	require.Equal(t, "JOB_COMPLETE", complete["event"])
	require.Equal(t, "nightly", at(complete, "job", "name"))
	require.Equal(t, []any{"a", "b"}, at(complete, "job", "tags"))
	require.Equal(t, map[string]any{"team": "core"}, at(complete, "job", "vars"))
	require.EqualValues(t, 0, at(complete, "job", "status", "returncode"))
	require.Equal(t, map[string]any{"version": "4.2"}, at(complete, "job", "status", "kvp"))
	require.Equal(t, "latch.example.com", at(complete, "system", "fqdn"))
	require.Equal(t, "staging", at(complete, "system", "environment"))
	require.Equal(t, b.queue, at(complete, "system", "task_queue"))
	require.Equal(t, run.GetID(), at(complete, "run", "workflow_id"))
	require.IsType(t, float64(0), complete["parent_log"])
	for _, absent := range []string{"lock", "lock_url", "secret", "release", "step", "instance", "data"} {
		require.NotContains(t, complete, absent)
	}
}

// contract, "Job": a failed job sends JOB_COMPLETE and JOB_FAILURE, and fails its workflow with
// the result, without history, in the details.
func TestJobFailure(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.receiver.Script("/failure/work", receiver.JSON(404, `{"no":"such"}`))
	run := b.startJob("failure", `{"id":"broken","task":{"http":{"url":"{R}/failure/work"}},"webhooks":`+everyJobEvent("/failure")+`}`)
	result := b.failsAs(run, latch.JobFailed)

	require.Contains(t, result.Error, "answered 404")
	require.False(t, result.StartedAt.IsZero())
	require.False(t, result.CompletedAt.IsZero())
	require.Equal(t, map[string]int{"/work": 1, "/start": 1, "/complete": 1, "/failure": 1}, b.came("/failure"))
	require.Equal(t, enums.WORKFLOW_EXECUTION_STATUS_FAILED, b.closedAs(run))
	failure := body(t, b.receiver.Requests("/failure/failure")[0])
	require.EqualValues(t, 1, at(failure, "job", "status", "returncode"))
	require.Equal(t, result.Error, at(failure, "job", "status", "error"))
	require.NotContains(t, detailsOf(t, b, run), "history")
	for _, record := range b.history(run.GetID()) {
		require.Equal(t, latch.ResultPass, record.Result, record.Event)
	}
}

// detailsOf returns the object in the details of the error that closed the run.
func detailsOf(t testing.TB, b *bench, run client.WorkflowRun) map[string]json.RawMessage {
	t.Helper()
	details := map[string]json.RawMessage{}
	err := run.Get(b.ctx, nil)
	var failed *temporal.ApplicationError
	var canceled *temporal.CanceledError
	switch {
	case errors.As(err, &failed):
		require.NoError(t, failed.Details(&details))
	case errors.As(err, &canceled):
		require.NoError(t, canceled.Details(&details))
	default:
		t.Fatalf("no details: %v", err)
	}
	return details
}

// contract, "Job": the timeout counts from the work's start to its end, including retries. A
// timeout is a failure. Package workflows, where time can be skipped, tests that waiting for
// locks does not count.
func TestJobTimeout(t *testing.T) {
	t.Parallel()
	b := setup(t)
	never := make(chan struct{})
	t.Cleanup(func() { close(never) })
	b.receiver.Script("/hang", receiver.Answer{Hold: never})
	b.receiver.Script("/down", receiver.Status(503))
	hangs := b.startJob("hangs", `{"id":"hangs","timeout":"1s","task":{"http":{"url":"{R}/hang"}},"webhooks":`+everyJobEvent("/timeout")+`}`)
	retries := b.startJob("retries", `{"id":"retries","timeout":"3s",
		"retry":{"initial_interval":"200ms","backoff_coefficient":1},"task":{"http":{"url":"{R}/down"}}}`)

	for _, run := range []client.WorkflowRun{hangs, retries} {
		result := b.failsAs(run, latch.JobTimedOut)
		require.Contains(t, result.Error, "timed out after")
	}
	require.Equal(t, map[string]int{"/start": 1, "/complete": 1, "/failure": 1}, b.came("/timeout"))
	require.NotEmpty(t, b.receiver.Requests("/down"), "the work was repeated until then: it has no other end")
}

// contract, "Job" and "Blocking and locks": a cancelled job closes as Canceled, with its result
// in the details, after the hooks of a failure were sent. The message stop cancels.
func TestJobCancellation(t *testing.T) {
	t.Parallel()
	b := setup(t)
	never := make(chan struct{})
	t.Cleanup(func() { close(never) })
	for _, way := range []struct {
		name   string
		cancel func(run client.WorkflowRun) error
		reason string
	}{
		{"temporal", func(run client.WorkflowRun) error {
			return shared.client.CancelWorkflow(b.ctx, run.GetID(), "")
		}, "cancelled"},
		{"signal", func(run client.WorkflowRun) error {
			return shared.client.SignalWorkflow(b.ctx, run.GetID(), "", latch.MessageStop, latch.Control{By: "ann", Reason: "freeze"})
		}, "stopped by ann: freeze"},
		{"update", func(run client.WorkflowRun) error {
			return b.update(run, latch.MessageStop, json.RawMessage(`{"by":"bob"}`), nil)
		}, "stopped by bob"},
		{"before-work", func(run client.WorkflowRun) error {
			b.awaitLock(run)
			return shared.client.CancelWorkflow(b.ctx, run.GetID(), "")
		}, "cancelled"},
	} {
		t.Run(way.name, func(t *testing.T) {
			path := "/cancel/" + way.name
			b.receiver.Script(path+"/work", receiver.Answer{Hold: never})
			hooks := everyJobEvent(path)
			if way.name == "before-work" {
				hooks = hooks[:len(hooks)-1] + `,{"id":"gate","events":[{"event":"JOB_START","blocking":true}]}]`
			}
			run := b.startJob("cancel-"+way.name, `{"id":"long","task":{"http":{"url":"{R}`+path+`/work"}},"webhooks":`+hooks+`}`)
			if way.name == "before-work" {
				b.arrives(path+"/start", 1)
			} else {
				b.arrives(path+"/work", 1)
			}
			require.NoError(t, way.cancel(run))
			result, err := b.endOfJob(run)
			require.True(t, temporal.IsCanceledError(err), "%v", err)
			require.Equal(t, enums.WORKFLOW_EXECUTION_STATUS_CANCELED, b.closedAs(run))
			require.Equal(t, latch.JobCancelled, result.Status)
			require.Equal(t, way.reason, result.Error)
			require.NotContains(t, detailsOf(t, b, run), "history")
			came := b.came(path)
			delete(came, "/work")
			require.Equal(t, map[string]int{"/start": 1, "/complete": 1, "/failure": 1}, came)
		})
	}
}

// contract, "Job": a job refuses the message rollback, and a stop after the outcome is decided.
func TestJobRefusesMessages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	held := make(chan struct{})
	b.receiver.Script("/complete", receiver.Answer{Hold: held})
	run := b.startJob("refuses", `{"id":"refuses","task":{"http":{"url":"{R}/work"}},"webhooks":[
		{"id":"gate","events":[{"event":"JOB_START","blocking":true}]},{"id":"complete","url":"{R}/complete","event":"JOB_COMPLETE"}]}`)
	lock := b.awaitLock(run)
	err := b.update(run, latch.MessageRollback, latch.Control{Reason: "no"}, nil)
	require.Equal(t, latch.ErrorInvalidArgument, kindOf(err), "%v", err)
	err = b.update(run, latch.MessageStop, json.RawMessage(`{"why":"typing error"}`), nil)
	require.Equal(t, latch.ErrorInvalidArgument, kindOf(err), "%v", err)
	require.Contains(t, messageOf(err), "why")
	require.NoError(t, shared.client.SignalWorkflow(b.ctx, run.GetID(), "", latch.MessageStop, "a string"))
	require.Eventually(t, func() bool { return len(b.status(run.GetID()).Rejected) == 1 }, patience, tick,
		"a signal that does not decode shows in status.rejected")
	require.Equal(t, latch.MessageStop, b.status(run.GetID()).Rejected[0].Name)

	b.removeLock(run, latch.LockRelease{Lock: lock.Token})
	b.arrives("/complete", 1)
	err = b.update(run, latch.MessageStop, latch.Control{}, nil)
	require.Equal(t, latch.ErrorTooLate, kindOf(err), "%v", err)
	close(held)
	b.succeeds(run)
}

// contract, "Job": delay precedes JOB_START.
func TestJobDelay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	delayed := b.startJob("delayed", `{"id":"delayed","delay":"1200ms","task":{"http":{"url":"{R}/work"}},
		"webhooks":[{"id":"start","url":"{R}/start","event":"JOB_START"}]}`)
	cancelled := b.startJob("cancelled",
		`{"id":"cancelled","delay":"1h","task":{"http":{"url":"{R}/work"}},"webhooks":`+everyJobEvent("/undelayed")+`}`)
	require.Eventually(t, func() bool { return b.status(cancelled.GetID()).Phase == "delayed" }, patience, tick)
	require.NoError(t, shared.client.CancelWorkflow(b.ctx, cancelled.GetID(), ""))

	result := b.succeeds(delayed)
	begun := b.events(delayed)[0].GetEventTime().AsTime()
	require.GreaterOrEqual(t, b.receiver.Requests("/start")[0].At.Sub(begun), 1200*time.Millisecond)
	require.GreaterOrEqual(t, result.StartedAt.Sub(begun), 1199*time.Millisecond, "started_at is the start of the work, not of the waiting")
	ended, err := b.endOfJob(cancelled)
	require.True(t, temporal.IsCanceledError(err), "%v", err)
	require.Equal(t, latch.JobCancelled, ended.Status)
	require.Equal(t, map[string]int{"/complete": 1, "/failure": 1}, b.came("/undelayed"), "a job that never began tells its end alone")
}
