package main

import (
	"context"

	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/performance/byhand"
)

// emissionRows measure an event with one webhook, started through the SDK.
func emissionRows() []row {
	return []row{{name: "emission", title: "emission with one webhook, 50 at a time",
		metrics: []metric{{unit: "runs/s", goal: ratio{of: local, atLeast: 0.8}}},
		sides:   []side{{local, runsPerSecond(eventByHand, 1)}, {ours, runsPerSecond(emissionOf(1), 1)}},
	}}
}

func eventByHand(ctx context.Context, w *world, url string) (client.WorkflowRun, error) {
	return w.byHand(ctx, byhand.Event, url+"/a", nil)
}

// emissionOf starts an emission with a number of webhooks.
func emissionOf(webhooks int) starts {
	return func(ctx context.Context, w *world, url string) (client.WorkflowRun, error) {
		return w.latch(ctx, latch.WorkflowEmit, w.id("emit"), spec{"event": pinged, "webhooks": webhooksTo(url, pinged, webhooks)})
	}
}

// pinged is a custom event.
const pinged = "PINGED"
