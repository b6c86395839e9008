package workflows

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// ownerStarts is how long a worker may take to start what only it can answer before the run
// checks whether the worker is alive.
const ownerStarts = 20 * time.Second

// inVolley reports whether the hook's first attempt is made together with others. A hook that
// holds the run, or whose webhook is configured so or has a rate, has its own activity from the
// start.
func (h *hook) inVolley() bool {
	return h.firing.session.admission.Volleys && !h.settings.Blocking && h.webhook.Path != latch.PathDurable &&
		h.webhook.Rate == "" && h.webhook.Work() == "" && h.webhook.Analysis == nil && h.webhook.Poll == nil
}

// shoot makes the first attempts of hooks in one local activity, and continues each by its
// outcome. The hooks already have their places.
func (s *session) shoot(ctx workflow.Context, hooks []*hook) {
	volley := protocol.Volley{Sends: make([]*protocol.Send, 0, len(hooks))}
	limit := time.Duration(0)
	for _, hook := range hooks {
		hook.attempt = attemptInFlight{send: hook.newSend(ctx)}
		volley.Sends = append(volley.Sends, hook.attempt.send)
		limit = max(limit, attemptLimit(*hook.webhook))
	}
	local := workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout: limit,
		RetryPolicy:         &temporal.RetryPolicy{MaximumAttempts: 1},
		Summary:             volleySummary(hooks),
	})
	var answer protocol.VolleyAnswer
	err := workflow.ExecuteLocalActivity(local, protocol.ActivityVolley, volley).Get(ctx, &answer)
	shots, unread := answer.Unpack()
	if err = errors.Join(err, unread); err != nil || len(shots) != len(hooks) {
		workflow.GetLogger(ctx).Warn("a volley failed; its deliveries go one by one", "error", err)
		shots = make([]protocol.Shot, len(hooks))
	}
	s.pacer.settle(answer.Bytes)
	for i, hook := range hooks {
		hook.take(shots[i])
	}
	s.show()
}

// take continues the hook by the outcome of its first attempt.
func (h *hook) take(shot protocol.Shot) {
	if !shot.Ends() {
		if shot.Queue != "" {
			h.firing.session.fetching++
		}
		workflow.Go(h.firing.session.detached, func(ctx workflow.Context) { h.goOn(ctx, shot) })
		return
	}
	h.settled(*shot.Outcome)
	if shot.Outcome.Delivered && !h.mustEvaluate() && !h.wouldTakePart() {
		h.firing.release()
		return
	}
	workflow.Go(h.firing.session.detached, func(ctx workflow.Context) {
		h.conclude(ctx, *shot.Outcome)
		h.firing.release()
	})
}

// goOn continues a delivery that its volley did not end: it fetches the outcome of an attempt
// that continues in a worker, and retries the delivery by its own activity.
func (h *hook) goOn(ctx workflow.Context, shot protocol.Shot) {
	if shot.Queue != "" {
		shot = h.fetch(ctx, shot.Queue)
	}
	defer h.firing.release()
	if shot.Ends() {
		h.settled(*shot.Outcome)
		h.conclude(ctx, *shot.Outcome)
		return
	}
	send := *h.attempt.send
	if outcome := shot.Outcome; outcome != nil {
		send.PriorAttempts, send.Tries, send.NotBefore = outcome.Attempts, outcome.Tries, outcome.NextAttemptAt
	}
	h.sendBy(ctx, send)
}

// fetch asks the worker in which the attempt continues, for as long as that worker lives. If it
// is gone, it is unknown whether the attempt was made: the attempt counts, and another one is
// due at once.
func (h *hook) fetch(ctx workflow.Context, queue string) protocol.Shot {
	defer func() { h.firing.session.fetching-- }()
	for {
		shot, err := h.fetchOnce(ctx, queue)
		if err == nil {
			return shot
		}
		var timeout *temporal.TimeoutError
		var owner protocol.OwnerAnswer
		if errors.As(err, &timeout) {
			asked := protocol.OwnerRequest{Queue: queue, At: latch.NewTime(workflow.Now(ctx))}
			err = ask(ctx, "See whether a worker lives", protocol.ActivityOwnerLives, asked, &owner)
		}
		if !owner.Lives {
			workflow.GetLogger(ctx).Warn("the outcome of an attempt is not known; another is made", "delivery", h.record.DeliveryID, "error", err)
			return protocol.Shot{Outcome: &protocol.Outcome{Attempts: 1, NextAttemptAt: latch.NewTime(workflow.Now(ctx))}}
		}
	}
}

func (h *hook) fetchOnce(ctx workflow.Context, queue string) (shot protocol.Shot, err error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              queue,
		ScheduleToStartTimeout: ownerStarts,
		StartToCloseTimeout:    attemptLimit(*h.webhook),
		HeartbeatTimeout:       sendHeartbeat,
		RetryPolicy:            &temporal.RetryPolicy{MaximumAttempts: 1},
		Summary:                h.firing.event + " → " + h.webhook.ID,
	})
	err = workflow.ExecuteActivity(ctx, protocol.ActivityFetch, protocol.Fetch{DeliveryID: h.record.DeliveryID}).Get(ctx, &shot)
	return shot, err
}

// maximumSummary bounds a volley's summary in Temporal UI, in bytes.
const maximumSummary = 190

// volleySummary names a volley's deliveries for Temporal UI, event by event, as many as fit.
func volleySummary(hooks []*hook) string {
	var summary strings.Builder
	event := ""
	for i, hook := range hooks {
		next := ", " + hook.webhook.ID
		if hook.firing.event != event {
			event = hook.firing.event
			next = "; " + event + " → " + hook.webhook.ID
		}
		if i == 0 {
			next = strings.TrimPrefix(next, "; ")
		}
		more := fmt.Sprintf(" and %d more", len(hooks)-i)
		if summary.Len()+len(next)+len(more) > maximumSummary && i > 0 {
			return summary.String() + more
		}
		summary.WriteString(next)
	}
	return summary.String()
}
