package workflows

import (
	"errors"
	"slices"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/locklink"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/verdict"
)

const (
	// quickAnswers is how long a closing run waits before it asks the server for the state of
	// its deliveries.
	quickAnswers = 2 * time.Second
	// lastRetries is how long a closing run waits for retries, once every first
	// attempt has ended (contract, "How long a run stays open").
	lastRetries = 10 * time.Second
)

// close waits until every delivery has settled or is handed over, and every message is
// answered. The run may then end.
func (s *session) close(ctx workflow.Context) error {
	ctx = disconnect(ctx)
	if s.inFlight > 0 {
		s.enter("delivering")
	}
	for !s.awaitAnswers(ctx) {
		s.handOver(ctx) // makes room for deliveries that have not begun
	}
	s.phase = "closed"
	s.link.holds = false // no run follows that could take them
	if !s.guest {
		s.drainSignals(ctx)
	}
	if err := s.showLocks(); err != nil {
		return err
	}
	if s.guest {
		return workflow.Await(ctx, func() bool { return s.updatesUnderWay == 0 && s.signalsUnderWay == 0 })
	}
	return workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) && s.signalsUnderWay == 0 && len(s.unread) == 0 })
}

// awaitAnswers waits for what the run waits for before it hands deliveries over. It reports whether
// all have ended.
//
// A user's own workflow has ended by then, and no longer takes the signals that arrive. So it waits
// only for attempts under way.
func (s *session) awaitAnswers(ctx workflow.Context) bool {
	s.awaitVolleys(ctx)
	if s.inFlight == 0 {
		return true
	}
	if s.guest && knows(ctx, leavesAtOnce) {
		s.hurries = true
		await(ctx, func() bool { return s.inFlight == 0 || len(s.sending()) > 0 })
		return s.inFlight == 0
	}
	if s.awaitDeliveries(ctx, quickAnswers, "Waiting for answers") {
		return true
	}
	s.awaitFirstAttempts(ctx)
	return s.awaitDeliveries(ctx, lastRetries, "Waiting for retries before they are handed over")
}

// awaitVolleys waits for volleys and for their attempts that continue in workers, which
// have their own limits.
func (s *session) awaitVolleys(ctx workflow.Context) {
	await(ctx, func() bool { return s.volleys.begun() && s.volleys.shooting == 0 && s.fetching == 0 })
}

// awaitDeliveries waits until no delivery is in flight, but not longer than given. The timer
// keeps running, so that the closing run needs no event to cancel it.
func (s *session) awaitDeliveries(ctx workflow.Context, atMost time.Duration, summary string) bool {
	if s.inFlight == 0 {
		return true
	}
	timer := workflow.NewTimerWithOptions(ctx, s.atMost(ctx, atMost), workflow.TimerOptions{Summary: summary})
	await(ctx, func() bool { return s.inFlight == 0 || timer.IsReady() })
	return s.inFlight == 0
}

// await waits for a condition under a disconnected context, which is never cancelled.
func await(ctx workflow.Context, condition func() bool) {
	if err := workflow.Await(ctx, condition); err != nil {
		workflow.GetLogger(ctx).Error("waiting on a disconnected context was cancelled", "error", err)
	}
}

// awaitFirstAttempts waits until the first attempt of every delivery has ended. It asks the
// server. If that is not possible, it waits for the longest time that an attempt may take.
func (s *session) awaitFirstAttempts(ctx workflow.Context) {
	first := s.inFirstAttempt()
	if len(first) == 0 {
		return
	}
	asking := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 30 * time.Minute,
		HeartbeatTimeout:    30 * time.Second,
		RetryPolicy:         &temporal.RetryPolicy{MaximumAttempts: 3},
		Summary:             "Waiting for the first attempts to end",
	})
	asking, cancel := workflow.WithCancel(asking)
	defer cancel()
	asked := workflow.ExecuteActivity(asking, protocol.ActivityAwaitFirstAttempts, pendingRequest(first))
	await(ctx, func() bool { return s.inFlight == 0 || asked.IsReady() })
	if s.inFlight == 0 {
		return
	}
	var answer protocol.PendingAnswer
	if err := asked.Get(ctx, &answer); err == nil && answer.Known {
		return
	}
	var latest time.Time
	for _, hook := range s.inFirstAttempt() {
		if hook.attempt.firstEndsBy.After(latest) {
			latest = hook.attempt.firstEndsBy
		}
	}
	if wait := latest.Sub(workflow.Now(ctx)); wait > 0 {
		s.awaitDeliveries(ctx, wait, "Waiting for the first attempts to end")
	}
}

// handOver passes every delivery that is still in flight to a child that outlives the run. If
// an attempt is in flight, it waits for its end first.
func (s *session) handOver(ctx workflow.Context) {
	s.handsOver = true
	stands := s.pendingAttempts(ctx)
	hooks := s.sending()
	for _, hook := range hooks {
		hook.attempt.handOver = s.startDelivery
		hook.attempt.stands = stands[hook.record.DeliveryID]
		if s.hurries && hook.attempt.stands.Ended <= 0 && !hook.attempt.stands.Running {
			hook.attempt.stands.TurnedAway = true // its first attempt has not begun
		}
		hook.attempt.cancel()
	}
	await(ctx, func() bool { return !slices.ContainsFunc(hooks, isSending) })
	s.handOverQueues(ctx)
}

// startDelivery starts the child and waits for its start. It returns the child's workflow id,
// or "" if it could not be started.
func (s *session) startDelivery(ctx workflow.Context, delivery protocol.Delivery) string {
	record := delivery.Send.Record
	if s.admission.Console != "" {
		delivery.Page = locklink.DeliveryPage(s.admission.Console, record.DeliveryID, record.WorkflowID, record.RunID)
	}
	id := latch.PrefixDelivery + record.DeliveryID
	ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:        id,
		ParentClosePolicy: enums.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary:     "Delivery of " + record.Event + " to " + record.Webhook,
		StaticDetails:     "Carries on what `" + record.WorkflowID + "` could not deliver while it ran.",
	})
	err := workflow.ExecuteChildWorkflow(ctx, latch.WorkflowDeliver, delivery).GetChildWorkflowExecution().Get(ctx, nil)
	var exists *temporal.ChildWorkflowExecutionAlreadyStartedError
	if err != nil && !errors.As(err, &exists) {
		workflow.GetLogger(ctx).Error("a delivery could not be handed over", "delivery", record.DeliveryID, "error", err)
		return ""
	}
	return id
}

// sending lists the hooks whose delivery is in flight.
func (s *session) sending() []*hook {
	var hooks []*hook
	for _, firing := range s.firings {
		for _, hook := range firing.hooks {
			if isSending(hook) {
				hooks = append(hooks, hook)
			}
		}
	}
	return hooks
}

// isSending reports whether the delivery is in flight and belongs to this run.
func isSending(h *hook) bool {
	return h.state == verdict.UnderWay && h.attempt.cancel != nil && h.record.HandedTo == "" && h.kept == nil
}

// inFirstAttempt lists the hooks whose first attempt may be in progress in an activity. The
// first attempt of a volley has ended. One that waits for its webhook's rate may wait for hours,
// and goes on without the run.
func (s *session) inFirstAttempt() []*hook {
	return slices.DeleteFunc(s.sending(), func(h *hook) bool { return h.attempt.send.PriorAttempts > 0 || h.attempt.send.Rated })
}

func pendingRequest(hooks []*hook) protocol.PendingRequest {
	var request protocol.PendingRequest
	for _, hook := range hooks {
		request.ActivityIDs = append(request.ActivityIDs, hook.record.DeliveryID)
	}
	return request
}

// pendingAttempts asks the server for the state of the deliveries. A delivery that is missing
// from its answer counts as having had one attempt.
func (s *session) pendingAttempts(ctx workflow.Context) map[string]protocol.PendingAttempt {
	var answer protocol.PendingAnswer
	err := askWithin(ctx, briefly, "See where deliveries stand", protocol.ActivityPendingAttempts, pendingRequest(s.sending()), &answer)
	if err != nil {
		workflow.GetLogger(ctx).Warn("pending deliveries are not known", "error", err)
	}
	stands := map[string]protocol.PendingAttempt{}
	for _, pending := range answer.Attempts {
		stands[pending.ActivityID] = pending
	}
	return stands
}
