package apiclient

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
)

// listQuery returns the parameters of a page of a list, without the empty ones.
func listQuery(limit int, parameters map[string]string) url.Values {
	query := url.Values{"limit": {strconv.Itoa(limit)}}
	for name, value := range parameters {
		if value != "" {
			query.Set(name, value)
		}
	}
	return query
}

// A RunFilter selects the releases or gates to list.
type RunFilter struct {
	Status, Since, Until, Search string
	// Count requests the total number, too.
	Count bool
}

// Releases reads a page of the list of releases into part.
func (c *Client) Releases(ctx context.Context, filter RunFilter, cursor string, limit int, part any) error {
	return c.listRuns(ctx, releases, filter, cursor, limit, part)
}

// Gates reads a page of the list of gates into part.
func (c *Client) Gates(ctx context.Context, filter RunFilter, cursor string, limit int, part any) error {
	return c.listRuns(ctx, gates, filter, cursor, limit, part)
}

func (c *Client) listRuns(ctx context.Context, path string, filter RunFilter, cursor string, limit int, part any) error {
	query := listQuery(limit, map[string]string{"status": filter.Status, "since": filter.Since, "until": filter.Until, "search": filter.Search, "cursor": cursor})
	if filter.Count {
		query.Set("count", "true")
	}
	return c.call(ctx, http.MethodGet, path, query, nil, part)
}

// Turns reads the turns of a concurrency key into turns.
func (c *Client) Turns(ctx context.Context, key string, turns any) error {
	return c.call(ctx, http.MethodGet, "/latch/v1/concurrency/"+url.PathEscape(key), nil, nil, turns)
}

// A LockFilter selects the open locks to list.
type LockFilter struct{ Webhook, Event, Job, Release, Since, Until string }

// Locks reads a page of the list of open locks into part.
func (c *Client) Locks(ctx context.Context, filter LockFilter, cursor string, limit int, part any) error {
	query := listQuery(limit, map[string]string{"webhook": filter.Webhook, "event": filter.Event, "job": filter.Job,
		"release": filter.Release, "since": filter.Since, "until": filter.Until, "cursor": cursor})
	return c.call(ctx, http.MethodGet, locks, query, nil, part)
}
