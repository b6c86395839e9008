package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// nextDeadline returns the next time at which the end of a wait decides a hook, or zero.
func (f *firing) nextDeadline() time.Time {
	var next time.Time
	for _, hook := range f.hooks {
		if !hook.takesPart() || hook.decision != "" {
			continue
		}
		next = earlier(next, earlier(hook.nextLook(), hook.nextNotice()))
	}
	return next
}

// earlier returns the earlier of two times, of which zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// An alarm is one timer for the next deadline.
type alarm struct {
	at    time.Time
	timer workflow.Future
	stop  workflow.CancelFunc
}

func (a *alarm) set(ctx workflow.Context, f *firing, at time.Time) {
	if at.Equal(a.at) && !a.rings() {
		return
	}
	a.cancel()
	a.at = at
	if at.IsZero() {
		return
	}
	timerContext, cancel := workflow.WithCancel(f.session.detached)
	a.stop = cancel
	a.timer = workflow.NewTimerWithOptions(timerContext, max(at.Sub(workflow.Now(ctx)), 0),
		workflow.TimerOptions{Summary: f.event + " waits for answers and locks, until " + at.UTC().Format(time.RFC3339)})
}

func (a *alarm) rings() bool { return a.timer != nil && a.timer.IsReady() }

func (a *alarm) cancel() {
	if a.stop != nil {
		a.stop()
	}
	a.timer, a.stop, a.at = nil, nil, time.Time{}
}
