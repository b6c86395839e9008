package evidence

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs"
)

// An OpenError says that a run has not closed, or that the report of its end has not, so nothing
// can be stated about it yet.
type OpenError struct{ WorkflowID, Report string }

// Error names the run.
func (e *OpenError) Error() string {
	if e.Report != "" {
		return fmt.Sprintf("the end of %s is being reported by %s: there is evidence once that has closed", e.WorkflowID, e.Report)
	}
	return fmt.Sprintf("%s is running: there is evidence of a run once it has closed", e.WorkflowID)
}

// A ForeignError says that a workflow is none of Latch's, so it has no webhook history.
type ForeignError struct{ WorkflowID, Workflow string }

// Error names the workflow and its type.
func (e *ForeignError) Error() string {
	return fmt.Sprintf("%s is a run of %s: there is evidence of releases, jobs, gates and emissions", e.WorkflowID, e.Workflow)
}

// Gather states what came of a closed run. A worker must answer for it, unless the run's result
// contains its history. The error may be an [*OpenError] or a [*ForeignError].
func Gather(ctx context.Context, from *runs.Runs, info *workflowpb.WorkflowExecutionInfo) (*Statement, error) {
	id, workflow := info.GetExecution().GetWorkflowId(), info.GetType().GetName()
	switch {
	case latch.KindOfWorkflow(workflow) == "":
		return nil, &ForeignError{id, workflow}
	case !runs.HasClosed(info):
		return nil, &OpenError{WorkflowID: id}
	}
	var input json.RawMessage
	if err := from.Input(ctx, info.GetExecution(), &input); err != nil {
		return nil, err
	}
	outcome, err := from.Outcome(ctx, id, info.GetExecution().GetRunId())
	if err != nil {
		return nil, err
	}
	if outcome.Reporting != "" {
		return nil, &OpenError{id, outcome.Reporting}
	}
	result := outcome.Read()
	records, err := recordsOf(ctx, from, info, &result)
	if err != nil {
		return nil, err
	}
	stated := Predicate{
		Run: Run{Namespace: from.Namespace(), Workflow: workflow, WorkflowID: id, RunID: info.GetExecution().GetRunId(),
			StartedAt: latch.NewTime(info.GetStartTime().AsTime()), ClosedAt: latch.NewTime(info.GetCloseTime().AsTime())},
		Outcome: Outcome{Status: outcome.Status, Error: outcome.Error, Reason: result.Reason, DecidedBy: result.DecidedBy},
		Steps:   stepsOf(result.Steps),
		Hooks:   make([]Hook, len(records)),
		Undone:  undoneIn(result.Steps),
	}
	for i := range records {
		if stated.Hooks[i], err = hookOf(&records[i]); err != nil {
			return nil, err
		}
	}
	digest, err := digestOf(input)
	if err != nil {
		return nil, err
	}
	return &Statement{Type: StatementType, PredicateType: PredicateType, Predicate: stated,
		Subject: []Subject{{Name: id, Digest: digest}}}, nil
}

// recordsOf returns the run's webhook history: from its result if that contains it, or else from a
// worker.
func recordsOf(ctx context.Context, from *runs.Runs, info *workflowpb.WorkflowExecutionInfo, result *runs.Result) ([]latch.Record, error) {
	if len(result.History) > 0 {
		return result.History, nil
	}
	var records []latch.Record
	err := from.Query(ctx, info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId(), latch.QueryHistory, &records)
	return records, err
}

// undoneIn returns the steps that a rollback has undone, the release's last one first.
func undoneIn(results []latch.StepResult) (undone []string) {
	for _, result := range slices.Backward(results) {
		if result.Status == latch.StepUndone {
			undone = append(undone, result.Name)
		}
	}
	return undone
}
