package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"golang.org/x/sync/errgroup"

	"github.com/latch-run/latch"
)

const (
	// mostCached is how many runs Latch's worker keeps in memory at most, however many wait.
	mostCached = 2000

	// looked is how many of the waiting releases are examined.
	looked = 100
)

// waitingRows measure what releases cost that wait on a lock (-releases). They are not ended
// afterwards, so that no row should come after these.
func waitingRows(o options) []row {
	return []row{{name: "waiting", title: short(float64(o.releases)) + " releases wait on a lock", once: true,
		metrics: []metric{
			{name: "runs in the worker's memory", goal: atMost(mostCached)},
			{name: "timers and activities in the histories of 100", goal: atMost(0)},
			{name: "the worker's memory", unit: "MiB"},
		},
		sides: []side{{ours, releasesWait}},
	}}
}

func releasesWait(ctx context.Context, w *world, o options) ([]float64, error) {
	before, err := w.scrape(ctx)
	if err != nil {
		return nil, err
	}
	ids := make([]string, o.releases)
	group, starting := errgroup.WithContext(ctx)
	group.SetLimit(together)
	for i := range ids {
		ids[i] = w.id("waiting")
		group.Go(func() error {
			_, err := w.latch(starting, latch.WorkflowRelease, ids[i], spec{"id": ids[i],
				"webhooks": []spec{{"id": "gate", "events": []spec{{"event": latch.EventBeforeRelease, "blocking": true}}}},
				"steps":    []spec{{"name": "a", "do": spec{"http": spec{"url": w.sink.url + "/never"}}}}})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	now, err := w.awaitTasks(ctx, before.releaseTasks()+float64(o.releases))
	if err != nil {
		return nil, err
	}
	moves := 0
	for i := range min(looked, o.releases) {
		n, err := w.moving(ctx, ids[i*o.releases/min(looked, o.releases)])
		if err != nil {
			return nil, err
		}
		moves += n
	}
	return []float64{now.cached(), float64(moves), now["process_resident_memory_bytes"] / (1 << 20)}, nil
}

// awaitTasks waits until the worker has done a number of workflow tasks of releases in all.
func (w *world) awaitTasks(ctx context.Context, tasks float64) (scraped, error) {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		now, err := w.scrape(ctx)
		if err != nil || now.releaseTasks() >= tasks {
			return now, err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("the worker has done %g workflow tasks of %g", now.releaseTasks(), tasks), context.Cause(ctx))
		}
	}
}

// moving counts in the history of a waiting run what would wake it up again: timers and activities.
func (w *world) moving(ctx context.Context, id string) (count int, err error) {
	events := w.client.GetWorkflowHistory(ctx, id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	locks := false
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			return 0, err
		}
		switch event.GetEventType() {
		case enumspb.EVENT_TYPE_TIMER_STARTED, enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
			count++
		case enumspb.EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED:
			locks = true // its memo lists the open lock
		case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED:
			return 0, fmt.Errorf("release %s has ended", id)
		}
	}
	if !locks {
		return 0, fmt.Errorf("release %s has no lock", id)
	}
	return count, nil
}
