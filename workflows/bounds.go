package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// bounds are the times by which a gate decides and closes; the zero value bounds
// nothing.
type bounds struct {
	// limit is after what time Temporal ends the run, and within after what time the
	// gate has decided, by the policy; 0 is never.
	limit, within time.Duration
	policy        string
}

// runTimeout returns after what time Temporal ends the run; 0 is never.
func runTimeout(ctx workflow.Context) time.Duration {
	info := workflow.GetInfo(ctx)
	limit := info.WorkflowExecutionTimeout
	if run := info.WorkflowRunTimeout; run > 0 && (limit == 0 || run < limit) {
		limit = run
	}
	return limit
}

// deadline is when the gate's deadline is; zero for no deadline.
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

// remaining is how long the run has until Temporal ends it, never less than zero.
func (s *session) remaining(ctx workflow.Context) time.Duration {
	return max(0, s.started.Add(s.bounds.limit).Sub(workflow.Now(ctx)))
}

// atMost shortens a wait of a run that closes, so that several such waits end
// before Temporal ends the run.
func (s *session) atMost(ctx workflow.Context, wait time.Duration) time.Duration {
	if s.bounds.limit == 0 {
		return wait
	}
	return min(wait, s.remaining(ctx)/8)
}

// closeInTime closes the run as others close, but not later than half of the time
// that is left until Temporal ends it: what was decided counts more then than a
// delivery that is still under way.
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
