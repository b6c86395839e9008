package runs_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/latch-run/latch"
)

// Runs are gone through page by page, up to a bound, and counted without it.
func TestEachRun(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	for n := range 2500 {
		f.Add(fmt.Sprint("job-", n), latch.WorkflowJobRun, open)
	}
	f.Add("release-shop", latch.WorkflowRelease, open)
	const query = "WorkflowType = 'latch.JobRun'"
	for most, want := range map[int]int{1: 1000, 1001: 2000, 9999: 2500} {
		seen := map[string]bool{}
		require.NoError(t, f.over().Each(t.Context(), query, most, func(info *workflowpb.WorkflowExecutionInfo) {
			seen[info.GetExecution().GetWorkflowId()] = true
		}))
		require.Len(t, seen, want, "at most about %d", most)
	}
	count, err := f.over().Count(t.Context(), query)
	require.NoError(t, err)
	require.EqualValues(t, 2500, count)
	f.ListError = serviceerror.NewUnavailable("down")
	require.ErrorIs(t, f.over().Each(t.Context(), query, 1, nil), f.ListError)
	_, err = f.over().Count(t.Context(), query)
	require.ErrorIs(t, err, f.ListError)
}
