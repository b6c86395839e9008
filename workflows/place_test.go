package workflows

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// Webhooks share a rate only if they have the same id and endpoint, however long these are.
func TestRateKey(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 60)
	keys := map[string]bool{}
	for _, webhook := range []latch.Webhook{
		{ID: "slack", URL: "https://hooks.example.com/a"}, {ID: "board", URL: "https://hooks.example.com/a"},
		{ID: "slack", URL: "https://other.example.com/a"}, {ID: "slack", URLSecret: "board"},
		{ID: long + "1", URL: "https://hooks.example.com/a"}, {ID: long + "2", URL: "https://hooks.example.com/a"},
	} {
		key := rateKey(&webhook)
		require.LessOrEqual(t, len(key), maximumFairnessKey)
		require.False(t, keys[key], key)
		keys[key] = true
		webhook.URL = strings.Replace(webhook.URL, "/a", "/${job.id}", 1)
		require.Equal(t, key, rateKey(&webhook), "the path does not matter")
	}
	require.True(t, keys["hooks.example.com/slack"])
}

// Attempts with a rate are made from the queue of rates, with the rate as their weight. Others
// stay in the run's own queue.
func TestPlaceOf(t *testing.T) {
	t.Parallel()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.ExecuteWorkflow(func(ctx workflow.Context) error {
		send := protocol.Send{Request: protocol.WebhookRequest{Webhook: latch.Webhook{ID: "slack", URL: "https://hooks.example.com", Rate: "300/m"}}}
		queue, place := placeOf(ctx, send)
		require.Empty(t, queue)
		require.Equal(t, "hooks.example.com", place.FairnessKey)
		require.Zero(t, place.FairnessWeight)
		send.Rated = true
		queue, place = placeOf(ctx, send)
		require.Equal(t, workflow.GetInfo(ctx).TaskQueueName+"-at-rate", queue)
		require.Equal(t, "hooks.example.com/slack", place.FairnessKey)
		require.InDelta(t, 5, place.FairnessWeight, 1e-6)
		return nil
	})
	require.NoError(t, env.GetWorkflowError())
}
