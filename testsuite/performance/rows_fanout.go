package main

import (
	"context"
	"fmt"

	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch/testsuite/performance/byhand"
)

// fanoutRows measure one event with many webhooks.
func fanoutRows() []row {
	var rows []row
	for _, count := range []int{500, 1000} {
		rows = append(rows, row{name: fmt.Sprint("fanout-", count), title: fmt.Sprintf("one event with %d webhooks", count),
			metrics: []metric{{unit: "deliveries/s", goal: ratio{of: onehand, atLeast: 0.4}}},
			sides:   []side{{onehand, requestsPerSecond(fanoutByHand(count), count)}, {ours, requestsPerSecond(emissionOf(count), count)}},
		})
	}
	return rows
}

// fanoutByHand starts a run with a number of requests.
func fanoutByHand(count int) starts {
	return func(ctx context.Context, w *world, url string) (client.WorkflowRun, error) {
		return w.byHand(ctx, byhand.Fanout, urlsTo(url, count))
	}
}
