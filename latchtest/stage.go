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

// An activityKey identifies an activity among all runs.
type activityKey struct {
	run workflow.Execution
	id  string
}

// A progress is the state of an activity that a server would know.
type progress struct {
	scheduled time.Time
	stands    protocol.PendingAttempt
	// over is true once it has ended, handedOver if it was cancelled so that
	// another run can continue it.
	over, handedOver bool
}

// InterceptActivity runs an activity with the scripted network.
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
// environment keeps retrying an activity that was cancelled.
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

// begin returns the world for an activity's attempt, or nil if there must be
// none.
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
		Webhooks: h.options.Webhooks, Freezes: h.options.Freezes, Jobs: h.options.Jobs,
		Pending: func(request protocol.PendingRequest) protocol.PendingAnswer { return h.pending(key.run, request) }}
}

// attemptsBefore returns how many attempts a delivery had before this activity.
func attemptsBefore(arguments []any) int {
	if len(arguments) > 0 {
		if send, is := arguments[0].(protocol.Send); is {
			return send.PriorAttempts
		}
	}
	return 0
}

// end records the outcome of an activity's attempt. before is the number of
// earlier attempts.
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

// handOver records that another run continues an activity.
func (h *Hooks) handOver(from workflow.Execution, id string) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if known := h.sends[activityKey{from, id}]; known != nil {
		known.handedOver = true
	}
}

// pending returns the state of a run's activities, as a server would.
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
