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

// Describe returns what Temporal knows of a run, and what is under way in it; of
// the newest run where runID is empty. A run that is not there, or that Temporal
// has forgotten, is an error that [IsNotFound] knows.
func (r *Runs) Describe(ctx context.Context, workflowID, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	if r.temporal == nil {
		return r.describeRaw(ctx, &commonpb.WorkflowExecution{WorkflowId: workflowID, RunId: runID})
	}
	ctx, cancel := context.WithTimeout(ctx, serverTimeout)
	defer cancel()
	return r.temporal.DescribeWorkflowExecution(ctx, workflowID, runID)
}

// Query asks a run, for which a worker answers; the newest run where runID is
// empty. A workflow that does not know the query is an error that [IsForeign]
// knows.
func (r *Runs) Query(ctx context.Context, workflowID, runID, name string, answer any, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, r.workerTimeout)
	defer cancel()
	value, err := overload.Again(ctx, func(ctx context.Context) (converter.EncodedValue, error) {
		return r.temporal.QueryWorkflow(ctx, workflowID, runID, name, args...)
	})
	if err != nil {
		return err
	}
	return value.Get(answer)
}

// Update sends the newest run an update and waits for its answer. Tried again, it
// is the same update, and is carried out once. The prefix of its id says which
// way it came (contract, "Blocking and locks"). A run that has closed is an error
// that [IsClosed] knows.
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
