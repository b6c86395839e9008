package apiclient

import (
	"context"
	"net/http"
	"net/url"
)

const watches = "/latch/v1/watches"

// Watches reads the list of watches into list.
func (c *Client) Watches(ctx context.Context, list any) error {
	return c.call(ctx, http.MethodGet, watches, nil, nil, list)
}

// PutWatch registers a watch, or replaces the one with its id, and reads it into made.
func (c *Client) PutWatch(ctx context.Context, id string, watch, made any) error {
	return c.call(ctx, http.MethodPut, watches+"/"+url.PathEscape(id), nil, watch, made)
}

// DeleteWatch deletes a watch.
func (c *Client) DeleteWatch(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodDelete, watches+"/"+url.PathEscape(id), nil, nil, nil)
}
