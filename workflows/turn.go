package workflows

import (
	"cmp"
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// turnAskedEvery is how often a release asks again for its turn while it waits, so that the
// queue is restored if somebody has ended the workflow that keeps it.
const turnAskedEvery = time.Hour

// awaitTurn waits until the release may run, by its concurrency. It returns how the
// release ends where it does not come to that.
func (r *releaseRun) awaitTurn(ctx workflow.Context) (*ending, error) {
	given := r.release.Concurrency
	if given == nil || r.turn != nil && r.turn.Held {
		return nil, nil
	}
	r.turn = &latch.TurnStatus{Key: given.Key, Mode: cmp.Or(given.Mode, latch.ConcurrencyQueue)}
	told := workflow.GetSignalChannel(ctx, protocol.SignalTellTurn)
	var answer protocol.TurnAnswer
	if err := ask(ctx, "Ask for the turn of "+given.Key, protocol.ActivityTakeTurn, r.turnRequest(ctx), &answer); err != nil {
		return nil, err
	}
	r.turn.Held = answer.Granted
	r.enter("waiting for its turn")
	replaced := ""
	for !r.turn.Held {
		answered, err := awaitNews(ctx, func() bool { return told.Len() > 0 || r.control.pending() })
		cancelled := err != nil
		if !answered && !cancelled {
			if err := ask(ctx, "Ask again for the turn of "+given.Key, protocol.ActivityTakeTurn, r.turnRequest(ctx), &answer); err != nil {
				return nil, err
			}
		}
		for news := (protocol.TurnNews{}); told.ReceiveAsync(&news); news = (protocol.TurnNews{}) {
			if news.Refused != "" && r.of != nil { // the end is reported all the same
				return &ending{reason: news.Refused}, nil
			}
			if news.Refused != "" {
				return nil, r.refuse(news.Refused)
			}
			replaced = cmp.Or(news.ReplacedBy, replaced)
			r.turn.Held, r.turn.HeldBy, r.turn.Ahead = news.Granted, news.HeldBy, news.Ahead
		}
		r.show()
		takeMessages(ctx)
		switch {
		case r.control.pending():
			return r.controlled(""), nil
		case cancelled:
			end := r.cancelled()
			if replaced != "" {
				end.reason = fmt.Sprintf("release %s is newer (concurrency key %s, mode %s)", replaced, given.Key, latch.ConcurrencyLatest)
			}
			return end, nil
		}
	}
	r.turn.HeldBy, r.turn.Ahead = nil, 0
	return nil, nil
}

// awaitNews waits for news about the turn. It reports whether they came before the release is to
// ask again.
func awaitNews(ctx workflow.Context, came func() bool) (bool, error) {
	if !knows(ctx, asksForItsTurn) {
		return true, workflow.Await(ctx, came)
	}
	return workflow.AwaitWithTimeout(ctx, turnAskedEvery, came)
}

func (r *releaseRun) turnRequest(ctx workflow.Context) protocol.TurnRequest {
	return protocol.TurnRequest{Key: r.turn.Key, Mode: r.turn.Mode, FirstRunID: workflow.GetInfo(ctx).FirstRunID,
		Turn: latch.Turn{ID: r.release.ID, WorkflowID: r.execution.ID, RunID: r.execution.RunID, Since: r.now()}}
}

// refuse ends a release that may not run. Nothing has happened, so no event fires.
func (r *releaseRun) refuse(reason string) error {
	r.settled = true
	r.skipSteps()
	r.result.Status, r.result.Reason = latch.ReleaseFailed, reason
	r.enter("refused: " + reason)
	return refusal(latch.ErrorConcurrencyRefused, "%s", reason)
}

func (r *releaseRun) turnStatus() *latch.TurnStatus { return r.turn }
