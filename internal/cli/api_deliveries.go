package cli

import (
	"context"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/apiclient"
	"github.com/latch-run/latch/internal/deliveries"
)

// apiDeliveries tells of deliveries by the API.
type apiDeliveries struct{ app *app }

// Search returns a part of what the filter takes.
func (d apiDeliveries) Search(ctx context.Context, filter deliveries.Filter, cursor string, limit int) (*deliveries.DeliveryPart, error) {
	part := new(deliveries.DeliveryPart)
	if err := d.app.api.Deliveries(ctx, apiFilter(filter, cursor, limit), part); err != nil {
		return nil, d.app.apiFailure(err, kindFailed)
	}
	if part.Records == nil {
		part.Records = []latch.Record{}
	}
	return part, nil
}

// RedeliverFailed sends a part of what failed again.
func (d apiDeliveries) RedeliverFailed(ctx context.Context, filter deliveries.Filter, cursor string, limit int, dryRun bool) (*deliveries.BulkRedelivery, error) {
	asked := apiFilter(filter, cursor, limit)
	asked.DryRun = dryRun
	bulk := new(deliveries.BulkRedelivery)
	if err := d.app.api.RedeliverFailed(ctx, asked, bulk); err != nil {
		return nil, d.app.apiFailure(err, kindFailed)
	}
	return bulk, nil
}

// Redeliver sends one delivery again.
func (d apiDeliveries) Redeliver(ctx context.Context, id string, origin deliveries.Origin) (*deliveries.Redelivery, error) {
	started := new(deliveries.Redelivery)
	if err := d.app.api.Redeliver(ctx, id, origin.WorkflowID, origin.RunID, started); err != nil {
		return nil, d.app.apiFailure(err, kindRunning)
	}
	return started, nil
}

func apiFilter(filter deliveries.Filter, cursor string, limit int) apiclient.DeliveryFilter {
	return apiclient.DeliveryFilter{Failed: filter.Failed, Since: exactly(filter.Since), Until: exactly(filter.Until), Webhook: filter.Webhook,
		Event: filter.Event, Job: filter.Job, Release: filter.Release, Limit: limit, Cursor: cursor}
}

func exactly(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339Nano)
}
