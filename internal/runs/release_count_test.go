package runs_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs"
)

// Releases are counted by the query that finds them. They are not counted if Temporal does not
// know which ones match the filter.
func TestReleasesAreCounted(t *testing.T) {
	t.Parallel()
	const (
		all     = "WorkflowType = 'latch.Release' AND "
		stopped = all + "ExecutionStatus IN ('Completed', 'Failed') AND (LatchStatus = 'stopped' OR LatchID IS NULL)"
	)
	for name, test := range map[string]struct {
		filter  runs.RunFilter
		counts  bool
		queries []string
	}{
		"all": {runs.RunFilter{}, true, []string{all + "ExecutionStatus != 'ContinuedAsNew'"}},
		"running": {runs.RunFilter{Status: "running", Since: noon}, true,
			[]string{all + "ExecutionStatus IN ('Running', 'Paused') AND StartTime >= '2026-07-01T12:00:00Z'"}},
		"by title": {runs.RunFilter{Search: "shop"}, false, nil},
		"stopped, some without attributes": {runs.RunFilter{Status: "stopped"}, false, []string{stopped,
			stopped + " AND LatchID IS NULL"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			for _, id := range []string{"a", "b"} {
				f.running(id, latch.Status{})
			}
			count, err := f.over().CountReleases(t.Context(), test.filter, "")
			require.NoError(t, err)
			require.ElementsMatch(t, test.queries, f.Queries)
			if !test.counts {
				require.Nil(t, count)
				return
			}
			require.EqualValues(t, 2, *count)
		})
	}
	f := newFake(t)
	f.ListError = serviceerror.NewInvalidArgument("LatchStatus is not a valid search attribute")
	count, err := f.over().CountReleases(t.Context(), runs.RunFilter{Status: "stopped"}, "")
	require.NoError(t, err)
	require.Nil(t, count, "a namespace without the attributes")
	_, err = f.over().CountReleases(t.Context(), runs.RunFilter{}, "nonsense")
	require.ErrorContains(t, err, "cursor")
}
