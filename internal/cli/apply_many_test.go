//go:build !race

package cli

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/cli/failure"
)

// A registry of 10,000 jobs is applied, compared and applied again. Registered webhooks beyond
// the limit are refused before anything is written.
func TestApplyTenThousand(t *testing.T) {
	t.Parallel()
	j := newJobs(t)
	var jobs, hooks strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&hooks, "- {kind: webhook, id: hook-%d, url: https://a.example/, events: [{event: JOB_FAILURE}]}\n---\n", i)
		fmt.Fprintf(&jobs, "{\"kind\":\"job\",\"id\":\"job-%d\",\"task\":{\"command\":{\"argv\":[\"true\"]}}}\n---\n", i)
	}
	require.Contains(t, j.fails(failure.ExitUsage, hooks.String(), "apply", "-"),
		"there would be 10000 registered webhooks of the task queue")
	require.Empty(t, j.schedules.Kept)
	require.True(t, strings.HasSuffix(j.ok("# many\n"+jobs.String(), "apply", "-"), "\n10000 created\n"))
	require.Equal(t, "10000 unchanged\n", j.ok("# many\n"+jobs.String(), "apply", "-"))
}
