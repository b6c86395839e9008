package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs"
)

// endLookedEvery is how often a run is looked at whose end is waited for.
const endLookedEvery = 500 * time.Millisecond

// TakeTurn asks the workflow of a concurrency key for a release's turn, and starts it
// where it does not run. To ask twice is to ask once.
func (a *Activities) TakeTurn(ctx context.Context, request protocol.TurnRequest) (protocol.TurnAnswer, error) {
	if activity.GetInfo(ctx).Namespace == testNamespace {
		return protocol.TurnAnswer{Granted: true}, nil
	}
	_, err := activity.GetClient(ctx).SignalWithStartWorkflow(ctx, protocol.TurnsPrefix+request.Key, protocol.SignalAskTurn, request,
		client.StartWorkflowOptions{TaskQueue: activity.GetInfo(ctx).TaskQueue, StaticSummary: excerpt.Of("Turns of "+request.Key, 190)},
		latch.WorkflowTurns, protocol.TurnsState{Key: request.Key})
	if err != nil {
		return protocol.TurnAnswer{}, fmt.Errorf("ask for the turn of %q: %w", request.Key, err)
	}
	return protocol.TurnAnswer{}, nil
}

// HasEnded reports whether the chain of runs has ended that began with a run, however
// it did. A run that was reset is of the same chain.
func (a *Activities) HasEnded(ctx context.Context, request protocol.EndRequest) (protocol.EndAnswer, error) {
	answer, err := activity.GetClient(ctx).DescribeWorkflowExecution(ctx, request.WorkflowID, "")
	var unknown *serviceerror.NotFound
	if errors.As(err, &unknown) {
		return protocol.EndAnswer{Ended: true}, nil
	}
	if err != nil {
		return protocol.EndAnswer{}, fmt.Errorf("look whether %s has ended: %w", request.WorkflowID, err)
	}
	return protocol.EndAnswer{Ended: !goesOn(answer.GetWorkflowExecutionInfo(), request.FirstRunID)}, nil
}

// goesOn reports whether a workflow's newest run is of the chain that began with a run, and has
// not ended. One that somebody has paused goes on later.
func goesOn(info *workflowpb.WorkflowExecutionInfo, firstRunID string) bool {
	return !runs.HasClosed(info) && info.GetFirstRunId() == firstRunID
}

// AwaitEnd waits until [Activities.HasEnded], or the round is over.
func (a *Activities) AwaitEnd(ctx context.Context, request protocol.EndRequest) (protocol.EndAnswer, error) {
	stop := beat(ctx, 3*time.Second)
	defer stop()
	for over := time.Now().Add(protocol.WatchRound); ; {
		answer, err := a.HasEnded(ctx, request)
		if err != nil || answer.Ended {
			return answer, err
		}
		if goesOn, err := rest(ctx, endLookedEvery); !goesOn || time.Now().After(over) {
			return answer, err
		}
	}
}
