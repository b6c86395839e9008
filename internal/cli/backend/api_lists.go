package backend

import (
	"context"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/apiclient"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/deliveries"
	"github.com/latch-run/latch/internal/runs"
)

// Releases returns a page of the list of releases.
func (a *API) Releases(ctx context.Context, filter runs.RunFilter, cursor string, limit int) (*runs.ReleasePart, error) {
	part := &runs.ReleasePart{}
	return part, a.failed(a.client.Releases(ctx, runFilterOfAPI(filter), cursor, limit, part), failure.Failed)
}

// Gates returns a page of the list of gates.
func (a *API) Gates(ctx context.Context, filter runs.RunFilter, cursor string, limit int) (*runs.GatePart, error) {
	part := &runs.GatePart{}
	return part, a.failed(a.client.Gates(ctx, runFilterOfAPI(filter), cursor, limit, part), failure.Failed)
}

func runFilterOfAPI(filter runs.RunFilter) apiclient.RunFilter {
	return apiclient.RunFilter{Status: filter.Status, Since: exactly(filter.Since), Until: exactly(filter.Until), Search: filter.Search}
}

// Turns returns the turns of a concurrency key.
func (a *API) Turns(ctx context.Context, key string) (*latch.Turns, error) {
	turns := &latch.Turns{}
	return turns, a.failed(a.client.Turns(ctx, key, turns), failure.Failed)
}

// Locks returns a page of the list of open locks.
func (a *API) Locks(ctx context.Context, filter runs.LockFilter, cursor string, limit int) (*runs.LockPart, error) {
	part := &runs.LockPart{}
	asked := apiclient.LockFilter{Webhook: filter.Webhook, Event: filter.Event, Job: filter.Job, Release: filter.Release,
		Since: exactly(filter.Since), Until: exactly(filter.Until)}
	return part, a.failed(a.client.Locks(ctx, asked, cursor, limit, part), failure.Failed)
}

// Webhooks lists the registered webhooks of the API's task queue.
func (a *API) Webhooks(ctx context.Context) ([]latch.RegisteredWebhook, error) {
	list := struct{ Webhooks []latch.RegisteredWebhook }{Webhooks: []latch.RegisteredWebhook{}}
	err := a.failed(a.client.Webhooks(ctx, &list), failure.Failed)
	return list.Webhooks, err
}

// Search returns a page of the deliveries that match the filter.
func (a *API) Search(ctx context.Context, filter deliveries.Filter, cursor string, limit int) (*deliveries.DeliveryPart, error) {
	part := new(deliveries.DeliveryPart)
	if err := a.client.Deliveries(ctx, filterOfAPI(filter, cursor, limit), part); err != nil {
		return nil, a.failed(err, failure.Failed)
	}
	if part.Records == nil {
		part.Records = []latch.Record{}
	}
	return part, nil
}

// RedeliverFailed sends one page of failed deliveries again.
func (a *API) RedeliverFailed(ctx context.Context, filter deliveries.Filter, cursor string, limit int, dryRun bool) (*deliveries.BulkRedelivery, error) {
	asked := filterOfAPI(filter, cursor, limit)
	asked.DryRun = dryRun
	bulk := new(deliveries.BulkRedelivery)
	return bulk, a.failed(a.client.RedeliverFailed(ctx, asked, bulk), failure.Failed)
}

// RedeliverSkipped sends what was skipped. The API answers once it has looked.
func (a *API) RedeliverSkipped(ctx context.Context, filter deliveries.Filter, dryRun bool,
	_ func(runs, found int)) (*deliveries.BulkRedelivery, error) {
	asked := filterOfAPI(filter, "", 1) // a limit has no effect here
	asked.DryRun, asked.Skipped = dryRun, true
	bulk := new(deliveries.BulkRedelivery)
	return bulk, a.failed(a.client.RedeliverFailed(ctx, asked, bulk), failure.Failed)
}

// Queue returns how far a workflow has come that sends what was skipped.
func (a *API) Queue(ctx context.Context, workflowID string) (*deliveries.QueueState, error) {
	state := new(deliveries.QueueState)
	return state, a.failed(a.client.DeliveryQueue(ctx, workflowID, state), failure.Failed)
}

// Redeliver sends one delivery again.
func (a *API) Redeliver(ctx context.Context, id string, origin deliveries.Origin) (*deliveries.Redelivery, error) {
	started := new(deliveries.Redelivery)
	return started, a.failed(a.client.Redeliver(ctx, id, origin.WorkflowID, origin.RunID, started), failure.Running)
}

func filterOfAPI(filter deliveries.Filter, cursor string, limit int) apiclient.DeliveryFilter {
	return apiclient.DeliveryFilter{Failed: filter.Failed, Since: exactly(filter.Since), Until: exactly(filter.Until), Webhook: filter.Webhook,
		Event: filter.Event, Job: filter.Job, Release: filter.Release, TaskQueue: filter.TaskQueue, Outcome: filter.Outcome, Limit: limit, Cursor: cursor}
}
