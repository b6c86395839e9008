package backend

import (
	"context"

	"github.com/latch-run/latch/internal/apiclient"
	"github.com/latch-run/latch/internal/audit"
	"github.com/latch-run/latch/internal/cli/failure"
)

// Audit returns a page of the audit of the task queue.
func (t *Temporal) Audit(ctx context.Context, filter audit.Filter, cursor string, limit int) (*audit.Part, error) {
	return audit.New(t.runs, t.taskQueue).Page(ctx, filter, cursor, limit)
}

// Audit returns a page of the audit of the API's task queue.
func (a *API) Audit(ctx context.Context, filter audit.Filter, cursor string, limit int) (*audit.Part, error) {
	part := &audit.Part{}
	asked := apiclient.AuditFilter{Since: exactly(filter.Since), Until: exactly(filter.Until), By: filter.By,
		Action: filter.Action, Outcome: filter.Outcome}
	return part, a.failed(a.client.Audit(ctx, asked, cursor, limit, part), failure.Failed)
}
