package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
)

// A user with access to Temporal runs a workflow under the id of the schedule that holds the
// registered webhooks. That schedule then does not exist, and the runs of the queue continue.
// The API names the workflow when it lists and writes.
func TestANamesakeOfTheWebhooksStopsNoRun(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve("LATCH_API_KEYS", apiKeys)
	id := "temporal-sys-scheduler:latch-webhooks-" + b.queue
	namesake, err := shared.client.ExecuteWorkflow(b.ctx, client.StartWorkflowOptions{ID: id, TaskQueue: "nobody-" + b.queue}, "shop.Namesake")
	require.NoError(t, err)
	t.Cleanup(func() { _ = shared.client.TerminateWorkflow(b.ctx, id, namesake.GetRunID(), "the test has ended") })

	var result latch.ReleaseResult
	run := b.startSpec(latch.WorkflowRelease, "release", `{"id":"r","steps":[{"name":"a","do":{"http":{"url":"{R}/a"}}}]}`)
	require.NoError(t, run.Get(b.ctx, &result))
	require.Equal(t, latch.ReleaseReleased, result.Status)

	for _, call := range [][2]string{{"GET", ""}, {"POST", `{"id":"w","url":"https://example.com/","event":"JOB_SUCCESS"}`}} {
		got := s.as("admin-key=1-0123456789", call[0], "/latch/v1/webhooks", call[1])
		got.problem(t, 409)
		require.Contains(t, got.body, id)
		require.Contains(t, got.body, "shop.Namesake")
	}
}
