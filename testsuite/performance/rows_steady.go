package main

import (
	"context"
	"fmt"
	"time"

	"github.com/latch-run/latch"
)

// steadyRows measure the time from the call that fires an event to its
// delivery, at a steady rate.
func steadyRows() []row {
	var rows []row
	for _, rate := range []int{20, 40, 200} {
		r := row{name: fmt.Sprint("steady-", rate), title: fmt.Sprintf("events at a steady %d/s, from the call to the receiver", rate),
			metrics: []metric{{name: "p50", unit: "ms"}, {name: "p99", unit: "ms"}},
			sides:   []side{{local, callToReceiver(rate, startEvent)}, {ours, callToReceiver(rate, postEvent)}}}
		if rate == 200 {
			r.metrics[0].goal, r.metrics[1].goal = atMost(30), atMost(100)
		}
		rows = append(rows, r)
	}
	for _, rate := range []int{20, 40} {
		rows = append(rows, row{name: fmt.Sprint("steady-sdk-", rate), title: fmt.Sprintf("emissions by the SDK at a steady %d/s, from the call to the receiver", rate),
			metrics: []metric{{name: "p50", unit: "ms"}, {name: "p99", unit: "ms"}},
			sides:   []side{{ours, callToReceiver(rate, startEmission)}}})
	}
	return rows
}

func startEmission(ctx context.Context, w *world, url string, n int) error {
	_, err := w.latch(ctx, latch.WorkflowEmit, w.id("emit"),
		spec{"event": pinged, "data": spec{"n": n}, "webhooks": []spec{webhook("board", fmt.Sprint(url, "/", n), pinged)}})
	return err
}

// fallenBehind is how long calls, at their rate, may remain undelivered before
// a turn stops making them. What was measured by then shows that the side does
// not keep up, and the server must be free for the next turn.
const fallenBehind = time.Second

// callToReceiver measures from the time when each call was due, so that calls
// which could not be made in time count.
func callToReceiver(rate int, one calls) measurement {
	return func(ctx context.Context, w *world, o options) ([]float64, error) {
		t := w.sink.tally()
		behind := func(calls int) bool { return calls-t.sum() > int(float64(rate)*fallenBehind.Seconds()) }
		due, err := steadily(ctx, rate, 2*o.length, behind, func(ctx context.Context, n int) error { return one(ctx, w, t.url, n) })
		if err != nil {
			return nil, err
		}
		times := make([]time.Duration, len(due))
		for n := range due {
			at, err := t.awaitPath(ctx, fmt.Sprint("/", n))
			if err != nil {
				return nil, err
			}
			times[n] = at.Sub(due[n])
		}
		return []float64{milliseconds(percentile(times, 0.5)), milliseconds(percentile(times, 0.99))}, nil
	}
}
