package main

import (
	"context"
	"time"

	"go.temporal.io/sdk/client"
)

// A measurement is one side's turn: it does the work and returns a figure for
// each of the row's metrics.
type measurement = func(ctx context.Context, w *world, o options) ([]float64, error)

// starts starts a run whose requests go to paths below a URL.
type starts func(ctx context.Context, w *world, url string) (client.WorkflowRun, error)

// together is the number of concurrent runs.
const together = 50

// toEnd starts a run and waits for its end.
func (start starts) toEnd(ctx context.Context, w *world, url string) error {
	run, err := start(ctx, w, url)
	if err != nil {
		return err
	}
	return run.Get(ctx, nil)
}

// runsPerSecond measures the rate of concurrent runs. requests is the number of
// requests that each makes.
func runsPerSecond(start starts, requests int) measurement {
	return func(ctx context.Context, w *world, o options) ([]float64, error) {
		t := w.sink.tally()
		done, took, err := closedLoop(ctx, together, o.length, func(ctx context.Context, _ int) error { return start.toEnd(ctx, w, t.url) })
		if err != nil {
			return nil, err
		}
		_, err = t.await(ctx, done*requests)
		return []float64{float64(done) / took.Seconds()}, err
	}
}

// requestsPerSecond measures the rate of requests of consecutive runs, from the
// start of each run to its end.
func requestsPerSecond(start starts, requests int) measurement {
	return func(ctx context.Context, w *world, o options) ([]float64, error) {
		t := w.sink.tally()
		done, took, err := closedLoop(ctx, 1, o.length/2, func(ctx context.Context, _ int) error { return start.toEnd(ctx, w, t.url) })
		if err != nil {
			return nil, err
		}
		_, err = t.await(ctx, done*requests)
		return []float64{float64(done*requests) / took.Seconds()}, err
	}
}

// timeOfRun measures the durations of consecutive runs.
func timeOfRun(start starts, requests int) measurement {
	return func(ctx context.Context, w *world, o options) ([]float64, error) {
		t := w.sink.tally()
		var times []time.Duration
		_, _, err := closedLoop(ctx, 1, o.length, func(ctx context.Context, _ int) error {
			begin := time.Now()
			err := start.toEnd(ctx, w, t.url)
			times = append(times, time.Since(begin))
			return err
		})
		if err != nil {
			return nil, err
		}
		_, err = t.await(ctx, len(times)*requests)
		return []float64{milliseconds(percentile(times, 0.5))}, err
	}
}
