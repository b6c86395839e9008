package workflows_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/plugin"
	"github.com/latch-run/latch/workflows"
)

// Runs that earlier versions began replay with this one. The end-to-end test
// TestRecordHistories writes the files (go test ./e2e -run
// TestRecordHistories -record, in testsuite).
func TestRecordedHistoriesReplay(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{Plugins: []worker.Plugin{plugin.New(plugin.Options{})}})
			require.NoError(t, err)
			replayer.RegisterWorkflowWithOptions(gates, workflow.RegisterOptions{Name: "gates"})
			require.NoError(t, replayer.ReplayWorkflowHistoryFromJSONFile(nil, file))
		})
	}
}

// gates is a workflow of a user's own that goes through gates until one does
// not let pass.
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
