package activities

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/delivery"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rehearsal"
)

// Volley makes the first attempts of deliveries concurrently, as a local activity. It waits
// briefly for answers. An attempt that takes longer continues in the worker, where
// [Activities.Fetch] returns its outcome. A volley that is repeated, because its answer was
// lost on the way to the server, sends nothing twice.
func (a *Activities) Volley(ctx context.Context, volley protocol.Volley) (protocol.VolleyAnswer, error) {
	flights := make([]*flight, len(volley.Sends))
	for i, send := range volley.Sends {
		flights[i] = a.flights.join(send.Request.DeliveryID, func() protocol.Shot { return a.shoot(ctx, send) })
	}
	patience := time.NewTimer(protocol.VolleyPatience)
	defer patience.Stop()
	if activity.GetInfo(ctx).Namespace == testNamespace {
		patience.Stop() // there is no worker to fetch from
	}
	shots, taken := make([]protocol.Shot, len(flights)), 0
	for i, flight := range flights {
		select {
		case <-flight.done:
		case <-patience.C:
			patience.Reset(0) // it is over for the others, too
		}
		shots[i] = a.shotOf(ctx, volley.Sends[i].Request.DeliveryID, flight, &taken)
	}
	return protocol.Pack(shots)
}

// shotOf returns the outcome of a flight. If the outcome is not available yet, or does not fit
// into the answer, of which taken bytes are used, it returns where to fetch it.
func (a *Activities) shotOf(ctx context.Context, delivery string, flight *flight, taken *int) protocol.Shot {
	ended := flight.ended()
	if !ended || *taken+flight.size > protocol.MaximumVolleyBytes {
		queue, err := a.ownQueue(ctx)
		if err == nil {
			a.flights.promise(delivery, flight)
			return protocol.Shot{Queue: queue}
		}
		activity.GetLogger(ctx).Error("nothing can be fetched from this worker; the run waits", "error", err)
		<-flight.done
	}
	*taken += flight.size
	return flight.shot
}

// shoot makes a first attempt.
func (a *Activities) shoot(ctx context.Context, send *protocol.Send) (shot protocol.Shot) {
	defer func() {
		if cause := recover(); cause != nil {
			activity.GetLogger(ctx).Error("a first attempt panicked; the delivery goes by its own activity", "delivery", send.Record.DeliveryID, "panic", cause)
			shot = protocol.Shot{}
		}
	}()
	if reason := a.keptBack(ctx, send); reason != "" {
		kept := keptOutcome(ctx, reason, 0, memory{})
		return protocol.Shot{Outcome: &kept}
	}
	outcome, judged, err := a.attempt(ctx, send, 1, memory{}, a.callQuickly)
	if err != nil {
		return protocol.Shot{} // its activity waits, for a place or for a slow endpoint
	}
	if judged != nil && !judged.final {
		outcome.NextAttemptAt = latch.NewTime(rehearsal.Now(ctx).Add(judged.delay))
	}
	return protocol.Shot{Outcome: &outcome}
}

// callQuickly sends nothing to receivers that are known to take longer than a volley waits.
func (a *Activities) callQuickly(ctx context.Context, request *protocol.WebhookRequest, number int) (*delivery.Attempt, error) {
	return a.options.Sender.SendQuickly(ctx, request, number, protocol.VolleyPatience)
}

// Fetch waits for the outcome of an attempt that continues in this worker. It runs on the
// worker's own task queue.
func (a *Activities) Fetch(ctx context.Context, fetch protocol.Fetch) (protocol.Shot, error) {
	stop := beat(ctx, 5*time.Second)
	defer stop()
	flight := a.flights.find(fetch.DeliveryID)
	if flight == nil {
		return protocol.Shot{}, fmt.Errorf("nothing is known here of delivery %q", fetch.DeliveryID)
	}
	select {
	case <-flight.done:
		a.flights.fetched(fetch.DeliveryID, flight)
		return flight.shot, nil
	case <-ctx.Done():
		return protocol.Shot{}, ctx.Err()
	}
}
