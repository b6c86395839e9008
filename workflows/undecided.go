package workflows

import (
	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/verdict"
)

// undecidedHooks returns the hooks without an open lock whose decision is waited for, or is only
// to be recorded.
func (s *session) undecidedHooks() []latch.UndecidedHook {
	var undecided []latch.UndecidedHook
	for _, firing := range s.firings {
		for _, hook := range firing.hooks {
			if hook.isUndecided() {
				undecided = append(undecided, hook.undecided())
			}
		}
	}
	return undecided
}

// isUndecided reports whether the hook has no open lock, and is still to decide, or to record what
// it would decide.
func (h *hook) isUndecided() bool {
	switch {
	case h.record == nil || h.record.Lock.Open():
		return false
	case h.takesPart():
		return h.decision == "" && h.firing.awaited && !h.firing.decided
	default:
		return h.wouldTakePart() && h.record.Result == latch.ResultPending && h.record.HandedTo == ""
	}
}

// undecided says what the hook waits for, and what happens when.
func (h *hook) undecided() latch.UndecidedHook {
	undecided := latch.UndecidedHook{Webhook: h.webhook.ID, Event: h.firing.event, Step: h.firing.step, WaitsFor: latch.WaitsForAnswer,
		Since: latch.NewTime(h.since), Enforced: h.enforced, Observes: !h.takesPart()}
	if h.soaks() && h.standing().Basis() != verdict.Open {
		undecided.WaitsFor, undecided.Until = latch.WaitsForSoak, latch.NewTime(h.nextLook())
		return undecided
	}
	if h.webhook.Analysis != nil {
		undecided.WaitsFor = latch.WaitsForMeasurements
	}
	if until, policy := h.endsWaiting(); !until.IsZero() && !undecided.Observes {
		undecided.Until, undecided.OnTimeout = latch.NewTime(until), policy
	}
	return undecided
}
