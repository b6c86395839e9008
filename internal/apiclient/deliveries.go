package apiclient

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

const deliveries = "/latch/v1/deliveries"

// A DeliveryFilter selects the deliveries to list, or to send again, and the page.
type DeliveryFilter struct {
	Failed bool `json:"failed"`
	// Skipped is only for redeliveries: it selects those kept while their endpoint was
	// disabled.
	Skipped   bool   `json:"skipped,omitempty"`
	Since     string `json:"since,omitempty"`
	Until     string `json:"until,omitempty"`
	Webhook   string `json:"webhook,omitempty"`
	Event     string `json:"event,omitempty"`
	Job       string `json:"job,omitempty"`
	Release   string `json:"release,omitempty"`
	TaskQueue string `json:"task_queue,omitempty"`
	// Outcome is only for lists: redeliveries have failed.
	Outcome string `json:"-"`
	// Deliveries are ids, only for redeliveries.
	Deliveries []string `json:"deliveries,omitempty"`
	Limit      int      `json:"limit"`
	Cursor     string   `json:"cursor,omitempty"`
	DryRun     bool     `json:"dry_run,omitempty"`
}

func (f *DeliveryFilter) query() url.Values {
	failed := ""
	if f.Failed {
		failed = "true"
	}
	return listQuery(f.Limit, map[string]string{"failed": failed, "since": f.Since, "until": f.Until, "webhook": f.Webhook, "event": f.Event,
		"job": f.Job, "release": f.Release, "task_queue": f.TaskQueue, "outcome": f.Outcome, "cursor": f.Cursor})
}

// Deliveries reads a page of the list of deliveries into part.
func (c *Client) Deliveries(ctx context.Context, filter DeliveryFilter, part any) error {
	return c.call(ctx, http.MethodGet, deliveries, filter.query(), nil, part)
}

// DeliveryStatistics reads the statistics of the deliveries that match the filter into
// statistics, with the number of intervals that the API chooses.
func (c *Client) DeliveryStatistics(ctx context.Context, filter DeliveryFilter, statistics any) error {
	query := filter.query()
	query.Del("limit")
	query.Del("cursor")
	return c.call(ctx, http.MethodGet, deliveries+"/statistics", query, nil, statistics)
}

// Delivery reads one delivery with its redeliveries into found. The run is needed if the id
// does not contain it.
func (c *Client) Delivery(ctx context.Context, id, workflowID, runID string, found any) error {
	query := url.Values{}
	if workflowID != "" || runID != "" {
		query = url.Values{"workflow_id": {workflowID}, "run_id": {runID}}
	}
	return c.call(ctx, http.MethodGet, deliveries+"/"+url.PathEscape(id), query, nil, found)
}

// RedeliverFailed sends a page of the failed deliveries again, and reads the results into bulk.
func (c *Client) RedeliverFailed(ctx context.Context, filter DeliveryFilter, bulk any) error {
	if filter.Skipped {
		c = c.patient(skippedTimeout)
	}
	return c.call(ctx, http.MethodPost, deliveries+"/redeliver", nil, filter, bulk)
}

// skippedTimeout bounds the wait for the API to find skipped deliveries.
const skippedTimeout = 11 * time.Minute

// DeliveryQueue reads the progress of a workflow that sends skipped deliveries.
func (c *Client) DeliveryQueue(ctx context.Context, workflowID string, state any) error {
	return c.call(ctx, http.MethodGet, deliveries+"/queues/"+url.PathEscape(workflowID), nil, nil, state)
}

// Redeliver sends one delivery again and reads the started workflow into started. The run is
// needed for ids that do not contain it.
func (c *Client) Redeliver(ctx context.Context, id, workflowID, runID string, started any) error {
	origin := map[string]string{}
	if workflowID != "" || runID != "" {
		origin = map[string]string{"workflow_id": workflowID, "run_id": runID}
	}
	return c.call(ctx, http.MethodPost, deliveries+"/"+url.PathEscape(id)+"/redeliver", nil, origin, started)
}
