package api

import (
	"context"
	"time"

	"go.temporal.io/sdk/client"
	"golang.org/x/sync/semaphore"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/metric"
)

// DefaultCalls is how many requests may call Temporal at once, unless [Options] says otherwise. A
// Temporal that takes a hundred starts a second answers so many within the five seconds after
// which a call is given up.
const DefaultCalls = 500

// A Load says how a request counts among those that are under way. The zero value is [LoadCall].
type Load int

// The loads. Each of [LoadCall], [LoadWait] and [LoadEvent] has room of its own, so that none of
// them keeps out another.
const (
	// LoadCall is a request that calls Temporal.
	LoadCall Load = iota
	// LoadUrgent is a request by which somebody decides about what is under way, such as the removal of
	// a lock. There is room for it beyond that for calls.
	LoadUrgent
	// LoadWait is a request that waits for something other than Temporal, such as a decision or a dry
	// run, so that it may take a minute.
	LoadWait
	// LoadEvent is a custom event. Many of them share one call.
	LoadEvent
	// LoadNone is a request that calls nothing. It does not count.
	LoadNone
)

// String returns the load as the metric's label has it.
func (l Load) String() string { return [...]string{"call", "urgent", "wait", "event", "none"}[l] }

// Room beside that for calls.
const (
	// urgentShare and leastUrgent are how much more room urgent requests have: a tenth of that for calls.
	urgentShare = 10
	leastUrgent = 10
	// waitsPerCall and eventsPerCall are how much room waits and events have, times that for calls.
	waitsPerCall  = 2
	eventsPerCall = 4
)

// The bounds of the requests under way: a Temporal that cannot follow is not kept busy with calls
// that are given up, and callers hear so at once.
type bounds struct {
	// rooms are where a request of a load finds its place, in this order.
	rooms   map[Load][]*semaphore.Weighted
	metrics client.MetricsHandler
}

// newBounds returns bounds with room for that many calls, which must be positive.
func newBounds(calls int, metrics client.MetricsHandler) *bounds {
	most := semaphore.NewWeighted(int64(calls))
	b := &bounds{metrics: metrics, rooms: map[Load][]*semaphore.Weighted{
		LoadCall:   {most},
		LoadUrgent: {most, semaphore.NewWeighted(max(int64(calls)/urgentShare, leastUrgent))},
		LoadWait:   {semaphore.NewWeighted(int64(calls) * waitsPerCall)},
		LoadEvent:  {semaphore.NewWeighted(int64(calls) * eventsPerCall)},
	}}
	for load := range b.rooms {
		b.shed(load).Inc(0) // an alert needs a value from before the first one
	}
	return b
}

// shed counts the requests of a load that were refused.
func (b *bounds) shed(load Load) client.MetricsCounter {
	return b.metrics.WithTags(metric.Labels("load", load.String())).Counter(metric.RequestsShed)
}

// Enter takes a place for a request, before it does anything. leave returns the place. If there is
// no room, Enter returns a 503 at once.
//
// [Register] enters for its routes. What [API.Handle] adds enters by itself, once it knows who
// calls and has read the request, since a sender may be slow.
func (a *API) Enter(ctx context.Context, load Load) (leave func(), refused *Problem) {
	if load == LoadNone {
		return func() {}, nil
	}
	if load == LoadCall && viaOf(ctx) == latch.ViaConsole {
		load = LoadUrgent // a person waits for the page
	}
	for _, room := range a.bounds.rooms[load] {
		if room.TryAcquire(1) {
			return func() { room.Release(1) }, nil
		}
	}
	a.bounds.shed(load).Inc(1)
	NoteNoAct(ctx)
	return nil, unavailable("Too many requests are under way. Nothing was done. Try again in %d seconds.", retryAfter/time.Second)
}

// A loaded input says itself how its request counts.
type loaded interface{ load() Load }

// entering returns the handler of a route that enters first.
func entering[I, O any](a *API, usual Load, handler func(context.Context, *I) (*O, error)) func(context.Context, *I) (*O, error) {
	return func(ctx context.Context, input *I) (*O, error) {
		load := usual
		if own, is := any(input).(loaded); is {
			load = own.load()
		}
		leave, refused := a.Enter(ctx, load)
		if refused != nil {
			return nil, refused
		}
		defer leave()
		return handler(ctx, input)
	}
}
