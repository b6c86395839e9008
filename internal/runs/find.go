package runs

import (
	"context"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/latch-run/latch"
)

// An UnknownError says that there is no run with any of the workflow ids.
type UnknownError struct{ WorkflowIDs []string }

// Error names the workflow ids.
func (e *UnknownError) Error() string {
	text := "there is no run with the workflow id"
	for i, id := range e.WorkflowIDs {
		if i > 0 {
			text += " or"
		}
		text += fmt.Sprintf(" %q", id)
	}
	return text
}

// AnyKind lists the kinds of runs in the order in which [Runs.Find] looks for
// them.
var AnyKind = []latch.Kind{latch.JobKind, latch.ReleaseKind, latch.EmissionKind, latch.GateKind}

// Find returns Temporal's description of the run that an id refers to: the
// workflow with that id, or else the first of the kinds that has a run with it.
// If there is none, the error is an [*UnknownError].
func (r *Runs) Find(ctx context.Context, id string, kinds ...latch.Kind) (*workflowpb.WorkflowExecutionInfo, error) {
	candidates := []string{id}
	for _, kind := range kinds {
		candidates = append(candidates, kind.WorkflowID(id))
	}
	for _, candidate := range candidates {
		described, err := r.Describe(ctx, candidate, "")
		if err == nil {
			return described.GetWorkflowExecutionInfo(), nil
		}
		if !IsNotFound(err) {
			return nil, err
		}
	}
	return nil, &UnknownError{candidates}
}

// HasClosed reports whether the run has closed according to Temporal. One that somebody has paused by
// Temporal's own means has not.
func HasClosed(info *workflowpb.WorkflowExecutionInfo) bool {
	switch info.GetStatus() {
	case enumspb.WORKFLOW_EXECUTION_STATUS_UNSPECIFIED, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, enumspb.WORKFLOW_EXECUTION_STATUS_PAUSED:
		return false
	default:
		return true
	}
}
