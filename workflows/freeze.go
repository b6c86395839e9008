package workflows

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/verdict"
)

// A release that a freeze holds. The freeze's lock is a hook of its own event, which fires before the
// event that is held: so records, votes and lists of locks are those of any other lock.

// frozen is what a release knows of its freezes.
type frozen struct {
	// lifted are those that a person has overridden.
	lifted []protocol.LiftedFreeze
	// calm is when one of them may begin to hold the release. Nothing is asked before.
	calm time.Time
	// busy reports that a coroutine waits for freezes. The others wait for it, so that parallel
	// parts have one lock.
	busy bool
}

// thaw waits until no freeze holds the release before an event. It returns how the release ends,
// or nil if it continues.
func (r *releaseRun) thaw(ctx workflow.Context, event string, at place) (*ending, error) {
	if len(r.holding()) == 0 || !isHeldAt(event) || r.reopened != nil && !r.reopened.isFreeze() {
		return nil, nil
	}
	await(disconnect(ctx), func() bool { return !r.frozen.busy })
	if r.isOver(ctx) { // the event's own wait ends at once
		return r.halting, nil
	}
	r.frozen.busy = true
	defer func() { r.frozen.busy = false }()
	for {
		firing, err := r.freeze(ctx, event, at)
		if firing == nil || err != nil {
			return nil, err
		}
		end, err := r.awaitDecision(ctx, firing, event)
		if end != nil || err != nil {
			return end, err
		}
		r.lift(firing)
	}
}

// isHeldAt reports whether a freeze holds a release before the event: before its first one, and
// before work begins.
func isHeldAt(event string) bool {
	return event == latch.EventBeforeRelease || event == latch.EventBeforeTarget || event == latch.EventBeforeStep
}

// holding returns the freezes that may hold the release now: all until it has taken a step, and
// then those that hold a release under way.
func (r *releaseRun) holding() []protocol.AttachedFreeze {
	if !r.stepsTaken {
		return r.admission.Freezes
	}
	return slices.DeleteFunc(slices.Clone(r.admission.Freezes), func(f protocol.AttachedFreeze) bool { return !f.Holds() })
}

// freeze makes the locks of the freezes that are in force, and returns their event. It returns nil
// if none is.
func (r *releaseRun) freeze(ctx workflow.Context, event string, at place) (*firing, error) {
	if firing := r.reopened; firing != nil {
		r.reopened = nil
		return firing, nil
	}
	if workflow.Now(ctx).Before(r.frozen.calm) {
		return nil, nil
	}
	locks, err := r.askFreezes(ctx)
	if len(locks) == 0 || err != nil {
		return nil, err
	}
	for i := range locks {
		locks[i].Events[0].Event = event
	}
	firing, err := r.openWith(ctx, occasion{event: event, step: at.step, target: at.target, scope: verdict.Decides,
		nothingDone: true, tells: r.webhooks}, locks) // a rejection ends the wait: a freeze undoes nothing
	if err == nil {
		firing.frozen = locks
	}
	return firing, err
}

// askFreezes asks which freezes hold the release now, and returns their locks. It notes when that
// may change.
func (r *releaseRun) askFreezes(ctx workflow.Context) ([]protocol.AttachedWebhook, error) {
	holding, now := r.holding(), r.now()
	request := protocol.FreezesRequest{Now: now}
	for _, each := range holding {
		each.When = "" // it was evaluated when the release began
		request.Freezes = append(request.Freezes, each.Freeze)
	}
	var states []latch.FreezeState
	if err := ask(ctx, "Ask which freezes are in force", protocol.ActivityFreezes, request, &states); err != nil {
		return nil, err
	}
	var locks []protocol.AttachedWebhook
	r.frozen.calm = now.AddDate(100, 0, 0)
	for i := range holding {
		state := states[i]
		if state.InForce && !r.isLifted(holding[i].ID, now) {
			locks = append(locks, lockOf(&holding[i], state.Until))
		}
		if changes := nextHold(state); !changes.IsZero() && changes.Before(r.frozen.calm) {
			r.frozen.calm = changes
		}
	}
	return locks, nil
}

// nextHold returns when a freeze next begins to hold, if it does not, or was lifted.
func nextHold(state latch.FreezeState) time.Time {
	switch {
	case state.InForce:
		return state.Until.Time
	case state.Next != nil:
		return state.Next.Since.Time
	default:
		return time.Time{}
	}
}

// lockOf returns the lock of a freeze that is in force, as the webhook of its hook.
func lockOf(freeze *protocol.AttachedFreeze, until latch.Time) protocol.AttachedWebhook {
	settings := latch.Event{Blocking: true, OnTimeout: latch.Continue}
	held := &protocol.HeldFreeze{ID: freeze.ID, Until: until, Error: freeze.Error, Nobody: !freeze.MayOverride()}
	if !held.Nobody {
		settings.Approvals = []latch.Approval{{Groups: freeze.Override.Groups, Users: freeze.Override.Users}}
		held.Reason = freeze.Override.Reason
	}
	return protocol.AttachedWebhook{Freeze: held, Webhook: latch.Webhook{ID: freeze.LockName(), Events: []latch.Event{settings}}}
}

func (r *releaseRun) isLifted(id string, now latch.Time) bool {
	return slices.ContainsFunc(r.frozen.lifted, func(l protocol.LiftedFreeze) bool {
		return l.ID == id && (l.Until.IsZero() || now.Before(l.Until.Time))
	})
}

// lift notes the freezes whose locks a person has removed: they hold the release no more, until
// they begin again.
func (r *releaseRun) lift(f *firing) {
	for _, hook := range f.hooks {
		if hook.lockRemoved {
			r.frozen.lifted = append(r.frozen.lifted, protocol.LiftedFreeze{ID: hook.freeze.ID, Until: hook.freeze.Until})
		}
	}
}

// isFreeze reports whether the event consists of locks of freezes.
func (f *firing) isFreeze() bool { return f.frozen != nil }

// checkRemoval refuses a removal of a freeze's lock that the freeze does not allow, whoever sends
// it.
func (h *hook) checkRemoval(removal *latch.LockRelease) error {
	switch {
	case h.freeze == nil:
		return nil
	case h.freeze.Nobody:
		return refusal(latch.ErrorForbidden, "nobody may remove the lock of freeze %q: %s", h.freeze.ID, h.freezeEnds())
	case h.freeze.Reason && removal.Choice() == latch.VoteApprove && removal.Reason == "":
		return refusal(latch.ErrorInvalidArgument, "reason: required: the lock of freeze %q is removed with a reason", h.freeze.ID)
	default:
		return nil
	}
}

// freezeEnds says when the freeze ends, for people.
func (h *hook) freezeEnds() string {
	if h.freeze.Until.IsZero() {
		return "it never ends by itself"
	}
	return "it ends at " + h.freeze.Until.UTC().Format(time.RFC3339)
}
