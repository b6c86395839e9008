package runs_test

import (
	"context"
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// A run's status is that of its result, or else how Temporal closed it. A result that is not
// Latch's has no status.
func TestOutcome(t *testing.T) {
	t.Parallel()
	raw := func(text string) *historypb.HistoryEvent {
		return runstest.Completed(runstest.Payloads(json.RawMessage(text)))
	}
	wrapped := runstest.Failed("no disk", "DiskFull", runstest.Payloads("details of another kind"))
	cause := wrapped.GetWorkflowExecutionFailedEventAttributes().GetFailure()
	wrapped.GetWorkflowExecutionFailedEventAttributes().Failure = &failurepb.Failure{Message: "activity error", Cause: cause}
	timedOut := runstest.Failed("", "", nil)
	timedOut.GetWorkflowExecutionFailedEventAttributes().Failure = &failurepb.Failure{Message: "activity error",
		Cause: &failurepb.Failure{Message: "no heartbeat"}}
	for name, test := range map[string]struct {
		closed *historypb.HistoryEvent
		want   runs.Outcome
	}{
		"released": {raw(`{"status":"released","n":1.10}`),
			runs.Outcome{Status: "released", Result: []byte(`{"status":"released","n":1.10}`)}},
		"an emission":    {raw(`{"id":"a","history":[]}`), runs.Outcome{Status: "completed", Result: []byte(`{"id":"a","history":[]}`)}},
		"a user's own":   {raw(`[1]`), runs.Outcome{Status: "completed", Result: []byte(`[1]`)}},
		"without result": {runstest.Completed(nil), runs.Outcome{Status: "completed"}},
		"failed": {runstest.Failed("step a failed", latch.ErrorReleaseFailed, runstest.Payloads(json.RawMessage(`{"status":"failed"}`))),
			runs.Outcome{Status: "failed", Error: "ReleaseFailed: step a failed", Result: []byte(`{"status":"failed"}`)}},
		"refused": {runstest.Failed("id: required", latch.ErrorInvalidSpec, nil),
			runs.Outcome{Status: "failed", Error: "InvalidSpec: id: required", Invalid: true}},
		"an activity's error":         {wrapped, runs.Outcome{Status: "failed", Error: "DiskFull: no disk"}},
		"an activity that was silent": {timedOut, runs.Outcome{Status: "failed", Error: "activity error: no heartbeat"}},
		"cancelled":                   {runstest.Canceled(nil), runs.Outcome{Status: "cancelled", Error: "cancelled"}},
		"terminated": {runstest.Terminated("x"),
			runs.Outcome{Status: "terminated", Error: "terminated: no report of it is known"}},
		"timed out": {runstest.TimedOut(),
			runs.Outcome{Status: "timed_out", Error: "timed out by Temporal: no report of it is known"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			run := f.Add("deploy", "shop.Deploy", enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED)
			run.Closed, test.want.WorkflowID, test.want.RunID = test.closed, "deploy", run.Info.GetExecution().GetRunId()
			outcome, err := f.over().Outcome(t.Context(), "deploy", test.want.RunID)
			require.NoError(t, err)
			require.Equal(t, &test.want, outcome)
			awaited, err := f.over().Await(t.Context(), "deploy", test.want.RunID)
			require.NoError(t, err)
			require.Equal(t, outcome, awaited)
		})
	}
}

// A caller that waits for a run's end gets the end of the run that continues it.
func TestAwaitFollowsARunThatGoesOn(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	next := f.Add("deploy", "shop.Deploy", enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED)
	next.Closed = runstest.Completed(nil)
	first := f.Add("deploy", "shop.Deploy", enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW)
	first.Closed = runstest.ContinuedAsNew(next.Info.GetExecution().GetRunId())
	outcome, err := f.over().Await(t.Context(), "deploy", first.Info.GetExecution().GetRunId())
	require.NoError(t, err)
	require.Equal(t, next.Info.GetExecution().GetRunId(), outcome.RunID)
}

// The wait survives a restart of the server. It ends if the server stays away, and with the
// caller's context.
func TestAwaitOutlivesARestart(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		away time.Duration
		ends bool
	}{{30 * time.Second, true}, {2 * time.Minute, false}} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake(t)
			run := f.Add("deploy", "shop.Deploy", enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING)
			began := time.Now()
			run.Closed, run.Unread = runstest.Completed(nil), func() error {
				if time.Since(began) < test.away {
					return serviceerror.NewUnavailable("restarting")
				}
				return nil
			}
			_, err := f.over().Await(t.Context(), "deploy", "")
			require.Equal(t, test.ends, err == nil)
		})
	}
	f := newFake(t)
	f.Add("deploy", "shop.Deploy", enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING).Ended = make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := f.over().Await(ctx, "deploy", "")
	require.ErrorIs(t, err, context.Canceled)
}

// An id means the workflow of that id, or else the run of the first kind that has one.
func TestFind(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	for _, id := range []string{"release-a", "a", "release-b", "emit-b"} {
		f.Add(id, latch.WorkflowRelease, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING)
	}
	for id, want := range map[string]string{"a": "a", "b": "release-b", "release-a": "release-a"} {
		info, err := f.over().Find(t.Context(), id, runs.AnyKind...)
		require.NoError(t, err)
		require.Equal(t, want, info.GetExecution().GetWorkflowId())
	}
	_, err := f.over().Find(t.Context(), "c", runs.AnyKind...)
	require.EqualError(t, err, `there is no run with the workflow id "c" or "job-c" or "release-c" or "emit-c" or "gate-c"`)
	f.DescribeError = serviceerror.NewUnavailable("down")
	_, err = f.over().Find(t.Context(), "a")
	require.True(t, runs.IsUnanswered(err))
}
