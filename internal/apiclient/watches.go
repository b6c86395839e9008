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

// Watch reads a watch into watch, and returns its ETag.
func (c *Client) Watch(ctx context.Context, id string, watch any) (etag string, err error) {
	return c.tagged(ctx, http.MethodGet, watches+"/"+url.PathEscape(id), "", nil, watch)
}

// PutWatch registers a watch, or replaces the one of its id, and reads it into made.
func (c *Client) PutWatch(ctx context.Context, id string, watch, made any) error {
	return c.call(ctx, http.MethodPut, watches+"/"+url.PathEscape(id), nil, watch, made)
}

// DeleteWatch deletes a watch that has the ETag, any where that is empty.
func (c *Client) DeleteWatch(ctx context.Context, id, etag string) error {
	_, err := c.tagged(ctx, http.MethodDelete, watches+"/"+url.PathEscape(id), etag, nil, nil)
	return err
}
