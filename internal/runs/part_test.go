package runs_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs"
)

// A list comes part by part: each run once, in the list's order, and no cursor on
// the last part.
func TestPartsOfAList(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	var all, found []string
	for n := range 7 {
		id := fmt.Sprint("job-", n)
		f.Add(id, latch.WorkflowJobRun, open)
		all = append(all, id)
	}
	const query = "WorkflowType = 'latch.JobRun'"
	var sizes []int
	for cursor := ""; len(sizes) == 0 || cursor != ""; {
		part, next, err := f.over().Part(t.Context(), query, cursor, 3)
		require.NoError(t, err)
		for _, info := range part {
			found = append(found, info.GetExecution().GetWorkflowId())
		}
		sizes, cursor = append(sizes, len(part)), next
		require.LessOrEqual(t, len(sizes), 3)
	}
	require.Equal(t, []int{3, 3, 1}, sizes)
	require.Equal(t, all, found)
	require.Equal(t, []string{query, query, query}, f.Queries)

	_, _, err := f.over().Part(t.Context(), query, "nonsense", 3)
	var wrong *runs.ArgumentError
	require.ErrorAs(t, err, &wrong)
	require.Equal(t, "cursor", wrong.Name)
	f.ListError = serviceerror.NewUnavailable("down")
	_, _, err = f.over().Part(t.Context(), query, "", 3)
	require.ErrorIs(t, err, f.ListError)
}
