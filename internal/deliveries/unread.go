package deliveries

import (
	"context"
	"errors"

	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/runs"
)

// An UnreadRun is a run that could not be read completely.
type UnreadRun struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	// DeliveryID is set if only one record is not up to date: it is listed as
	// its run left it.
	DeliveryID string `json:"delivery_id,omitempty" doc:"The one delivery that is listed as its run left it, because its later record cannot be read; absent if all deliveries of the run are missing"`
	Reason     string `json:"reason" doc:"Why it could not be read"`
}

// Bounds of what a result says about runs that could not be read.
const (
	maximumUnread = 20
	maximumReason = 200
)

// noteUnread records a run whose records are missing. The caller holds the
// mutex.
func (s *search) noteUnread(run *workflowpb.WorkflowExecutionInfo, err error) {
	s.appendUnread(UnreadRun{WorkflowID: run.GetExecution().GetWorkflowId(), RunID: run.GetExecution().GetRunId(), Reason: reasonOf(run, err)})
}

func (s *search) appendUnread(unread UnreadRun) {
	if len(s.unread) < maximumUnread {
		s.unread = append(s.unread, unread)
	}
}

// reasonOf returns a sentence that says why a run could not be read.
func reasonOf(run *workflowpb.WorkflowExecutionInfo, err error) string {
	var broken *serviceerror.QueryFailed
	switch {
	case errors.Is(err, errSilent) || runs.IsUnanswered(err):
		return "No worker answers on its task queue " + run.GetTaskQueue() + "."
	case runs.IsPaused(err):
		return "It is paused in Temporal, and answers nothing until it is unpaused."
	case errors.As(err, &broken):
		return excerpt.Of("Its worker could not answer: "+broken.Message, maximumReason)
	default:
		return "What its worker answered cannot be read."
	}
}

// followed is [Log.follow] for a list: if a record cannot be followed, it
// returns the record as its run left it, and notes that.
func (s *search) followed(ctx context.Context, run *workflowpb.WorkflowExecutionInfo, record latch.Record) (latch.Record, error) {
	if record.HandedTo == "" || record.Result != latch.ResultPending {
		return record, nil
	}
	queue, err := run.GetTaskQueue(), errSilent
	if !s.isSilent(queue) {
		record, err = s.log.follow(ctx, record)
	}
	if err == nil || ctx.Err() != nil || runs.IsRefused(err) {
		return record, err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if runs.IsUnanswered(err) {
		s.silent.missed(queue)
	}
	s.appendUnread(UnreadRun{WorkflowID: record.HandedTo, RunID: run.GetExecution().GetRunId(), DeliveryID: record.DeliveryID, Reason: reasonOf(run, err)})
	return record, nil
}
