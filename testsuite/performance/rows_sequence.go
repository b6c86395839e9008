package main

import (
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
)

// shortSequence is the number of jobs of the sequence with which the long one is compared, and
// shortSequences how often it runs, since a single one ends too soon to be timed.
const (
	shortSequence  = 10
	shortSequences = 5
)

// sequenceRows measure what a job of a long sequence costs (-jobs), relative to one of a short
// sequence.
func sequenceRows(o options) []row {
	title := fmt.Sprintf("a job of a sequence of %s against one of %d", short(float64(o.jobs)), shortSequence)
	return []row{{name: "sequence", title: title, once: true,
		metrics: []metric{{name: "time", unit: "×", goal: atMost(growth)}, {name: "bytes", unit: "×", goal: atMost(growth)}},
		sides:   []side{{ours, sequenceGrows}},
	}}
}

func sequenceGrows(ctx context.Context, w *world, o options) ([]float64, error) {
	var short sequenceCost
	for range shortSequences {
		one, err := runSequence(ctx, w, shortSequence)
		if err != nil {
			return nil, err
		}
		short.seconds += one.seconds / shortSequences
		short.bytes = one.bytes
	}
	long, err := runSequence(ctx, w, o.jobs)
	return []float64{long.seconds / short.seconds, long.bytes / short.bytes}, err
}

// A sequenceCost is what a job of a sequence takes, on average.
type sequenceCost struct {
	seconds float64
	// bytes are those of its own history, and its part of the sequence's.
	bytes float64
}

// runSequence runs a sequence of jobs with one HTTP task each.
func runSequence(ctx context.Context, w *world, count int) (cost sequenceCost, err error) {
	t, id := w.sink.tally(), w.id("sequence")
	jobs := make([]spec, count)
	for i := range jobs {
		jobs[i] = spec{"id": fmt.Sprint("job-", i), "task": spec{"http": spec{"url": t.url + "/task"}}}
	}
	begin := time.Now()
	run, err := w.latch(ctx, latch.WorkflowJobRun, id, spec{"id": id, "jobs": jobs})
	if err != nil {
		return cost, err
	}
	first := run.GetRunID()
	if err := run.Get(ctx, nil); err != nil {
		return cost, err
	}
	cost.seconds = time.Since(begin).Seconds() / float64(count)
	bytes, err := chainBytes(ctx, w.client, id, first)
	for i := 0; i < count && err == nil; i++ {
		var one int64
		one, err = chainBytes(ctx, w.client, fmt.Sprint(id, "/job-", i), "")
		bytes += one
	}
	cost.bytes = float64(bytes) / float64(count)
	return cost, err
}

// chainBytes returns the size of the histories of a run that has closed and of those as which it
// continued.
func chainBytes(ctx context.Context, c client.Client, workflowID, runID string) (bytes int64, err error) {
	for {
		described, err := c.DescribeWorkflowExecution(ctx, workflowID, runID)
		if err != nil {
			return 0, err
		}
		bytes += described.GetWorkflowExecutionInfo().GetHistorySizeBytes()
		end, err := c.GetWorkflowHistory(ctx, workflowID, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT).Next()
		if err != nil {
			return 0, err
		}
		if runID = end.GetWorkflowExecutionContinuedAsNewEventAttributes().GetNewExecutionRunId(); runID == "" {
			return bytes, nil
		}
	}
}
