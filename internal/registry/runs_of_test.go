package registry

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// The runs of a job are returned page by page with their number, each with its result. One that
// cannot be read is marked as such and does not hide others.
func TestRunsOfAJobInParts(t *testing.T) {
	t.Parallel()
	temporal := &runstest.Temporal{Now: time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)}
	add := func(status enumspb.WorkflowExecutionStatus) *runstest.Run {
		return temporal.Add("job-night", latch.WorkflowJobRun, status)
	}
	add(enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING)
	add(enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED).Closed = runstest.Completed(runstest.Payloads(
		latch.JobResult{Status: latch.JobSucceeded, KVP: latch.Object{"rows": []byte("7")}}))
	add(enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED).Closed = runstest.Completed(runstest.Payloads("no result"))
	add(enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED).Closed = runstest.Terminated("by hand")
	store := New(Options{Service: temporal.WorkflowService, Namespace: "default"})

	first, err := store.RunsOf(t.Context(), "night", "", 2)
	require.NoError(t, err)
	require.EqualValues(t, 4, first.Count)
	require.Len(t, first.Runs, 2)
	require.Equal(t, []string{latch.JobRunning, latch.JobSucceeded}, []string{first.Runs[0].Status, first.Runs[1].Status})
	require.Empty(t, first.Runs[1].KVP, "a list is without what tasks returned")
	require.NotEmpty(t, first.NextCursor)

	second, err := store.RunsOf(t.Context(), "night", first.NextCursor, 2)
	require.NoError(t, err)
	require.EqualValues(t, 4, second.Count)
	require.Empty(t, second.NextCursor)
	require.Len(t, second.Runs, 2)
	require.Equal(t, "its outcome cannot be read here", second.Runs[0].Error)
	require.Equal(t, "terminated: by hand", second.Runs[1].Error)
	for i, run := range append(first.Runs, second.Runs...) {
		require.Equal(t, temporal.Runs[i].Info.GetExecution().GetRunId(), run.RunID)
	}

	_, err = store.RunsOf(t.Context(), "night", "nonsense", 2)
	var wrong *runs.ArgumentError
	require.True(t, errors.As(err, &wrong), "%v", err)
}
