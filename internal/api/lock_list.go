package api

import (
	"cmp"
	"context"
	"net/http"

	"github.com/latch-run/latch/internal/runs"
)

func (a *API) registerLockList() {
	Register[NoBody](a, Operation{ID: "list-locks", Method: http.MethodGet, Path: locksPath, Role: RoleRead,
		Summary: "List open locks, and failed steps that wait for a choice", Errors: []int{http.StatusUnprocessableEntity},
		About: "First the locks of running jobs, releases and events, then those of users' own workflows, each from the newest run on, with what the lock holds and what its timeout decides. " +
			"paused has the failed steps of releases that wait for somebody to retry or skip them. A lock appears within moments of its " +
			"creation. A page may have fewer than limit locks, or none, although a next page exists. No worker is needed. With Latch's search " +
			"attributes, only runs that wait are read."}, a.listLocks)
}

// Locks is one page of the list of open locks.
type Locks struct {
	runs.LockPart
	Next string `json:"next,omitempty" deprecated:"true" doc:"Same as next_cursor"`
}

type lockListInput struct {
	Webhook string `query:"webhook" maxLength:"1000" doc:"Only locks of the webhook with this id"`
	Event   string `query:"event" maxLength:"200" doc:"Only locks at this event"`
	Job     string `query:"job" maxLength:"1000" doc:"Only locks that hold the job with this id"`
	Release string `query:"release" maxLength:"1000" doc:"Only locks that hold the release with this id"`
	Since   string `query:"since" maxLength:"100" doc:"Only locks open since this time or later: a duration back from now, such as 2h, or an RFC 3339 time"`
	Until   string `query:"until" maxLength:"100" doc:"Only locks open since before this time"`
	Limit   int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"About how many locks a page has; those of one run stay together"`
	Cursor  string `query:"cursor" doc:"The next_cursor of the previous page"`
	Page    string `query:"page" deprecated:"true" doc:"Same as cursor"`
}

type locksOutput struct{ Body Locks }

func (a *API) listLocks(ctx context.Context, input *lockListInput) (*locksOutput, error) {
	since, until, err := period(input.Since, input.Until)
	if err != nil {
		return nil, err
	}
	filter := runs.LockFilter{Webhook: input.Webhook, Event: input.Event, Job: input.Job, Release: input.Release, Since: since, Until: until}
	part, err := a.Runs.Locks(ctx, filter, cmp.Or(input.Cursor, input.Page), input.Limit)
	if err != nil {
		return nil, err
	}
	return &locksOutput{Locks{*part, part.NextCursor}}, nil
}
