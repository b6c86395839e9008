package watched

import (
	"context"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"golang.org/x/sync/errgroup"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/overload"
	"github.com/latch-run/latch/internal/runs"
)

const (
	// readers is how many runs are concurrently asked why they failed.
	readers = 8
	// longestMessage bounds the message of a failure, in bytes.
	longestMessage = 2 << 10
)

// A Reader reads runs that have closed. Runs must not decrypt, because other systems must not
// read what is encrypted.
type Reader struct {
	Runs *runs.Runs
	// UI is the address of Temporal UI, or "" if it is unknown.
	UI string
}

// Closes returns the runs in the form for a watch's webhooks, in their order. It asks the
// server for what the list lacks: why a run did not complete.
func (r *Reader) Closes(ctx context.Context, watch string, found []*workflowpb.WorkflowExecutionInfo) ([]latch.Close, error) {
	closes := make([]latch.Close, len(found))
	group, asking := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	for i, run := range found {
		closes[i] = r.closeOf(watch, run)
		if isPlain(run) {
			continue
		}
		group.Go(func() (err error) {
			closes[i].Failure, err = r.failureOf(asking, run)
			return err
		})
	}
	return closes, group.Wait()
}

// isPlain reports whether a run has no reason for its end.
func isPlain(run *workflowpb.WorkflowExecutionInfo) bool {
	return run.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED || run.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW
}

func (r *Reader) closeOf(watch string, run *workflowpb.WorkflowExecutionInfo) latch.Close {
	id, started, closed := run.GetExecution(), latch.NewTime(run.GetStartTime().AsTime()), latch.NewTime(run.GetCloseTime().AsTime())
	of := latch.Close{Watch: watch, WorkflowID: id.GetWorkflowId(), RunID: id.GetRunId(), Type: run.GetType().GetName(), Status: statusOf(run),
		TaskQueue: run.GetTaskQueue(), StartedAt: started, ClosedAt: closed, DurationMS: closed.Sub(started.Time).Milliseconds(),
		URL: runs.URL(r.UI, r.Runs.Namespace(), id.GetWorkflowId(), id.GetRunId())}
	if parent := run.GetParentExecution(); parent.GetWorkflowId() != "" {
		of.Parent = &latch.CloseParent{WorkflowID: parent.GetWorkflowId(), RunID: parent.GetRunId()}
	}
	room := roomForFields
	of.SearchAttributes = room.take("search_attributes", run.GetSearchAttributes().GetIndexedFields(), &of.Omitted)
	of.Memo = room.take("memo", run.GetMemo().GetFields(), &of.Omitted)
	return of
}

// failureOf returns why a run did not complete. A run whose history no longer exists, or that
// the worker may not read, is reported without a reason. If the server does not answer, it
// returns an error.
func (r *Reader) failureOf(ctx context.Context, run *workflowpb.WorkflowExecutionInfo) (*latch.CloseFailure, error) {
	closing, err := r.Runs.Closing(ctx, run.GetExecution())
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case runs.IsUnanswered(err) || overload.Is(err):
		return nil, fmt.Errorf("ask why workflow %q ended: %w", run.GetExecution().GetWorkflowId(), err)
	case err != nil:
		return &latch.CloseFailure{Message: excerpt.Of("not known: "+err.Error(), longestMessage)}, nil
	case closing == nil:
		return &latch.CloseFailure{Message: "not known: the run's history does not say"}, nil
	}
	return &latch.CloseFailure{Type: excerpt.Of(closing.ErrorType, 200), Message: excerpt.Of(closing.Reason, longestMessage)}, nil
}
