package runs_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs"
	"github.com/latch-run/latch/internal/runs/runstest"
)

var shop = runs.Start{Workflow: latch.WorkflowRelease, WorkflowID: "release-shop", TaskQueue: "latch", Arguments: []any{"input"}}

// closes makes each latch.StartOnce close in this way as soon as it is started.
func (f *fake) closes(status enumspb.WorkflowExecutionStatus, run func(*runstest.Run)) {
	f.OnStart = func(started *runstest.Run) {
		started.Info.Status = status
		run(started)
	}
}

// A key starts one run: the same call made again returns it, and starts nothing.
// With another request it is refused; another key, or workflow id, is its own.
func TestAKeyStartsOneRun(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.closes(enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, func(run *runstest.Run) {
		run.Closed = runstest.Completed(runstest.Payloads(protocol.StartedOnce{RunID: "of " + run.Info.GetExecution().GetRunId()}))
	})
	start := func(key, request string, what runs.Start) (string, error) {
		return f.over().StartOnce(t.Context(), key, "latch", what, []byte(request))
	}
	first, err := start("key", "request", shop)
	require.NoError(t, err)
	again, err := start("key", "request", shop)
	require.NoError(t, err)
	require.Equal(t, first, again)
	require.Len(t, f.Starts, 1)
	require.Equal(t, latch.WorkflowStartOnce, f.Starts[0].GetWorkflowType().GetName())

	_, err = start("key", "another request", shop)
	require.ErrorIs(t, err, runs.ErrOtherRequest)
	_, err = start("another key", "another request", shop)
	require.NoError(t, err)
	other := shop
	other.WorkflowID = "release-other"
	_, err = start("key", "another request", other)
	require.NoError(t, err)
	require.Len(t, f.Starts, 3)
}

// A key that was used while a run was open has started nothing. The error names that run, and
// the key may be reused.
func TestAKeyThatStartedNothingIsFree(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	underWay := f.running("shop", latch.Status{}).Info.GetExecution().GetRunId()
	f.closes(enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, func(run *runstest.Run) {
		run.Closed = runstest.Failed("one runs", protocol.ErrorAlreadyRunning, nil)
	})
	for tries := range 2 {
		_, err := f.over().StartOnce(t.Context(), "key", "latch", shop, nil)
		running, is := runs.RunningIn(err)
		require.True(t, is, "%v", err)
		require.Equal(t, underWay, running)
		require.Len(t, f.Starts, tries+1)
	}
	f.closes(enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, func(run *runstest.Run) { run.Closed = runstest.Terminated("by hand") })
	_, err := f.over().StartOnce(t.Context(), "key", "latch", shop, nil)
	require.ErrorContains(t, err, "nothing was started (Terminated): terminated: by hand")
}
