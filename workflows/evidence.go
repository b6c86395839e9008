package workflows

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

const (
	// evidenceWithin is how long evidence is tried to be sent.
	evidenceWithin = 7 * 24 * time.Hour
	// evidenceAttempt bounds one attempt: the run is read, and its evidence signed and sent.
	evidenceAttempt = 2 * time.Minute
)

// Evidence is the workflow latch.Evidence. It outlives the run that has started it, and sends that
// run's evidence to the worker's LATCH_EVIDENCE_WEBHOOK once it has closed.
func Evidence(ctx workflow.Context, input converter.RawValue) (*protocol.EvidenceSent, error) {
	var given protocol.Evidence
	if err := json.Unmarshal(payloadJSON(input), &given); err != nil || given.WorkflowID == "" || given.RunID == "" {
		return nil, invalidSpec(latch.Problems{{Message: fmt.Sprintf("%s is started by a run that closes, not by hand", latch.WorkflowEvidence)}})
	}
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    evidenceAttempt,
		ScheduleToCloseTimeout: evidenceWithin,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: 2 * time.Second, BackoffCoefficient: 2, MaximumInterval: time.Hour},
		Summary:                "Evidence of " + given.WorkflowID,
	})
	var sent protocol.EvidenceSent
	err := workflow.ExecuteActivity(ctx, protocol.ActivitySendEvidence, given).Get(ctx, &sent)
	return &sent, err
}

// leaveEvidence starts the child that sends the run's evidence, if its worker sends evidence. What
// goes wrong with it changes nothing about the run.
func (s *session) leaveEvidence(ctx workflow.Context) {
	if !s.admission.Evidence {
		return
	}
	execution := workflow.GetInfo(ctx).WorkflowExecution
	ctx = workflow.WithChildOptions(disconnect(ctx), workflow.ChildWorkflowOptions{
		WorkflowID:        latch.PrefixEvidence + execution.RunID,
		ParentClosePolicy: enums.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary:     "Evidence of " + execution.ID,
	})
	asked := protocol.Evidence{WorkflowID: execution.ID, RunID: execution.RunID}
	err := workflow.ExecuteChildWorkflow(ctx, latch.WorkflowEvidence, asked).GetChildWorkflowExecution().Get(ctx, nil)
	var exists *temporal.ChildWorkflowExecutionAlreadyStartedError // after a reset of the run
	if err != nil && !errors.As(err, &exists) {
		workflow.GetLogger(ctx).Error("no evidence of the run will be sent", "error", err)
	}
}
