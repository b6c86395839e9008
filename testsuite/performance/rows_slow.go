package main

import (
	"context"
	"time"

	"github.com/latch-run/latch"
)

// slowRows measure what an endpoint that takes three seconds delays.
func slowRows() []row {
	return []row{{name: "slow", title: "JOB_START goes to a receiver that takes 3 s: until the task starts; deliveries of it",
		metrics: []metric{{name: "task", unit: "ms", goal: atMost(350)}, {name: "deliveries", goal: atMost(1)}},
		sides:   []side{{ours, besideSlow}},
	}}
}

func besideSlow(ctx context.Context, w *world, _ options) ([]float64, error) {
	t, id := w.sink.tally(), w.id("job")
	begin := time.Now()
	run, err := w.latch(ctx, latch.WorkflowJobRun, id, spec{"id": id, "task": spec{"http": spec{"url": t.url + "/task"}},
		"webhooks": []spec{webhook("slow", t.url+"/slow/start", latch.EventJobStart)}})
	if err != nil {
		return nil, err
	}
	at, err := t.awaitPath(ctx, "/task")
	if err != nil {
		return nil, err
	}
	if _, err := t.awaitPath(ctx, "/slow/start"); err != nil {
		return nil, err
	}
	err = run.Get(ctx, nil)
	return []float64{milliseconds(at.Sub(begin)), float64(t.count("/slow/start"))}, err
}
