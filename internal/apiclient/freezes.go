package apiclient

import (
	"context"
	"net/http"
	"net/url"
)

const freezes = "/latch/v1/freezes"

// Freezes reads the list of freezes into list.
func (c *Client) Freezes(ctx context.Context, list any) error {
	return c.call(ctx, http.MethodGet, freezes, nil, nil, list)
}

// Freeze reads a freeze into freeze, and returns its ETag.
func (c *Client) Freeze(ctx context.Context, id string, freeze any) (etag string, err error) {
	return c.tagged(ctx, http.MethodGet, freezes+"/"+url.PathEscape(id), "", nil, freeze)
}

// PutFreeze registers a freeze, or replaces the one with its id, and reads it into made.
func (c *Client) PutFreeze(ctx context.Context, id string, freeze, made any) error {
	return c.call(ctx, http.MethodPut, freezes+"/"+url.PathEscape(id), nil, freeze, made)
}

// DeleteFreeze deletes a freeze that has the ETag, or any version if that is empty.
func (c *Client) DeleteFreeze(ctx context.Context, id, etag string) error {
	_, err := c.tagged(ctx, http.MethodDelete, freezes+"/"+url.PathEscape(id), etag, nil, nil)
	return err
}
