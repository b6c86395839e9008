package workflows

import (
	"encoding/json"
	"fmt"
	"slices"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// WatchNotice is the workflow latch.WatchNotice. It fires the events of runs that a watch has
// found, as [EmitBatch] fires those of a batch. The ids of its deliveries are made from the
// watch and the run that closed.
func WatchNotice(ctx workflow.Context, input converter.RawValue) (*latch.EmissionBatchResult, error) {
	var notice protocol.WatchNotice
	if err := json.Unmarshal(payloadJSON(input), &notice); err != nil || notice.Watch.ID == "" || !areEnds(notice.Closes) {
		return nil, invalidSpec(latch.Problems{{Message: fmt.Sprintf("%s is started by %s, not by hand", latch.WorkflowWatchNotice, latch.WorkflowWatch)}})
	}
	run := &batchRun{batch: notice.Batch(), watch: notice.Watch.ID}
	var err error
	if run.session, err = newSession(ctx, run); err != nil {
		return nil, err
	}
	if err := run.admit(ctx, latch.WatchKind, payloadJSON(input), 0); err != nil {
		return nil, err
	}
	run.prepare()
	if err := run.tagStatus(); err != nil {
		return nil, err
	}
	return run.carryOut(ctx)
}

// areEnds reports whether there are runs to report, and each of them ended in a way that has an
// event.
func areEnds(all []latch.Close) bool {
	return len(all) > 0 && !slices.ContainsFunc(all, func(of latch.Close) bool {
		switch of.Event() {
		case latch.EventWorkflowCompleted, latch.EventWorkflowFailed, latch.EventWorkflowTimedOut, latch.EventWorkflowCanceled,
			latch.EventWorkflowTerminated, latch.EventWorkflowContinued:
			return false
		default:
			return true
		}
	})
}
