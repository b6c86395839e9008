package workflows

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/closes"
	"github.com/latch-run/latch/internal/protocol"
)

// Ends is the workflow latch.Ends, which exists once for each task queue with jobs or releases.
// It finds those that were terminated or timed out, and starts a workflow for each that reports
// it (contract, "Ended from outside"). Like [Watch], it costs six events an hour while it finds
// nothing.
func Ends(ctx workflow.Context, input converter.RawValue) error {
	var at protocol.Ends
	if err := json.Unmarshal(payloadJSON(input), &at); err != nil {
		return invalidSpec(latch.Problems{{Message: fmt.Sprintf("%s is started by a worker, not by hand", latch.WorkflowEnds)}})
	}
	// The worker that starts it says since when by its own clock, which may be ahead.
	if started := workflow.GetInfo(ctx).WorkflowStartTime; at.Cursor.Since.IsZero() || at.Cursor.Since.After(started) {
		at.Cursor.Since = started
	}
	looking := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 2 * protocol.WatchRound,
		HeartbeatTimeout:    watchHeartbeat,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 30 * time.Second},
		Summary:             "Look for runs that were ended from outside",
	})
	for {
		var found protocol.FoundEnds
		if err := workflow.ExecuteActivity(looking, protocol.ActivityEnds, at).Get(ctx, &found); err != nil {
			return err
		}
		if found.Off {
			return nil
		}
		told := make([]closes.Told, len(found.Runs))
		for i, run := range found.Runs {
			if err := reportEnd(ctx, run); err != nil {
				return err
			}
			told[i] = closes.Told{RunID: run.RunID, Closed: run.ClosedAt.Time}
		}
		at.Cursor = found.Cursor
		at.Memory.Add(told, at.Cursor.Remembers())
		at.Told += len(told)
		workflow.SetCurrentDetails(ctx, fmt.Sprintf("Reported %d runs that were terminated or timed out.\n", at.Told))
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			return workflow.NewContinueAsNewError(ctx, latch.WorkflowEnds, at)
		}
	}
}

// reportEnd starts the workflow that reports the end of a run, and does not wait for it. It
// already exists if the run was found before.
func reportEnd(ctx workflow.Context, run protocol.EndedRun) error {
	child := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            protocol.PrefixEndNotice + run.RunID,
		WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		ParentClosePolicy:     enums.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary:         summaryOf("End of", run.WorkflowID, run.By),
	})
	err := workflow.ExecuteChildWorkflow(child, latch.WorkflowEndNotice, run).GetChildWorkflowExecution().Get(child, nil)
	var started *temporal.ChildWorkflowExecutionAlreadyStartedError
	if errors.As(err, &started) {
		return nil
	}
	return err
}
