package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/closes"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs"
)

const (
	// endsListedEvery is how often the ended runs of a task queue are listed. Terminations are
	// rare, and a list costs the server a query.
	endsListedEvery = 5 * time.Second
	// endsStartedEvery is how often a worker ensures that the finder runs. One that somebody ended
	// was away for no longer, if runs are admitted; so a new one looks as far back.
	endsStartedEvery = time.Hour
	// endsStart bounds that. The run that is admitted waits for it.
	endsStart = 3 * time.Second
)

// lookForEnds starts the workflow that finds the ended runs of the task queue, unless it runs.
// If that fails, the next run that is admitted tries again.
func (a *Activities) lookForEnds(ctx context.Context) {
	info := activity.GetInfo(ctx)
	if a.options.IgnoreEnds || info.Namespace == testNamespace {
		return
	}
	key, now := storeKey{info.Namespace, info.TaskQueue}, time.Now()
	if before, found := a.lookedFor.Swap(key, now); found && now.Sub(before.(time.Time)) < endsStartedEvery {
		a.lookedFor.Store(key, before)
		return
	}
	starting, cancel := context.WithTimeout(ctx, endsStart)
	defer cancel()
	_, err := activity.GetClient(ctx).ExecuteWorkflow(starting, client.StartWorkflowOptions{
		ID: protocol.EndsID(info.TaskQueue), TaskQueue: info.TaskQueue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		StaticSummary:            "Jobs and releases that are terminated or time out",
	}, latch.WorkflowEnds, protocol.Ends{Cursor: closes.Cursor{Since: now.Add(-endsStartedEvery)}})
	if err != nil {
		a.lookedFor.Delete(key)
		activity.GetLogger(ctx).Warn("runs that are terminated are not looked for yet", "task_queue", info.TaskQueue, "error", err)
	}
}

// Ends looks for jobs and releases of its task queue that were terminated or timed out, until it
// finds some or the round is over. Repeating it from the same cursor finds the same runs.
func (a *Activities) Ends(ctx context.Context, at protocol.Ends) (protocol.FoundEnds, error) {
	stop := beat(ctx, 5*time.Second)
	defer stop()
	all := a.runsOf(ctx)
	finder := closes.Finder{Query: endsQuery(activity.GetInfo(ctx).TaskQueue), Takes: wasEnded, List: listOf(all)}
	over, passed := time.Now().Add(protocol.WatchRound), at.Cursor.Pass == nil
	for {
		if a.options.IgnoreEnds {
			return protocol.FoundEnds{Off: true}, nil
		}
		if passed {
			if goesOn, err := rest(ctx, endsListedEvery); !goesOn || time.Now().After(over) {
				return protocol.FoundEnds{Cursor: at.Cursor}, err
			}
		}
		found, next, ended, err := finder.Step(ctx, at.Cursor, &at.Memory, time.Now())
		if err != nil {
			return protocol.FoundEnds{}, fmt.Errorf("look for runs that were terminated or timed out: %w", err)
		}
		if len(found) > 0 {
			slices.Reverse(found) // those that ended first are reported first
			return protocol.FoundEnds{Cursor: next, Runs: endedRuns(found)}, nil
		}
		at.Cursor, passed = next, ended
	}
}

// endsQuery returns the list filter for the ended runs of a task queue.
func endsQuery(taskQueue string) string {
	return runs.AnyOf("WorkflowType", latch.WorkflowJobRun, latch.WorkflowRelease) + " AND TaskQueue = " + runs.Quote(taskQueue) +
		" AND " + runs.AnyOf("ExecutionStatus", "Terminated", "TimedOut")
}

// wasEnded reports whether the run was ended from outside.
func wasEnded(run *workflowpb.WorkflowExecutionInfo) bool { return endedBy(run.GetStatus()) != "" }

// endedBy returns how a run was ended from outside, or "".
func endedBy(status enumspb.WorkflowExecutionStatus) string {
	switch status {
	case enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED:
		return latch.ByTerminated
	case enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:
		return latch.ByTimedOut
	default:
		return ""
	}
}

func endedRuns(found []*workflowpb.WorkflowExecutionInfo) []protocol.EndedRun {
	ended := make([]protocol.EndedRun, len(found))
	for i, run := range found {
		ended[i] = protocol.EndedRun{WorkflowID: run.GetExecution().GetWorkflowId(), RunID: run.GetExecution().GetRunId(),
			Type: run.GetType().GetName(), By: endedBy(run.GetStatus()),
			StartedAt: latch.NewTime(run.GetStartTime().AsTime()), ClosedAt: latch.NewTime(run.GetCloseTime().AsTime())}
	}
	return ended
}

// runsOf returns the runs of the activity's namespace, decrypted.
func (a *Activities) runsOf(ctx context.Context) *runs.Runs {
	return runs.New(runs.Options{Client: activity.GetClient(ctx), Namespace: activity.GetInfo(ctx).Namespace,
		DataConverter: a.dataConverter()})
}

// errorForgotten is the type of the error for a run that Temporal no longer has.
const errorForgotten = "Forgotten"

// unlessForgotten returns the error of a question about a run. It is final if Temporal no longer
// has the run.
func unlessForgotten(run protocol.EndedRun, err error) error {
	if runs.IsNotFound(err) {
		return temporal.NewNonRetryableApplicationError(fmt.Sprintf("Temporal no longer has run %s of %s, whose end is to be reported",
			run.RunID, run.WorkflowID), errorForgotten, nil)
	}
	return fmt.Errorf("read run %s of %s, which has ended: %w", run.RunID, run.WorkflowID, err)
}

// ReadEnd reads how a run ended, and with what it was started.
func (a *Activities) ReadEnd(ctx context.Context, run protocol.EndedRun) (protocol.Ending, error) {
	all, execution := a.runsOf(ctx), &commonpb.WorkflowExecution{WorkflowId: run.WorkflowID, RunId: run.RunID}
	end, err := all.EndOf(ctx, execution)
	if err != nil {
		return protocol.Ending{}, unlessForgotten(run, err)
	}
	if end.GoesOn {
		return protocol.Ending{GoesOn: true}, nil
	}
	begun, err := all.BeginningOf(ctx, execution)
	if err != nil {
		return protocol.Ending{}, unlessForgotten(run, err)
	}
	newer, err := newerRun(ctx, all, run.WorkflowID, run.RunID)
	if err != nil {
		return protocol.Ending{}, unlessForgotten(run, err)
	}
	ending := protocol.Ending{Reason: end.Reason, Began: begun.Worked, OriginalRunID: begun.OriginalRunID, NewerRunID: newer}
	if parent := begun.Parent; parent != nil {
		ending.Parent = &protocol.ParentRun{WorkflowID: parent.GetWorkflowId(), RunID: parent.GetRunId()}
	}
	ending.SetArguments(begun.Arguments)
	return ending, nil
}

// ReadArgument reads an argument of a run that is too large for the answer of [Activities.ReadEnd].
// Bytes are not encoded in JSON, so that Temporal accepts what it accepted as an argument.
func (a *Activities) ReadArgument(ctx context.Context, request protocol.ArgumentRequest) ([]byte, error) {
	begun, err := a.runsOf(ctx).BeginningOf(ctx, &commonpb.WorkflowExecution{WorkflowId: request.WorkflowID, RunId: request.RunID})
	if err != nil {
		return nil, unlessForgotten(request.EndedRun, err)
	}
	if request.Place < 0 || request.Place >= len(begun.Arguments) {
		return nil, fmt.Errorf("run %s of %s has no argument %d", request.RunID, request.WorkflowID, request.Place)
	}
	return begun.Arguments[request.Place], nil
}

// newerRun returns the id of the newest run of a workflow, or "" if that is the given one.
func newerRun(ctx context.Context, all *runs.Runs, workflowID, runID string) (string, error) {
	newest, err := all.Describe(ctx, workflowID, "")
	if err != nil {
		return "", err
	}
	if id := newest.GetWorkflowExecutionInfo().GetExecution().GetRunId(); id != runID {
		return id, nil
	}
	return "", nil
}

// NewerRun reports whether a workflow has a newer run than the given one. A workflow that
// Temporal no longer has, has none.
func (a *Activities) NewerRun(ctx context.Context, request protocol.NewerRequest) (protocol.NewerAnswer, error) {
	if activity.GetInfo(ctx).Namespace == testNamespace {
		return protocol.NewerAnswer{}, nil
	}
	newer, err := newerRun(ctx, a.runsOf(ctx), request.WorkflowID, request.RunID)
	if err != nil && !runs.IsNotFound(err) {
		return protocol.NewerAnswer{}, fmt.Errorf("look for a newer run of %s: %w", request.WorkflowID, err)
	}
	return protocol.NewerAnswer{RunID: newer}, nil
}

// ReadState asks a run for its state when it ended. A worker answers by replaying it.
func (a *Activities) ReadState(ctx context.Context, run protocol.EndedRun) (protocol.RunState, error) {
	var state protocol.RunState
	if err := a.runsOf(ctx).Query(ctx, run.WorkflowID, run.RunID, protocol.QueryState, &state); err != nil {
		return protocol.RunState{}, unlessForgotten(run, err)
	}
	if state.Admitted && len(state.Packed) == 0 {
		return protocol.RunState{}, errors.New("the state of a run that has ended is empty")
	}
	return state, nil
}
