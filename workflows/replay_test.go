package workflows_test

import (
	"io"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/plugin"
	"github.com/latch-run/latch/workflows"
)

// Runs that earlier versions began replay with this one. `make histories` adds the files and
// replaces none: a number at the end of a name counts the versions whose commands differ. Files
// named earlier-… are of versions that decided differently.
func TestRecordedHistoriesReplay(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			replayer, err := worker.NewWorkflowReplayerWithOptions(
				worker.WorkflowReplayerOptions{Plugins: []worker.Plugin{plugin.New(plugin.Options{})}})
			require.NoError(t, err)
			replayer.RegisterWorkflowWithOptions(gates, workflow.RegisterOptions{Name: "gates"})
			replayer.RegisterWorkflowWithOptions(ordersUntilTold, workflow.RegisterOptions{Name: "Order"})
			history := historyOf(t, file)
			id := history.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetWorkflowId()
			require.NotEmpty(t, id)
			require.NoError(t, replayer.ReplayWorkflowHistoryWithOptions(quiet(), history, worker.ReplayWorkflowHistoryOptions{
				OriginalExecution: workflow.Execution{ID: id},
			}))
		})
	}
}

// gates is a user's own workflow that passes gates until one does not let it pass.
func gates(ctx workflow.Context, emissions []latch.Emission) ([]workflows.GateResult, error) {
	var results []workflows.GateResult
	for _, emission := range emissions {
		result, err := workflows.Gate(ctx, emission)
		if err != nil {
			return results, err
		}
		results = append(results, *result)
		if result.Decision != latch.Continue {
			break
		}
	}
	return results, nil
}

// ordersUntilTold is a user's own workflow around which the events of a job fire. It waits for the signal go,
// unless it is to go on as new first.
func ordersUntilTold(ctx workflow.Context, what string) (string, error) {
	err := workflow.SetUpdateHandler(ctx, "rename", func(workflow.Context, string) (string, error) { return "", nil })
	if err != nil {
		return "", err
	}
	if what == "again" {
		return "", workflow.NewContinueAsNewError(ctx, "Order", "")
	}
	var said string
	workflow.GetSignalChannel(ctx, "go").Receive(ctx, &said)
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
	err = workflow.ExecuteActivity(ctx, "charge").Get(ctx, nil)
	return "open " + said, err
}

// quiet discards the logs of failures that tests cause on purpose.
func quiet() log.Logger {
	return log.NewStructuredLogger(slog.New(slog.NewTextHandler(io.Discard, nil)))
}
