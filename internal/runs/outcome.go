package runs

import (
	"context"
	"encoding/json"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/latch-run/latch"
)

// Statuses of a run whose result has none of its own.
const (
	// StatusCompleted is that of an emission, or a workflow of a user's own.
	StatusCompleted  = "completed"
	StatusTerminated = "terminated"
)

// An Outcome is what a run came to.
type Outcome struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	// Status is the result's, or says how Temporal closed a run that has none.
	Status string `json:"status"`
	// Error is why the run did not complete.
	Error string `json:"error,omitempty"`
	// Result is the run's result as the contract has it, where it has one.
	Result json.RawMessage `json:"result,omitempty"`

	// Invalid reports that validation refused the run's input.
	Invalid bool `json:"-"`
}

// A Result is what the results of runs have in common, or some of them have.
type Result struct {
	ID        string             `json:"id"`
	Status    string             `json:"status"`
	Error     string             `json:"error"`
	Reason    string             `json:"reason"`
	DecidedBy *latch.DecidedBy   `json:"decided_by"`
	Steps     []latch.StepResult `json:"steps"`
	Jobs      []latch.JobResult  `json:"jobs"`
	History   []latch.Record     `json:"history"`
}

// Read reads of the result what can be read. That of a user's own workflow may be
// anything.
func (o *Outcome) Read() Result {
	var read Result
	_ = json.Unmarshal(o.Result, &read) // what decodes counts: a newer worker may write more
	return read
}

// Outcome returns what a closed run came to; the newest run where runID is empty.
// It takes no worker.
func (r *Runs) Outcome(ctx context.Context, workflowID, runID string) (*Outcome, error) {
	execution := &commonpb.WorkflowExecution{WorkflowId: workflowID, RunId: runID}
	end, err := r.Closing(ctx, execution)
	if err != nil {
		return nil, err
	}
	if end == nil {
		return nil, fmt.Errorf("run %s of %s has no closing event", runID, workflowID)
	}
	return r.outcomeOf(execution, end)
}

// Await waits for the end of a run, and of those that it continues in, and returns
// what it came to. It ends with the context's error where that ends first.
func (r *Runs) Await(ctx context.Context, workflowID, runID string) (*Outcome, error) {
	execution := &commonpb.WorkflowExecution{WorkflowId: workflowID, RunId: runID}
	end, err := r.awaitClosing(ctx, execution)
	if err != nil {
		return nil, err
	}
	return r.outcomeOf(execution, end)
}

func (r *Runs) outcomeOf(execution *commonpb.WorkflowExecution, end *Closing) (*Outcome, error) {
	outcome := &Outcome{WorkflowID: execution.GetWorkflowId(), RunID: execution.GetRunId()}
	var result json.RawMessage
	if end.Result != nil {
		data, err := r.plain(end.Result)
		if err != nil {
			return nil, fmt.Errorf("result of %s: %w", outcome.WorkflowID, err)
		}
		if json.Valid(data) {
			result = data
		}
	}
	outcome.close(end)
	s := (&Outcome{Result: result}).Read()
	if s.Status != "" {
		outcome.Status = s.Status
	}
	if s.Status != "" || end.How == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED {
		outcome.Result = result // an error's details may be anything else
	}
	return outcome, nil
}

// close takes the status and the error from how Temporal closed the run.
func (o *Outcome) close(end *Closing) {
	switch end.How {
	case enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		o.Status = StatusCompleted
	case enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED:
		o.Status, o.Error = latch.JobCancelled, "cancelled"
	case enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED:
		o.Status, o.Error = StatusTerminated, "terminated: nothing was sent of it and nothing undone"
	case enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:
		o.Status, o.Error = latch.JobTimedOut, "timed out by Temporal: nothing was sent of it and nothing undone"
	default:
		o.Status, o.Error = latch.JobFailed, end.Reason
		if end.ErrorType != "" {
			o.Error = end.ErrorType + ": " + end.Reason
		}
		o.Invalid = end.ErrorType == latch.ErrorInvalidSpec
	}
}
