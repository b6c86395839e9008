package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/latch-run/latch/testsuite/performance/byhand"
)

// eventRows measure events fired through the API, each with one webhook,
// against a hand-written workflow with one local send per event. Every caller
// continues once its event is durable; the rate is that of arrivals.
func eventRows() []row {
	given := func(callers int, goals ...goal) row {
		m := metric{unit: "events/s"}
		if len(goals) > 0 {
			m.goal = goals[0]
		}
		return row{name: fmt.Sprint("events-", callers), title: fmt.Sprintf("events by the API, a webhook along, %d callers", callers),
			metrics: []metric{m}, sides: []side{{local, arrivals(callers, startEvent)}, {ours, arrivals(callers, postEvent)}}}
	}
	registered := given(100, ratio{of: local, atLeast: 15})
	registered.name, registered.title = "events-registered", "events by the API, a registered webhook, 100 callers"
	registered.sides[1].measure = arrivalsRegistered(100)
	return []row{given(50), given(100, ratio{of: local, atLeast: 15}), registered}
}

// calls fires event number n, which is sent to a path below the URL, and
// returns once it is durable.
type calls func(ctx context.Context, w *world, url string, n int) error

func startEvent(ctx context.Context, w *world, url string, n int) error {
	_, err := w.byHand(ctx, byhand.Event, fmt.Sprint(url, "/", n), map[string]any{"n": n})
	return err
}

func postEvent(ctx context.Context, w *world, url string, n int) error {
	return w.post(ctx, spec{"event": pinged, "data": spec{"n": n}, "webhooks": []spec{webhook("board", fmt.Sprint(url, "/", n), pinged)}})
}

// post fires an event through the API.
func (w *world) post(ctx context.Context, event spec) error {
	body, err := json.Marshal(event)
	if err != nil {
		return err
	}
	return w.api.call(ctx, http.MethodPost, "/latch/v1/events", body)
}

// arrivals measures how many events arrive per second, from the first call to
// the last arrival.
func arrivals(callers int, one calls) measurement {
	return func(ctx context.Context, w *world, o options) ([]float64, error) {
		t, begin := w.sink.tally(), time.Now()
		done, _, err := closedLoop(ctx, callers, o.length, func(ctx context.Context, n int) error { return one(ctx, w, t.url, n) })
		if err != nil {
			return nil, err
		}
		last, err := t.await(ctx, done)
		return []float64{float64(done) / last.Sub(begin).Seconds()}, err
	}
}

// registeredEvent is the event of the registered webhook.
const registeredEvent = "REGISTERED_PING"

// arrivalsRegistered is arrivals with a registered webhook, which is removed
// afterwards.
func arrivalsRegistered(callers int) measurement {
	return func(ctx context.Context, w *world, o options) (_ []float64, err error) {
		t := w.sink.tally()
		body, err := json.Marshal(spec{"url": t.url + "/a", "event": registeredEvent, "secret": "board"})
		if err != nil {
			return nil, err
		}
		const path = "/latch/v1/webhooks/bench"
		if err := w.api.call(ctx, http.MethodPut, path, body); err != nil {
			return nil, err
		}
		begin := time.Now()
		done, _, err := closedLoop(ctx, callers, o.length, func(ctx context.Context, n int) error {
			return w.post(ctx, spec{"event": registeredEvent, "data": spec{"n": n}})
		})
		if err != nil {
			return nil, err
		}
		last, err := t.await(ctx, done)
		if err != nil {
			return nil, err
		}
		return []float64{float64(done) / last.Sub(begin).Seconds()}, w.api.call(ctx, http.MethodDelete, path, nil)
	}
}
