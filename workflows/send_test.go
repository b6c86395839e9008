package workflows

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
)

// Deliveries to one endpoint have the same fairness key, within Temporal's limit.
func TestEndpointKey(t *testing.T) {
	t.Parallel()
	for _, each := range []struct{ url, key string }{
		{"https://Hooks.example.com/a?b=c", "hooks.example.com"},
		{"https://hooks.example.com", "hooks.example.com"},
		{"http://127.0.0.1:8080/x/${job.id}", "127.0.0.1:8080"},
		{"${vars.url}", "slack"},
		{"https://${vars.host}/x", "slack"},
		{"", "slack"},
		{"https://" + strings.Repeat("a", 100) + ".com/", strings.Repeat("a", 61) + "…"},
	} {
		key := endpointKey(&latch.Webhook{ID: "slack", URL: each.url})
		require.Equal(t, each.key, key, each.url)
		require.LessOrEqual(t, len(key), maximumFairnessKey)
	}
}

// A delivery whose worker died is not lost when its run cancels it, to hand it over or to
// continue as new. One whose time has passed is lost.
func TestADeliveryOutlivesAWorkerThatDiesWhileItIsHandedOver(t *testing.T) {
	t.Parallel()
	for name, each := range map[string]struct {
		err       error
		cancelled bool
		goesOn    bool
	}{
		"no heartbeat":                {temporal.NewHeartbeatTimeoutError(), true, true},
		"no end of the attempt":       {temporal.NewTimeoutError(enums.TIMEOUT_TYPE_START_TO_CLOSE, nil), true, true},
		"its deadline":                {temporal.NewTimeoutError(enums.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE, nil), true, false},
		"no heartbeat, not cancelled": {temporal.NewHeartbeatTimeoutError(), false, false},
		"another error":               {errors.New("refused"), true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var suite testsuite.WorkflowTestSuite
			env := suite.NewTestWorkflowEnvironment()
			env.ExecuteWorkflow(func(ctx workflow.Context) (bool, error) {
				ctx, cancel := workflow.WithCancel(ctx)
				defer cancel()
				if each.cancelled {
					cancel()
				}
				return diedCancelled(ctx, each.err), nil
			})
			var goesOn bool
			require.NoError(t, env.GetWorkflowResult(&goesOn))
			require.Equal(t, each.goesOn, goesOn)
		})
	}
}
