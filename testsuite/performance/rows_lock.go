package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/performance/byhand"
)

// locksATurn is the number of locks that a turn removes, one after the other.
const locksATurn = 30

// lockRows measure the time from the removal of a release's lock to the request
// of the next step.
func lockRows() []row {
	return []row{{name: "lock", title: "lock removed to the next step's request",
		metrics: []metric{{name: "p50", unit: "ms", goal: atMost(12)}, {name: "p99", unit: "ms", goal: atMost(30)}},
		sides:   []side{{onehand, removals(gatedByHand)}, {ours, removals(gatedByLatch)}},
	}}
}

// A gated run waits until open is called.
type gated struct {
	open func(ctx context.Context) error
	run  client.WorkflowRun
}

// removals measures the removal of the locks of runs that were started before,
// one after the other.
func removals(begin func(ctx context.Context, w *world, t *tally, n int) (gated, error)) measurement {
	return func(ctx context.Context, w *world, _ options) ([]float64, error) {
		t := w.sink.tally()
		var all []gated
		for n := range locksATurn {
			g, err := begin(ctx, w, t, n)
			if err != nil {
				return nil, err
			}
			all = append(all, g)
		}
		var times []time.Duration
		for n, g := range all {
			from := time.Now()
			if err := g.open(ctx); err != nil {
				return nil, err
			}
			at, err := t.awaitPath(ctx, fmt.Sprint("/step/", n))
			if err != nil {
				return nil, err
			}
			times = append(times, at.Sub(from))
			if err := g.run.Get(ctx, nil); err != nil {
				return nil, err
			}
		}
		return []float64{milliseconds(percentile(times, 0.5)), milliseconds(percentile(times, 0.99))}, nil
	}
}

func gatedByHand(ctx context.Context, w *world, t *tally, n int) (gated, error) {
	gate := fmt.Sprint("/gate/", n)
	run, err := w.byHand(ctx, byhand.Gated, t.url+gate, fmt.Sprint(t.url, "/step/", n))
	if err != nil {
		return gated{}, err
	}
	_, err = t.awaitPath(ctx, gate)
	return gated{run: run, open: func(ctx context.Context) error {
		return w.client.SignalWorkflow(ctx, run.GetID(), "", byhand.Approve, nil)
	}}, err
}

func gatedByLatch(ctx context.Context, w *world, t *tally, n int) (gated, error) {
	id := w.id("release")
	gate := webhook("gate", fmt.Sprint(t.url, "/gate/", n), "")
	delete(gate, "event")
	gate["events"] = []spec{{"event": latch.EventBeforeRelease, "blocking": true}}
	run, err := w.latch(ctx, latch.WorkflowRelease, id, spec{"id": id, "webhooks": []spec{gate},
		"steps": []spec{{"name": "a", "do": spec{"http": spec{"url": fmt.Sprint(t.url, "/step/", n)}}}}})
	if err != nil {
		return gated{}, err
	}
	if _, err := t.awaitPath(ctx, fmt.Sprint("/gate/", n)); err != nil {
		return gated{}, err
	}
	token, err := w.lockOf(ctx, id)
	return gated{run: run, open: func(ctx context.Context) error { return w.removeLock(ctx, id, token) }}, err
}

// lockOf returns the token of a run's lock, once the endpoint has answered.
func (w *world) lockOf(ctx context.Context, id string) (string, error) {
	for {
		answer, err := w.client.QueryWorkflow(ctx, id, "", latch.QueryHistory)
		if err != nil {
			return "", err
		}
		var history []latch.Record
		if err := answer.Get(&history); err != nil {
			return "", err
		}
		if len(history) == 1 && history[0].Lock != nil && len(history[0].Tries) == 1 {
			return history[0].Lock.Token, nil
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return "", errors.Join(errors.New("the release shows no lock"), context.Cause(ctx))
		}
	}
}

func (w *world) removeLock(ctx context.Context, id, token string) error {
	update, err := w.client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{WorkflowID: id, UpdateName: latch.MessageReleaseLock,
		Args: []any{latch.LockRelease{Lock: token}}, WaitForStage: client.WorkflowUpdateStageCompleted})
	if err != nil {
		return err
	}
	return update.Get(ctx, nil)
}
