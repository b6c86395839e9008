package main

import (
	"context"
	"fmt"
	"math"

	"github.com/latch-run/latch/testsuite/performance/byhand"
)

const (
	// bytesAWebhook bounds the history that a webhook may cost, in bytes.
	bytesAWebhook = 1300

	// growth bounds the cost of a webhook among a thousand, relative to one
	// among ten.
	growth = 1.2
)

// historyRows count events and bytes of history, which are the same in each
// run.
func historyRows() []row {
	var rows []row
	for _, count := range []int{10, 1000} {
		most := 8 + math.Ceil(float64(count)/100)
		rows = append(rows, row{name: fmt.Sprint("history-", count), title: fmt.Sprintf("history of an emission with %d webhooks", count), once: true,
			metrics: []metric{{name: "events", goal: atMost(most)}, {name: "a webhook", unit: "bytes", goal: atMost(bytesAWebhook)}},
			sides:   []side{{onehand, historyOf(fanoutByHand(count), count)}, {ours, historyOf(emissionOf(count), count)}}})
	}
	return append(rows,
		row{name: "history-job", title: "history of a job with three webhooks", once: true,
			metrics: []metric{{name: "events", goal: atMost(16 + 3)}, {name: "all", unit: "bytes"}},
			sides: []side{{regular, historyOf(jobByHand(byhand.JobRegular), 1)}, {local, historyOf(jobByHand(byhand.JobLocal), 1)},
				{ours, historyOf(jobByLatch, 1)}}},
		row{name: "growth", title: "a webhook of 1,000 against one of 10",
			metrics: []metric{{name: "time", unit: "×", goal: atMost(growth)}, {name: "bytes", unit: "×", goal: atMost(growth)}},
			sides:   []side{{ours, grows}}})
}

// historyOf counts the events of a run's history, and its bytes per webhook.
func historyOf(start starts, webhooks int) measurement {
	return func(ctx context.Context, w *world, _ options) ([]float64, error) {
		t := w.sink.tally()
		run, err := start(ctx, w, t.url)
		if err != nil {
			return nil, err
		}
		if err := run.Get(ctx, nil); err != nil {
			return nil, err
		}
		described, err := w.client.DescribeWorkflowExecution(ctx, run.GetID(), run.GetRunID())
		if err != nil {
			return nil, err
		}
		info := described.GetWorkflowExecutionInfo()
		return []float64{float64(info.GetHistoryLength()), float64(info.GetHistorySizeBytes()) / float64(webhooks)}, nil
	}
}

// grows measures the cost of a webhook among a thousand, divided by that of one
// among ten.
func grows(ctx context.Context, w *world, o options) ([]float64, error) {
	var figures [2][2]float64
	for i, count := range []int{10, 1000} {
		rate, err := requestsPerSecond(emissionOf(count), count)(ctx, w, o)
		if err != nil {
			return nil, err
		}
		history, err := historyOf(emissionOf(count), count)(ctx, w, o)
		if err != nil {
			return nil, err
		}
		figures[i] = [2]float64{1 / rate[0], history[1]}
	}
	return []float64{figures[1][0] / figures[0][0], figures[1][1] / figures[0][1]}, nil
}
