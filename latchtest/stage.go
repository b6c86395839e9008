package latchtest

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rehearsal"
)

// An activityKey names an activity among all runs.
type activityKey struct {
	run workflow.Execution
	id  string
}

// A progress is how far an activity has come. A server would know it.
type progress struct {
	scheduled time.Time
	stands    protocol.PendingAttempt
	// over says that it has ended, handedOver that it was cancelled for another
	// run to carry it on.
	over, handedOver bool
}

// InterceptActivity has an activity act in the test's world.
func (o *observer) InterceptActivity(
	_ context.Context, next interceptor.ActivityInboundInterceptor,
) interceptor.ActivityInboundInterceptor {
	return &stage{interceptor.ActivityInboundInterceptorBase{Next: next}, o.hooks}
}

type stage struct {
	interceptor.ActivityInboundInterceptorBase
	hooks *Hooks
}

// ExecuteActivity makes an attempt, unless the activity was handed over: the
// environment goes on with the attempts of an activity that was cancelled.
func (s *stage) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	info := activity.GetInfo(ctx)
	key := activityKey{workflow.Execution(info.WorkflowExecution), info.ActivityID}
	world := s.hooks.begin(key)
	if world == nil {
		return nil, temporal.NewCanceledError()
	}
	result, err := s.Next.ExecuteActivity(rehearsal.In(ctx, world), in)
	s.hooks.end(key, attemptsBefore(in.Args), err)
	return result, err
}

// begin returns the world of an activity's attempt; nil where there is to be none.
func (h *Hooks) begin(key activityKey) *rehearsal.World {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	known := h.sends[key]
	if known == nil {
		known = &progress{scheduled: h.env.Now(), stands: protocol.PendingAttempt{ActivityID: key.id}}
		h.sends[key] = known
	}
	if known.handedOver {
		return nil
	}
	known.stands.Running = true
	return &rehearsal.World{Answer: h.answer, Now: h.env.Now, ScheduledAt: known.scheduled,
		Webhooks: h.options.Webhooks, Jobs: h.options.Jobs,
		Pending: func(request protocol.PendingRequest) protocol.PendingAnswer { return h.pending(key.run, request) }}
}

// attemptsBefore returns how many attempts a delivery had before its activity.
func attemptsBefore(arguments []any) int {
	if len(arguments) > 0 {
		if send, is := arguments[0].(protocol.Send); is {
			return send.PriorAttempts
		}
	}
	return 0
}

// end notes the outcome of an attempt of an activity, before which there were
// others.
func (h *Hooks) end(key activityKey, before int, err error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	known := h.sends[key]
	known.stands.Running = false
	var failure *temporal.ApplicationError
	if !errors.As(err, &failure) || failure.NonRetryable() {
		known.over = true
		return
	}
	known.stands.LastError = failure.Message()
	var outcome protocol.Outcome
	if failure.HasDetails() && failure.Details(&outcome) == nil {
		known.stands.Ended = outcome.Attempts - before
		known.stands.TurnedAway = known.stands.Ended == 0
		known.stands.NextAttemptAt, known.stands.Tries = outcome.NextAttemptAt, outcome.Tries
	}
}

// handOver notes that another run carries an activity on.
func (h *Hooks) handOver(from workflow.Execution, id string) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if known := h.sends[activityKey{from, id}]; known != nil {
		known.handedOver = true
	}
}

// pending returns where activities of a run stand, as a server would.
func (h *Hooks) pending(in workflow.Execution, request protocol.PendingRequest) protocol.PendingAnswer {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	answer := protocol.PendingAnswer{Known: true}
	for _, id := range request.ActivityIDs {
		if known := h.sends[activityKey{in, id}]; known != nil && !known.over {
			answer.Attempts = append(answer.Attempts, known.stands)
		}
	}
	return answer
}
