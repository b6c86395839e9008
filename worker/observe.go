package main

import (
	"context"
	"log/slog"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/metric"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/runs"
)

const (
	// observeEvery is the shortest time between two observations of the open locks.
	observeEvery = 15 * time.Second
	// observePart bounds the part of the time that is spent on observing: an observation is
	// followed by a pause of this many times its duration.
	observePart = 20
	// observeTimeout bounds one observation. observePage is how many locks one call lists.
	observeTimeout = time.Minute
	observePage    = 500
)

// An observer exports what no single run or attempt knows: how long locks have been open in the
// namespace, which endpoints are silent, and the state of the endpoints of registered webhooks.
type observer struct {
	metrics client.MetricsHandler
	// locks lists a page of the open locks, starting at a cursor.
	locks func(ctx context.Context, cursor string) (*runs.LockPart, error)
	// endpoints returns the numbers of known and of silent endpoints.
	endpoints func() (known, silent int)
	// webhooks lists the registered webhooks of the task queue.
	webhooks func(context.Context) ([]latch.RegisteredWebhook, error)
	// watched are the webhooks that the metrics contain.
	watched map[string]bool
	logger  *slog.Logger
	// failing names what the last observation could not read.
	failing map[string]bool
}

func newObserver(configured *configuration, temporal client.Client, metrics client.MetricsHandler, logger *slog.Logger) *observer {
	over := runs.New(runs.Options{Client: temporal, Namespace: configured.temporal.Namespace, DataConverter: configured.temporal.DataConverter})
	registered := registry.New(registry.Options{Service: temporal.WorkflowService, Namespace: configured.temporal.Namespace,
		TaskQueue: configured.TaskQueue, DataConverter: configured.temporal.DataConverter}).Webhooks()
	return &observer{metrics: metrics, logger: logger, endpoints: configured.plugin.Endpoints, webhooks: registered.List,
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

// observe makes one observation.
func (o *observer) observe(ctx context.Context, now time.Time) {
	known, silent := o.endpoints()
	o.metrics.WithTags(metric.Labels("state", "answering")).Gauge(metric.Endpoints).Update(float64(known - silent))
	o.metrics.WithTags(metric.Labels("state", "silent")).Gauge(metric.Endpoints).Update(float64(silent))
	o.note(ctx, "open locks cannot be listed", o.showLocks(ctx, now))
	o.note(ctx, "registered webhooks cannot be read", o.showWebhooks(ctx))
}

// note logs the first of consecutive failures. The metrics do not change.
func (o *observer) note(ctx context.Context, what string, err error) {
	if ctx.Err() != nil {
		return
	}
	if err != nil && !o.failing[what] {
		o.logger.Warn(what+": their metrics stay as they were", "error", err)
	}
	if o.failing == nil {
		o.failing = map[string]bool{}
	}
	o.failing[what] = err != nil
}

func (o *observer) showLocks(ctx context.Context, now time.Time) error {
	open, oldest, err := o.openLocks(ctx)
	if err != nil {
		return err
	}
	age := 0.0
	if open > 0 {
		age = max(now.Sub(oldest).Seconds(), 0)
	}
	o.metrics.Gauge(metric.OpenLocks).Update(float64(open))
	o.metrics.Gauge(metric.OldestLockAge).Update(age)
	return nil
}

// showWebhooks exports the states of the endpoints at which Latch counts failures. A webhook
// that is deleted, or no longer counted, has no state.
func (o *observer) showWebhooks(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, observeTimeout)
	defer cancel()
	all, err := o.webhooks(ctx)
	if err != nil {
		return err
	}
	states := map[string]string{}
	for id := range o.watched {
		states[id] = ""
	}
	o.watched = map[string]bool{}
	for i := range all {
		if all[i].Health == nil || !all[i].IsEnabled() {
			continue
		}
		o.watched[all[i].ID], states[all[i].ID] = true, endpointHealthy
		if known := all[i].Endpoint; known != nil {
			states[all[i].ID] = known.State
		}
	}
	for id, state := range states {
		for _, each := range []string{endpointHealthy, latch.EndpointFailing, latch.EndpointDisabled} {
			value := 0.0
			if each == state {
				value = 1
			}
			o.metrics.WithTags(metric.Labels("state", each, "webhook", id)).Gauge(metric.WebhookEndpoint).Update(value)
		}
	}
	return nil
}

// endpointHealthy is the default state of an endpoint.
const endpointHealthy = "healthy"

// openLocks returns how many locks are open in the namespace, and since when the oldest of them
// is.
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
