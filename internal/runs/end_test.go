package runs_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// A worker has taken a run up if it has completed a task of it, however many events came before.
func TestWhetherAWorkerHasTakenARunUp(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		signals int
		worked  bool
	}{
		"at once":           {0, true},
		"never":             {3, false},
		"after signals":     {200, true},
		"never, signalled":  {200, false},
		"at the first page": {48, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			run := f.Add("job-a", latch.WorkflowJobRun, enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED)
			run.History = func() ([]*historypb.HistoryEvent, error) {
				events := []*historypb.HistoryEvent{runstest.Started(runstest.Payloads("given"))}
				for range c.signals {
					events = append(events, &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED})
				}
				if c.worked {
					events = append(events, &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED})
				}
				return append(events, runstest.Terminated("enough")), nil
			}
			begun, err := f.over().BeginningOf(t.Context(),
				&commonpb.WorkflowExecution{WorkflowId: "job-a", RunId: run.Info.GetExecution().GetRunId()})
			require.NoError(t, err)
			require.Equal(t, c.worked, begun.Worked)
			require.Equal(t, [][]byte{[]byte(`"given"`)}, begun.Arguments)
			require.Equal(t, run.Info.GetExecution().GetRunId(), begun.OriginalRunID)
		})
	}
}
