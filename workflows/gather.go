package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch/internal/protocol"
)

// A gatherer combines first attempts that become due at the same time into volleys, across the
// events of the run. It waits until nothing else in the run can proceed, which takes no time,
// and then for places: an event has at most maximumInFlight deliveries in flight.
type gatherer struct {
	session *session
	// ready are the hooks whose first attempt is due.
	ready []*hook
	// open reports that a coroutine handles them. full reports that it waits for places.
	open, full bool
	// shooting counts the volleys in flight.
	shooting int
}

// add makes the hook's first attempt part of the next volley.
func (g *gatherer) add(h *hook) {
	g.ready = append(g.ready, h)
	if !g.open {
		g.open = true
		workflow.Go(g.session.detached, g.gather)
	}
}

// begun reports whether as many deliveries are in flight as there are places.
func (g *gatherer) begun() bool { return !g.open || g.full }

func (g *gatherer) gather(ctx workflow.Context) {
	for len(g.ready) > 0 {
		g.full = !g.hasPlaces()
		await(ctx, g.hasPlaces)
		g.full = false
		g.listen(ctx)
		g.session.record(ctx)
		g.session.pacer.reserve(ctx)
		hooks := g.next()
		g.shooting++
		workflow.Go(g.session.detached, func(ctx workflow.Context) {
			g.session.shoot(ctx, hooks)
			g.shooting--
		})
	}
	// The SDK has the volleys once their coroutines have run.
	g.listen(ctx)
	g.open = len(g.ready) > 0
	if g.open {
		g.gather(ctx)
	}
}

// listen waits until no more hooks are added, for as long as other coroutines proceed without
// the server.
func (g *gatherer) listen(ctx workflow.Context) {
	for before := -1; before < len(g.ready); {
		before = len(g.ready)
		letOthersRun(ctx)
	}
}

// record waits until the updates that the run has taken are in its history. Temporal writes an
// update down only with the workflow task that has taken it. If the worker died after a volley and
// before that, another one might take another message first, such as the other answer to a lock, and
// the run would go another way than the volley has told.
func (s *session) record(ctx workflow.Context) {
	if s.updatedAt > 0 && s.updatedAt == workflow.GetInfo(ctx).GetCurrentHistoryLength() && s.admission.SafeToRedo {
		_ = anotherTask(ctx, "Recording what was decided").Get(ctx, nil) // it is not cancelled
	}
}

// letOthersRun returns once every other coroutine has had its turn.
func letOthersRun(ctx workflow.Context) {
	looked := false
	await(ctx, func() bool {
		again := looked
		looked = true
		return again
	})
}

// hasPlaces reports whether a volley may be sent. While others are in flight it waits for a
// full one, so that places that become free one by one do not each cost a volley.
func (g *gatherer) hasPlaces() bool {
	waiting := map[*firing]int{}
	for _, hook := range g.ready {
		waiting[hook.firing]++
	}
	for _, hook := range g.ready {
		places := maximumInFlight - hook.firing.inFlight
		if places >= min(waiting[hook.firing], protocol.MaximumVolley) || places > 0 && g.shooting == 0 {
			return true
		}
	}
	return false
}

// next takes the hooks of the next volley, with a place for each.
func (g *gatherer) next() []*hook {
	var taken, left []*hook
	for _, hook := range g.ready {
		if len(taken) < protocol.MaximumVolley && hook.firing.inFlight < maximumInFlight {
			hook.firing.inFlight++
			taken = append(taken, hook)
			continue
		}
		left = append(left, hook)
	}
	g.ready = left
	return taken
}
