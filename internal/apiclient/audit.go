package apiclient

import (
	"context"
	"net/http"
)

// An AuditFilter selects the entries of the audit to list.
type AuditFilter struct{ Since, Until, By, Action, Outcome string }

// Audit reads a page of the audit into part.
func (c *Client) Audit(ctx context.Context, filter AuditFilter, cursor string, limit int, part any) error {
	query := listQuery(limit, map[string]string{"since": filter.Since, "until": filter.Until, "by": filter.By,
		"action": filter.Action, "outcome": filter.Outcome, "cursor": cursor})
	return c.call(ctx, http.MethodGet, "/latch/v1/audit", query, nil, part)
}
