package deliveries

import (
	"context"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs"
)

// A QueueState says how far the workflow has come that sends what was kept of a
// webhook.
type QueueState struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	Status     string `json:"status" enum:"running,completed,ended" doc:"ended: it was cancelled or terminated, or has failed; what is left stays skipped"`
	protocol.QueueState
}

// Queue returns how far a queue has come, or how its newest run ended. A
// workflow that is not a queue is a [*RefusedError].
func (l *Log) Queue(ctx context.Context, workflowID string) (*QueueState, error) {
	unknown := refused(Unknown, "%q is not a workflow that sends what was skipped.", workflowID)
	described, err := l.runs.Describe(ctx, workflowID, "")
	if runs.IsNotFound(err) {
		return nil, unknown
	}
	if err != nil {
		return nil, err
	}
	run := described.GetWorkflowExecutionInfo()
	state := &QueueState{WorkflowID: workflowID, RunID: run.GetExecution().GetRunId(), Status: queueStatus(run)}
	err = l.query(ctx, runOf(run), protocol.QueryQueue, &state.QueueState)
	if hasNoRecords(err) {
		return nil, unknown
	}
	return state, err
}

func queueStatus(run *workflowpb.WorkflowExecutionInfo) string {
	switch {
	case isRunning(run):
		return latch.ReleaseRunning
	case run.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		return runs.StatusCompleted
	default:
		return "ended"
	}
}
