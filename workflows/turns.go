package workflows

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/protocol"
)

// askedAgainAfter is the pause after an activity that has failed permanently.
const askedAgainAfter = 30 * time.Second

// maximumWaiting bounds how many releases wait for one concurrency key.
const maximumWaiting = 1000

// A keyed is one run of the workflow latch.Turns.
type keyed struct {
	protocol.TurnsState
	asked workflow.ReceiveChannel
	// end is the wait for the end of the holder's run; nil while there is none.
	end       workflow.Future
	stopEnded workflow.CancelFunc
}

// Turns is the workflow latch.Turns, of which there is one for each concurrency key
// while a release holds it or waits for it: it lets one release run at a time
// (contract, "Release"). Releases start it. An activity waits for the end of the one
// whose turn it is, however that ends, so that a release which is terminated frees its
// turn too.
func Turns(ctx workflow.Context, input converter.RawValue) error {
	t := &keyed{asked: workflow.GetSignalChannel(ctx, protocol.SignalAskTurn)}
	if err := json.Unmarshal(payloadJSON(input), &t.TurnsState); err != nil || t.Key == "" {
		return invalidSpec(latch.Problems{{Message: fmt.Sprintf("%s is started by a release, not by hand", latch.WorkflowTurns)}})
	}
	if err := workflow.SetQueryHandler(ctx, protocol.QueryTurns, func() (latch.Turns, error) { return t.answer(), nil }); err != nil {
		return err
	}
	for {
		if err := t.takeRequests(ctx); err != nil {
			return err
		}
		if t.Holder == nil && len(t.Waiting) > 0 {
			t.grant(ctx)
			continue
		}
		workflow.SetCurrentDetails(ctx, t.details())
		switch {
		case t.asked.Len() > 0:
			continue
		case t.Holder == nil:
			return nil
		case workflow.GetInfo(ctx).GetContinueAsNewSuggested():
			return workflow.NewContinueAsNewError(ctx, latch.WorkflowTurns, t.TurnsState)
		}
		if err := t.await(ctx); err != nil {
			return err
		}
	}
}

// await waits for a request, or for the end of the release whose turn it is.
func (t *keyed) await(ctx workflow.Context) error {
	if t.end == nil {
		waiting, cancel := workflow.WithCancel(ctx)
		t.stopEnded = cancel
		t.end = workflow.ExecuteActivity(workflow.WithActivityOptions(waiting, workflow.ActivityOptions{
			StartToCloseTimeout: 2 * protocol.WatchRound,
			HeartbeatTimeout:    watchHeartbeat,
			RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 30 * time.Second},
			Summary:             excerpt.Of("Until "+t.Holder.WorkflowID+" has ended", 190),
		}), protocol.ActivityAwaitEnd, t.Holder.EndRequest())
	}
	if err := workflow.Await(ctx, func() bool { return t.asked.Len() > 0 || t.end.IsReady() }); err != nil || !t.end.IsReady() {
		return err
	}
	var answer protocol.EndAnswer
	err := t.end.Get(ctx, &answer)
	t.end = nil
	switch {
	case err == nil && answer.Ended:
		t.Holder = nil
	case err != nil && ctx.Err() == nil: // others wait, so that this must go on
		workflow.GetLogger(ctx).Error("the end of a release cannot be learnt; asking again", "release", t.Holder.WorkflowID, "error", err)
		return workflow.Sleep(ctx, askedAgainAfter)
	}
	return ctx.Err()
}

// takeRequests takes what releases ask.
func (t *keyed) takeRequests(ctx workflow.Context) error {
	for request := (protocol.TurnRequest{}); t.asked.ReceiveAsync(&request); request = (protocol.TurnRequest{}) {
		known := func(other protocol.TurnRequest) bool { return other.RunID == request.RunID }
		if t.Holder != nil && known(*t.Holder) || slices.ContainsFunc(t.Waiting, known) {
			continue // a worker asks again where it does not know whether it has asked
		}
		if err := t.take(ctx, request); err != nil {
			return err
		}
	}
	return nil
}

func (t *keyed) take(ctx workflow.Context, request protocol.TurnRequest) error {
	if t.Holder != nil && request.Mode == latch.ConcurrencyRefuse {
		// The end of the last one may not be known yet.
		var answer protocol.EndAnswer
		if err := ask(ctx, "Look whether "+excerpt.Of(t.Holder.WorkflowID, 100)+" still runs",
			protocol.ActivityHasEnded, t.Holder.EndRequest(), &answer); err != nil {
			return err
		}
		if answer.Ended {
			t.free()
		}
	}
	news := protocol.TurnNews{Ahead: len(t.Waiting)}
	if t.Holder != nil {
		news.HeldBy = &t.Holder.Turn
	}
	switch {
	case request.Mode == latch.ConcurrencyRefuse && (t.Holder != nil || len(t.Waiting) > 0):
		news.Refused = fmt.Sprintf("concurrency.key %q is taken: %s, and concurrency.mode is %q", t.Key, t.inWords(), latch.ConcurrencyRefuse)
	case len(t.Waiting) >= maximumWaiting && request.Mode == latch.ConcurrencyQueue:
		news.Refused = fmt.Sprintf("concurrency.key %q has %d releases that wait; more are not taken", t.Key, len(t.Waiting))
	case request.Mode == latch.ConcurrencyLatest:
		t.replace(ctx, request)
		news.Ahead = 0
		t.Waiting = []protocol.TurnRequest{request}
	default:
		t.Waiting = append(t.Waiting, request)
	}
	if news.Refused == "" && t.Holder == nil && len(t.Waiting) == 1 {
		return nil // it is granted at once
	}
	t.tell(ctx, request, news)
	return nil
}

// replace cancels the releases that wait, for a newer one.
func (t *keyed) replace(ctx workflow.Context, by protocol.TurnRequest) {
	for _, waiting := range t.Waiting {
		if t.tell(ctx, waiting, protocol.TurnNews{ReplacedBy: by.ID}) == nil {
			_ = workflow.RequestCancelExternalWorkflow(ctx, waiting.WorkflowID, waiting.RunID).Get(ctx, nil) // one that has closed waits no more
		}
	}
}

// grant gives the turn to the release that has waited longest. One that has closed
// meanwhile is left out.
func (t *keyed) grant(ctx workflow.Context) {
	next := t.Waiting[0]
	t.Waiting = t.Waiting[1:]
	if t.tell(ctx, next, protocol.TurnNews{Granted: true}) == nil {
		t.Holder = &next
	}
}

// free ends the turn of the holder.
func (t *keyed) free() {
	if t.end != nil {
		t.stopEnded()
		t.end = nil
	}
	t.Holder = nil
}

// tell sends a release news. Its error says that the release has closed.
func (t *keyed) tell(ctx workflow.Context, to protocol.TurnRequest, news protocol.TurnNews) error {
	return workflow.SignalExternalWorkflow(ctx, to.WorkflowID, to.RunID, protocol.SignalTellTurn, news).Get(ctx, nil)
}

func (t *keyed) answer() latch.Turns {
	answer := latch.Turns{Key: t.Key, Waiting: []latch.Turn{}}
	if t.Holder != nil {
		answer.HeldBy = &t.Holder.Turn
	}
	for _, waiting := range t.Waiting {
		answer.Waiting = append(answer.Waiting, waiting.Turn)
	}
	return answer
}

func (t *keyed) inWords() string {
	text := "no release holds it"
	if t.Holder != nil {
		text = fmt.Sprintf("release %q holds it (%s)", t.Holder.ID, t.Holder.WorkflowID)
	}
	if n := len(t.Waiting); n > 0 {
		text += fmt.Sprintf(", and %d wait", n)
	}
	return text
}

func (t *keyed) details() string {
	return "Concurrency key `" + inline(t.Key) + "`: " + inline(t.inWords())
}
