package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// bounds are the times by which a gate decides and closes. The zero value means no bounds.
type bounds struct {
	// limit is the time after which Temporal ends the run. within is the time after which the
	// gate decides by its policy. 0 means never.
	limit, within time.Duration
	policy        string
}

// runTimeout returns the time after which Temporal ends the run; 0 means never.
func runTimeout(ctx workflow.Context) time.Duration {
	info := workflow.GetInfo(ctx)
	limit := info.WorkflowExecutionTimeout
	if run := info.WorkflowRunTimeout; run > 0 && (limit == 0 || run < limit) {
		limit = run
	}
	return limit
}

// deadline returns the gate's deadline. It is zero without a deadline.
func (s *session) deadline() time.Time {
	if s.bounds.within == 0 {
		return time.Time{}
	}
	return s.started.Add(s.bounds.within)
}

// overdue reports whether the gate's deadline has passed.
func (s *session) overdue() bool {
	due := s.deadline()
	return !due.IsZero() && !workflow.Now(s.detached).Before(due)
}

// remaining returns the time until Temporal ends the run, at least zero.
func (s *session) remaining(ctx workflow.Context) time.Duration {
	return max(0, s.started.Add(s.bounds.limit).Sub(workflow.Now(ctx)))
}

// atMost shortens a wait of a closing run, so that several such waits end before Temporal ends
// the run.
func (s *session) atMost(ctx workflow.Context, wait time.Duration) time.Duration {
	if s.bounds.limit == 0 {
		return wait
	}
	return min(wait, s.remaining(ctx)/8)
}

// closeInTime closes the run as others close, but within half of the time until Temporal ends
// it: then the decision matters more than a delivery that is still in flight.
func (s *session) closeInTime(ctx workflow.Context) error {
	if s.bounds.limit == 0 || s.inFlight == 0 {
		return s.close(ctx)
	}
	var failure error
	closed := false
	workflow.Go(s.detached, func(ctx workflow.Context) { failure, closed = s.close(ctx), true })
	ctx = disconnect(ctx)
	timer := workflow.NewTimerWithOptions(ctx, s.remaining(ctx)/2, workflow.TimerOptions{Summary: "Closing before the run's timeout"})
	await(ctx, func() bool { return closed || timer.IsReady() })
	return failure
}
