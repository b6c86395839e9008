package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/client"
	"golang.org/x/time/rate"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/eventbatch"
	"github.com/latch-run/latch/internal/metric"
)

const (
	// mostStarts and fewestStarts are the average rates, in starts a second, between which an
	// API starts runs for events that may share one; see [paceAfter].
	mostStarts, fewestStarts = 50, 15

	// startsAtOnce is how many runs may be started without a pause, after a
	// pause. An event that arrives now and then never waits.
	startsAtOnce = 5

	// startShare is the share of the time that starts may take: one part in startShare.
	startShare = 4
)

// paceAfter returns the rate of starts after one that took the given time. A run costs Temporal
// as much as some ten events within a run, so that events at a higher rate arrive sooner if they
// wait for each other, and all the more so while Temporal is busy and each start takes longer.
func paceAfter(start time.Duration) rate.Limit {
	return max(fewestStarts, min(mostStarts, rate.Every(startShare*start)))
}

// A committer starts the runs of events. A single event gets a run of its own.
// Events that arrive during a start, or before the next one is due, are fired
// together by the next run, so that the rate of events is not limited by that of
// starts.
type committer struct{ gatherer[*pendingEvent] }

// newCommitter returns a committer. commit starts the run that fires the events, and answers each
// of them.
func newCommitter(commit func([]*pendingEvent), metrics client.MetricsHandler) *committer {
	pace := rate.NewLimiter(mostStarts, startsAtOnce)
	return &committer{gatherer[*pendingEvent]{pace: pace,
		handOn: func(events []*pendingEvent) {
			began := time.Now()
			commit(events)
			pace.SetLimit(paceAfter(time.Since(began)))
		},
		fit: func(waiting []*pendingEvent) int {
			n := eventbatch.Fit(waiting, (*pendingEvent).event)
			metrics.Gauge(metric.EventsWaiting).Update(float64(len(waiting) - n))
			return n
		}}}
}

// A pendingEvent is an event that was accepted but is not yet durable.
type pendingEvent struct {
	eventbatch.Event
	// caller is the span of the request that sent it.
	caller trace.SpanContext
	// answered receives the run that fires the event, or an error.
	answered chan commitment
}

func (p *pendingEvent) event() eventbatch.Event { return p.Event }

type commitment struct {
	workflowID, runID string
	err               error
}

// fire returns once the event is durable. If the caller has gone away, the
// event may be fired nevertheless.
func (c *committer) fire(ctx context.Context, emission *latch.Emission, body json.RawMessage) (*pendingEvent, commitment) {
	p := &pendingEvent{Event: eventbatch.Event{ID: eventbatch.NewID(), Emission: emission, Body: body},
		answered: make(chan commitment, 1), caller: trace.SpanContextFromContext(ctx)}
	c.add(p)
	select {
	case answer := <-p.answered:
		return p, answer
	case <-ctx.Done():
		return p, commitment{err: ctx.Err()}
	}
}

// commit starts one run for the events, or one for each if they cannot share a
// run, for example because of the bound on expressions.
func (a *API) commit(events []*pendingEvent) {
	events = a.refuseReserved(events)
	batch, err := batchOf(events)
	if err != nil {
		for _, p := range events {
			p.answered <- a.commitOne([]*pendingEvent{p}, p.ID,
				start{workflow: latch.WorkflowEmit, summary: "event " + p.Emission.Event, body: p.Body})
		}
		return
	}
	answer := a.commitOne(events, eventbatch.WorkflowID(),
		start{workflow: latch.WorkflowEmitBatch, summary: fmt.Sprintf("%d events, %s first", len(events), events[0].Emission.Event), body: batch})
	for _, p := range events {
		p.answered <- answer
	}
}

// refuseReserved answers events with a webhook whose id belongs to an enforced
// registered webhook, and returns the others. It reads the registry once for
// all.
func (a *API) refuseReserved(events []*pendingEvent) []*pendingEvent {
	if !slices.ContainsFunc(events, func(p *pendingEvent) bool { return len(p.Emission.Webhooks) > 0 }) {
		return events
	}
	ctx, cancel := context.WithTimeout(context.Background(), StartTimeout)
	defer cancel()
	reserved, err := a.reserved(ctx)
	var left []*pendingEvent
	for _, p := range events {
		refused := err
		if err == nil {
			refused = a.notReserved(ctx, reserved, p.Emission.Webhooks)
		}
		if refused != nil && len(p.Emission.Webhooks) > 0 {
			p.answered <- commitment{err: refused}
			continue
		}
		left = append(left, p)
	}
	return left
}

// commitOne starts a run that fires the events. The run belongs to the trace of
// the first of them.
func (a *API) commitOne(events []*pendingEvent, workflowID string, s start) commitment {
	s.workflowID = workflowID
	began := time.Now()
	runID, err := a.start(trace.ContextWithSpanContext(context.Background(), events[0].caller), s)
	how := "ok"
	if err != nil {
		how = "error"
	} else {
		a.metrics.Counter(metric.EventsTaken).Inc(int64(len(events)))
	}
	a.metrics.WithTags(metric.Labels("outcome", how)).Timer(metric.BatchDuration).Record(time.Since(began))
	return commitment{workflowID, runID, err}
}

var errOne = errors.New("a single event needs no batch")

// batchOf returns the input of a run that fires the events. The error is the
// one that the run would return, or errOne.
func batchOf(events []*pendingEvent) (json.RawMessage, error) {
	if len(events) <= 1 {
		return nil, errOne
	}
	return eventbatch.Encode(events, (*pendingEvent).event)
}
