package runs

import (
	"context"

	"github.com/google/uuid"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/latch-run/latch/internal/overload"
)

// Describe returns Temporal's description of a run and its pending work, or of
// the newest run if runID is empty. For a run that does not exist, or that
// Temporal has deleted, [IsNotFound] is true of the error.
func (r *Runs) Describe(ctx context.Context, workflowID, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	if r.temporal == nil {
		return r.describeRaw(ctx, &commonpb.WorkflowExecution{WorkflowId: workflowID, RunId: runID})
	}
	ctx, cancel := context.WithTimeout(ctx, serverTimeout)
	defer cancel()
	return r.temporal.DescribeWorkflowExecution(ctx, workflowID, runID)
}

// Query queries a run, or the newest run if runID is empty. A worker must be
// running to answer. For a workflow that does not have the query, [IsForeign]
// is true of the error; that of a worker that cannot replay the run is an
// [OldWorkerError].
func (r *Runs) Query(ctx context.Context, workflowID, runID, name string, answer any, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, r.workerTimeout)
	defer cancel()
	value, err := overload.Again(ctx, func(ctx context.Context) (converter.EncodedValue, error) {
		return r.temporal.QueryWorkflow(ctx, workflowID, runID, name, args...)
	})
	if err != nil {
		return ofWorker(err)
	}
	return value.Get(answer)
}

// Update sends an update to the newest run and waits for its result. Retries
// send the same update, which is carried out once. The prefix of its id says
// where it came from (contract, "Blocking and locks"). If the run has closed,
// [IsClosed] is true of the error.
func (r *Runs) Update(ctx context.Context, prefix, workflowID, name string, argument, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, r.workerTimeout)
	defer cancel()
	id := prefix + uuid.NewString()
	_, err := overload.Again(ctx, func(ctx context.Context) (struct{}, error) {
		handle, err := r.temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
			UpdateID: id, WorkflowID: workflowID, UpdateName: name, Args: []any{argument},
			WaitForStage: client.WorkflowUpdateStageCompleted,
		})
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, handle.Get(ctx, answer)
	})
	return err
}
