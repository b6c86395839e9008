package workflows

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
)

// takeAll runs the steps: once, for one target after another, or for several targets at a time.
func (r *releaseRun) takeAll(ctx workflow.Context) (*ending, error) {
	if len(r.release.Targets) == 0 {
		return r.takeSteps(ctx, 0)
	}
	first := func(t int) int { return t * len(r.taken) / len(r.release.Targets) }
	return r.beside(ctx, len(r.release.Targets), r.release.TargetsAtOnce(), first, func(ctx workflow.Context, t int) (*ending, error) {
		return r.takeTarget(ctx, t, first(t))
	})
}

// takeTarget runs the steps for one target, between the target's two gates.
func (r *releaseRun) takeTarget(ctx workflow.Context, t, first int) (*ending, error) {
	at := place{target: r.targetVariable(t)}
	if end, err := r.gate(ctx, latch.EventBeforeTarget, at); end != nil || err != nil {
		return end, err
	}
	if end, err := r.takeSteps(ctx, first); end != nil || err != nil {
		return end, err
	}
	r.step = at.name()
	return r.gate(ctx, latch.EventAfterTarget, at)
}

// takeSteps runs the release's steps once. first is the index of the first step.
func (r *releaseRun) takeSteps(ctx workflow.Context, first int) (*ending, error) {
	next := first
	for i := range r.release.Steps {
		begin, group := next, len(r.release.Steps[i].Parallel)
		next += max(group, 1)
		var end *ending
		var err error
		if group == 0 {
			end, err = r.takeStep(ctx, begin)
		} else {
			index := func(k int) int { return begin + k }
			end, err = r.beside(ctx, group, group, index, func(ctx workflow.Context, k int) (*ending, error) { return r.takeStep(ctx, index(k)) })
		}
		if end != nil || err != nil {
			return end, err
		}
	}
	return nil, nil
}

// beside runs n parts of the release, in their order and up to a number at a time. Once one of
// them ends the release, no other begins: those in progress finish their current work, and
// their waits end. While a failed step waits for a person, none begins either. first returns
// the index of a part's first step.
func (r *releaseRun) beside(ctx workflow.Context, n, atOnce int, first func(int) int,
	take func(workflow.Context, int) (*ending, error)) (*ending, error) {
	if atOnce == 1 {
		for i := range n {
			if end, err := take(ctx, i); end != nil || err != nil {
				return end, err
			}
		}
		return nil, nil
	}
	outermost := !r.link.beside
	r.link.beside = true
	var fault error
	under, over := 0, func() bool { return fault != nil || r.isOver(ctx) }
	for i := 0; i < n && !over(); i++ {
		if slices.Contains(r.finished, first(i)) {
			continue
		}
		if err := r.room(ctx, outermost, &under, atOnce, over); err != nil {
			return nil, err
		}
		if over() {
			break
		}
		under++
		workflow.Go(ctx, func(ctx workflow.Context) {
			defer func() { under-- }()
			end, err := take(ctx, i)
			switch {
			case err != nil:
				fault = err
			case end != nil:
				r.halt(end)
			case outermost:
				r.finished = append(r.finished, first(i))
			}
		})
	}
	await(disconnect(ctx), func() bool { return under == 0 })
	r.link.beside = !outermost
	return r.endOfAll(ctx), fault
}

// isOver reports whether nothing may begin any more.
func (r *releaseRun) isOver(ctx workflow.Context) bool {
	return r.halting != nil || ctx.Err() != nil || r.control.pending()
}

// endOfAll returns how the release ends, or nil if it continues.
func (r *releaseRun) endOfAll(ctx workflow.Context) *ending {
	takeMessages(ctx)
	switch {
	case r.halting != nil:
		return r.halting
	case r.control.pending():
		return r.controlled(r.event)
	case ctx.Err() != nil:
		return r.cancelled()
	default:
		return nil
	}
}

// halt makes everything that runs in parallel end too, because the release ends. The first
// ending stands, except that a failure makes the release failed whatever came before, and a
// rollback takes precedence over a stop that no person requested.
func (r *releaseRun) halt(end *ending) {
	if r.halting == nil {
		r.halting = end
	}
	merged := *r.halting
	overrules := end.status == latch.ReleaseRolledBack && merged.status == latch.ReleaseStopped && r.control == nil
	if overrules || end.status == latch.ReleaseFailed && merged.status != latch.ReleaseFailed {
		merged = *end
	}
	merged.rollBack = r.halting.rollBack || end.rollBack && r.control == nil
	r.halting = &merged
	r.halted = "the release ends: " + merged.reason
}

// room waits until one more part may begin, or none may. If the run is to continue as new, that
// happens once nothing is in progress: its error is errContinues.
func (r *releaseRun) room(ctx workflow.Context, outermost bool, under *int, atOnce int, over func() bool) error {
	for {
		leaves := func() bool { return outermost && r.due(ctx) }
		begins := func() bool { return *under < atOnce && len(r.paused()) == 0 && !leaves() }
		await(disconnect(ctx), func() bool { return over() || begins() || *under == 0 && leaves() })
		if over() || !leaves() {
			return nil
		}
		r.link.beside = false
		if err := r.continues(ctx); err != nil {
			return err
		}
		r.link.beside = true
	}
}
