package apiclient

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// ownTags is the path of the tags that were created by themselves.
const ownTags = "/latch/v1/tags"

// RegisteredJobs reads a page of the registered jobs, as files declare them, into page.
func (c *Client) RegisteredJobs(ctx context.Context, cursor string, limit int, page any) error {
	return c.call(ctx, http.MethodGet, strings.TrimSuffix(latchJobs, "/"), listQuery(limit, map[string]string{"cursor": cursor}), nil, page)
}

// RegisteredJob returns a registered job as a file declares it.
func (c *Client) RegisteredJob(ctx context.Context, id string) (json.RawMessage, error) {
	var document json.RawMessage
	return document, c.call(ctx, http.MethodGet, latchJobs+url.PathEscape(id), nil, nil, &document)
}

// PutRegisteredJob registers a job as a file declares it, or replaces the one with its id.
func (c *Client) PutRegisteredJob(ctx context.Context, id string, document json.RawMessage) error {
	return c.call(ctx, http.MethodPut, latchJobs+url.PathEscape(id), nil, document, new(json.RawMessage))
}

// Tags reads the tags that were created by themselves into list.
func (c *Client) Tags(ctx context.Context, list any) error {
	return c.call(ctx, http.MethodGet, ownTags, nil, nil, list)
}

// PutTag creates a tag, or sets its owner.
func (c *Client) PutTag(ctx context.Context, name, owner string) error {
	return c.call(ctx, http.MethodPut, ownTags+"/"+url.PathEscape(name), nil, map[string]string{"managed_by": owner}, new(json.RawMessage))
}

// DeleteTag deletes a tag.
func (c *Client) DeleteTag(ctx context.Context, name string) error {
	return c.call(ctx, http.MethodDelete, ownTags+"/"+url.PathEscape(name), nil, nil, nil)
}

// The collections whose entries can be put in a dry run.
const (
	InJobs     = "jobs"
	InWebhooks = "webhooks"
	InWatches  = "watches"
	InFreezes  = "freezes"
)

// Foresee reads what putting an entry into a collection would change into foreseen. Nothing is
// written.
func (c *Client) Foresee(ctx context.Context, collection, id string, entry, foreseen any) error {
	return c.call(ctx, http.MethodPut, "/latch/v1/"+collection+"/"+url.PathEscape(id), url.Values{"dry_run": {"true"}}, entry, foreseen)
}
