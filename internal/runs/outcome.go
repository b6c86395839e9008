package runs

import (
	"context"
	"encoding/json"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// Statuses of runs whose result has no status of its own.
const (
	// StatusCompleted is the status of an emission or a user's own workflow.
	StatusCompleted  = "completed"
	StatusTerminated = "terminated"
)

// An Outcome is the outcome of a run.
type Outcome struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	// Status is the result's, or says how Temporal closed the run if it has no
	// result.
	Status string `json:"status"`
	// Error says why the run did not complete.
	Error string `json:"error,omitempty"`
	// Result is the run's result as in the contract, if it has one.
	Result json.RawMessage `json:"result,omitempty"`

	// Reporting is the workflow id of the report of a run that was ended from
	// outside, while that report is open.
	Reporting string `json:"-"`
	// Invalid is true if validation rejected the run's input.
	Invalid bool `json:"-"`
}

// A Result holds the fields that all, or some, results of runs have.
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

// Read decodes the fields of the result that can be decoded. The result of a
// user's own workflow may be anything.
func (o *Outcome) Read() Result {
	var read Result
	_ = json.Unmarshal(o.Result, &read) // a newer worker may write more, so errors are ignored
	return read
}

// Outcome returns the outcome of a closed run, or of the newest run if runID is
// empty. It needs no worker.
func (r *Runs) Outcome(ctx context.Context, workflowID, runID string) (*Outcome, error) {
	execution := &commonpb.WorkflowExecution{WorkflowId: workflowID, RunId: runID}
	end, err := r.Closing(ctx, execution)
	if err != nil {
		return nil, err
	}
	if end == nil {
		return nil, fmt.Errorf("run %s of %s has no closing event", runID, workflowID)
	}
	return r.outcomeOf(ctx, execution, end)
}

// Await waits for the end of a run and of the runs that continue it, and
// returns the outcome. If the context ends first, it returns the context's
// error.
func (r *Runs) Await(ctx context.Context, workflowID, runID string) (*Outcome, error) {
	execution := &commonpb.WorkflowExecution{WorkflowId: workflowID, RunId: runID}
	end, err := r.awaitClosing(ctx, execution)
	if err != nil {
		return nil, err
	}
	return r.outcomeOf(ctx, execution, end)
}

func (r *Runs) outcomeOf(ctx context.Context, execution *commonpb.WorkflowExecution, end *Closing) (*Outcome, error) {
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
	told, open := r.reported(ctx, execution.GetRunId(), end)
	switch report := protocol.PrefixEndNotice + execution.GetRunId(); {
	case told != nil:
		outcome.Error, outcome.Result = end.Reason+": reported by "+report, told
		return outcome, nil
	case open:
		outcome.Error, outcome.Reporting = end.Reason+": "+report+" is reporting it", report
		return outcome, nil
	}
	s := (&Outcome{Result: result}).Read()
	if s.Status != "" {
		outcome.Status = s.Status
	}
	if s.Status != "" || end.How == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED {
		outcome.Result = result // the details of an error may be anything else
	}
	return outcome, nil
}

// close sets the status and the error according to how Temporal closed the run.
func (o *Outcome) close(end *Closing) {
	switch end.How {
	case enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		o.Status = StatusCompleted
	case enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED:
		o.Status, o.Error = latch.JobCancelled, "cancelled"
	case enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED:
		o.Status, o.Error = StatusTerminated, "terminated: no report of it is known"
	case enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:
		o.Status, o.Error = latch.JobTimedOut, "timed out by Temporal: no report of it is known"
	default:
		o.Status, o.Error = latch.JobFailed, end.Reason
		if end.ErrorType != "" {
			o.Error = end.ErrorType + ": " + end.Reason
		}
		o.Invalid = end.ErrorType == latch.ErrorInvalidSpec
	}
}
