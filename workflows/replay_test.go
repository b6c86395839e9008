package workflows_test

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
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
			text, err := os.Open(file)
			require.NoError(t, err)
			defer text.Close()
			history, err := client.HistoryFromJSON(text, client.HistoryJSONOptions{})
			require.NoError(t, err)
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

// quiet discards the logs of failures that tests cause on purpose.
func quiet() log.Logger {
	return log.NewStructuredLogger(slog.New(slog.NewTextHandler(io.Discard, nil)))
}
