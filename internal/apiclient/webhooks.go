package apiclient

import (
	"context"
	"net/http"
	"net/url"
)

const webhooks = "/latch/v1/webhooks"

// Webhooks reads the list of registered webhooks into list.
func (c *Client) Webhooks(ctx context.Context, list any) error {
	return c.call(ctx, http.MethodGet, webhooks, nil, nil, list)
}

// Webhook reads a registered webhook into webhook, and returns its ETag.
func (c *Client) Webhook(ctx context.Context, id string, webhook any) (etag string, err error) {
	return c.tagged(ctx, http.MethodGet, webhooks+"/"+url.PathEscape(id), "", nil, webhook)
}

// CreateWebhook registers a webhook, and reads it into made.
func (c *Client) CreateWebhook(ctx context.Context, webhook, made any) error {
	return c.call(ctx, http.MethodPost, webhooks, nil, webhook, made)
}

// PutWebhook replaces a registered webhook that has the ETag, or any version if that is empty,
// and reads it into made.
func (c *Client) PutWebhook(ctx context.Context, id, etag string, webhook, made any) error {
	_, err := c.tagged(ctx, http.MethodPut, webhooks+"/"+url.PathEscape(id), etag, webhook, made)
	return err
}

// EnableWebhook enables or disables a registered webhook that has the ETag, or any version if
// that is empty.
func (c *Client) EnableWebhook(ctx context.Context, id, etag string, enabled bool) error {
	word := map[bool]string{true: "/enable", false: "/disable"}[enabled]
	_, err := c.tagged(ctx, http.MethodPost, webhooks+"/"+url.PathEscape(id)+word, etag, nil, &struct{}{})
	return err
}

// DeleteWebhook deletes a registered webhook that has the ETag, or any version if that is
// empty.
func (c *Client) DeleteWebhook(ctx context.Context, id, etag string) error {
	_, err := c.tagged(ctx, http.MethodDelete, webhooks+"/"+url.PathEscape(id), etag, nil, nil)
	return err
}

// PreviewWebhook reads what a registered webhook would send, and its problems, into preview.
func (c *Client) PreviewWebhook(ctx context.Context, tried, preview any) error {
	return c.call(ctx, http.MethodPost, webhooks+"/preview", nil, tried, preview)
}

// PreviewJobWebhook is like [Client.PreviewWebhook] for a job's webhook.
func (c *Client) PreviewJobWebhook(ctx context.Context, job string, tried, preview any) error {
	return c.call(ctx, http.MethodPost, latchJobs+url.PathEscape(job)+"/webhooks/preview", nil, tried, preview)
}

// TestWebhook sends one delivery of a registered webhook, and reads its answer into
// test.
func (c *Client) TestWebhook(ctx context.Context, tested, test any) error {
	return c.call(ctx, http.MethodPost, webhooks+"/test", nil, tested, test)
}

// TestJobWebhook is like [Client.TestWebhook] for a job's webhook.
func (c *Client) TestJobWebhook(ctx context.Context, job string, tested, test any) error {
	return c.call(ctx, http.MethodPost, latchJobs+url.PathEscape(job)+"/webhooks/test", nil, tested, test)
}

// WebhookHistory reads a page of a webhook's history into part. If event is not empty, only
// that event counts.
func (c *Client) WebhookHistory(ctx context.Context, id, event, cursor string, limit int, part any) error {
	return c.call(ctx, http.MethodGet, webhooks+"/"+url.PathEscape(id)+"/history", listQuery(limit, map[string]string{"event": event, "cursor": cursor}), nil, part)
}

// JobWebhook reads a job's webhook, by its number, into webhook, and returns its
// ETag.
func (c *Client) JobWebhook(ctx context.Context, number string, webhook any) (etag string, err error) {
	return c.tagged(ctx, http.MethodGet, "/webhooks/"+url.PathEscape(number), "", nil, webhook)
}

// AddJobWebhook adds a webhook to a job, and reads it into made.
func (c *Client) AddJobWebhook(ctx context.Context, job string, webhook, made any) error {
	return c.call(ctx, http.MethodPost, jobPath(job)+"/webhooks", nil, webhook, made)
}

// PutJobWebhook replaces a job's webhook that has the ETag, and reads it into made.
func (c *Client) PutJobWebhook(ctx context.Context, number, etag string, webhook, made any) error {
	_, err := c.tagged(ctx, http.MethodPut, "/webhooks/"+url.PathEscape(number), etag, webhook, made)
	return err
}

// DeleteJobWebhook removes a webhook that has the ETag from its job.
func (c *Client) DeleteJobWebhook(ctx context.Context, number, etag string) error {
	_, err := c.tagged(ctx, http.MethodDelete, "/webhooks/"+url.PathEscape(number), etag, nil, nil)
	return err
}

// tagged is call for resources with an ETag: the given one must be current.
func (c *Client) tagged(ctx context.Context, method, path, etag string, body, answer any) (string, error) {
	request, err := c.request(ctx, method, path, nil, body)
	if err != nil {
		return "", err
	}
	if etag != "" {
		request.Header.Set("If-Match", etag)
	}
	header, err := c.exchange(ctx, request, answer)
	return header.Get("ETag"), err
}
