package main

import (
	"context"
	"log/slog"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch/internal/metric"
	"github.com/latch-run/latch/internal/runs"
)

const (
	// observeEvery is the least time between two looks at the open locks.
	observeEvery = 15 * time.Second
	// observePart bounds the part of the time that is spent looking: a look that
	// took long is followed by a pause of so many times as long.
	observePart = 20
	// observeTimeout bounds one look, and observePage how many locks one call lists.
	observeTimeout = time.Minute
	observePage    = 500
)

// An observer shows what no single run or attempt knows: how long locks have
// been open in the namespace, and which endpoints are silent.
type observer struct {
	metrics client.MetricsHandler
	// locks lists a part of the open locks from a cursor on.
	locks func(ctx context.Context, cursor string) (*runs.LockPart, error)
	// endpoints counts the endpoints that are known, and those that are silent.
	endpoints func() (known, silent int)
	logger    *slog.Logger
	// failing reports that the last look at the locks failed.
	failing bool
}

func newObserver(configured *configuration, temporal client.Client, metrics client.MetricsHandler, logger *slog.Logger) *observer {
	over := runs.New(runs.Options{Client: temporal, Namespace: configured.temporal.Namespace, DataConverter: configured.temporal.DataConverter})
	return &observer{metrics: metrics, logger: logger, endpoints: configured.plugin.Endpoints,
		locks: func(ctx context.Context, cursor string) (*runs.LockPart, error) {
			return over.Locks(ctx, runs.LockFilter{}, cursor, observePage)
		}}
}

// run observes until ctx ends.
func (o *observer) run(ctx context.Context) {
	for {
		began := time.Now()
		o.observe(ctx, began)
		pause := time.NewTimer(max(observeEvery, observePart*time.Since(began)))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return
		}
	}
}

// observe looks once. Locks that cannot be listed leave the metrics as they were;
// the log has a line for the first of several failures.
func (o *observer) observe(ctx context.Context, now time.Time) {
	known, silent := o.endpoints()
	o.metrics.WithTags(metric.Labels("state", "answering")).Gauge(metric.Endpoints).Update(float64(known - silent))
	o.metrics.WithTags(metric.Labels("state", "silent")).Gauge(metric.Endpoints).Update(float64(silent))
	open, oldest, err := o.openLocks(ctx)
	switch {
	case ctx.Err() != nil:
		return
	case err != nil:
		if !o.failing {
			o.logger.Warn("open locks cannot be listed: their metrics stay as they were", "error", err)
		}
	default:
		age := 0.0
		if open > 0 {
			age = max(now.Sub(oldest).Seconds(), 0)
		}
		o.metrics.Gauge(metric.OpenLocks).Update(float64(open))
		o.metrics.Gauge(metric.OldestLockAge).Update(age)
	}
	o.failing = err != nil
}

// openLocks returns how many locks are open in the namespace, and since when the
// oldest of them is.
func (o *observer) openLocks(ctx context.Context) (open int, oldest time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, observeTimeout)
	defer cancel()
	for cursor := ""; ; {
		part, err := o.locks(ctx, cursor)
		if err != nil {
			return 0, time.Time{}, err
		}
		for _, lock := range part.Locks {
			if open == 0 || lock.Since.Before(oldest) {
				oldest = lock.Since.Time
			}
			open++
		}
		if cursor = part.NextCursor; cursor == "" {
			return open, oldest, nil
		}
	}
}
