package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/verdict"
)

// mayAsk reports whether the hook's analysis may result in a lock, whose token is generated in
// advance.
func (h *hook) mayAsk() bool {
	return h.webhook.Analysis != nil && h.webhook.Analysis.AsksPerson() && !h.settings.Blocking
}

// askPerson opens the lock of a hook whose analysis is inconclusive. Its lock_timeout counts
// from now. From then on the hook is a blocking one.
func (h *hook) askPerson(ctx workflow.Context) {
	if h.spare == nil || h.decision != "" || h.firing.decided {
		return
	}
	h.settings.Blocking, h.since = true, workflow.Now(ctx)
	h.opened(*h.spare)
	h.spare = nil
	h.tellLock(latch.EventLockOpened, latch.LockEvent{})
}

// unfinished is the end of an analysis that nothing waits for any more.
func unfinished(ctx workflow.Context, outcome protocol.Outcome) protocol.Outcome {
	outcome.Error, outcome.Withdrawn = "the run ended before the analysis did", true
	outcome.CompletedAt = latch.NewTime(workflow.Now(ctx))
	return outcome
}

// soaksUntil returns the time until which the hook lets nothing pass. It is zero for a hook
// that does not soak.
func (h *hook) soaksUntil() time.Time {
	if h.settings.Soak == 0 || !h.takesPart() {
		return time.Time{}
	}
	return h.record.StartedAt.Add(time.Duration(h.settings.Soak))
}

// soaks reports whether it is too early to let anything pass.
func (h *hook) soaks() bool {
	until := h.soaksUntil()
	return !until.IsZero() && workflow.Now(h.firing.session.detached).Before(until)
}

// holdsBack reports whether a decision has to wait because the hook soaks. At the gate's
// deadline its policy decides instead.
func (h *hook) holdsBack(decision string) bool {
	if decision != latch.Continue || !h.soaks() {
		return false
	}
	if h.firing.session.overdue() {
		h.rule = "on_deadline: " + h.onDeadline()
		h.overdue(h.onDeadline())
	}
	return true
}

// nextLook returns when the hook is examined next if nothing happens before. It is zero for a
// hook that waits for ever.
func (h *hook) nextLook() time.Time {
	until, _ := h.endsWaiting()
	if !h.soaks() || h.standing().Basis() == verdict.Open {
		return until
	}
	until = h.soaksUntil()
	if due := h.firing.session.deadline(); !due.IsZero() && due.Before(until) {
		return due
	}
	return until
}

// boundless exceeds any number of attempts that the activity itself counts. The SDK's test
// environment treats 0 as ten.
const boundless = 1 << 30

// polls returns the options of an http task whose request is repeated until its answer is
// final. The activity itself counts attempts that fail.
func polls(options workflow.ActivityOptions, poll *latch.Poll) workflow.ActivityOptions {
	timeout := time.Duration(latch.WithDefaults(*poll).Timeout)
	if options.ScheduleToCloseTimeout > 0 {
		options.ScheduleToCloseTimeout += timeout
	} else {
		options.ScheduleToCloseTimeout = timeout + options.StartToCloseTimeout
	}
	retry := *options.RetryPolicy
	retry.MaximumAttempts, retry.MaximumInterval = boundless, longestDelay
	options.RetryPolicy = &retry
	return options
}
