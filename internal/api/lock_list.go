package api

import (
	"cmp"
	"context"
	"net/http"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs"
)

func (a *API) registerLockList() {
	Register[NoBody](a, Operation{ID: "list-locks", Method: http.MethodGet, Path: locksPath, Role: RoleRead,
		Summary: "List the locks that are waited for", Errors: []int{http.StatusUnprocessableEntity},
		About: "Of all running jobs, releases and events, and then of workflows of users' own, each the newest run first, with what the lock holds and what its timeout decides. " +
			"A lock shows here within moments of its making. A part may list fewer than limit, or none, although there is a next one. It takes no worker; with the search attributes of Latch only runs that wait are gone through."}, a.listLocks)
}

// Locks is a part of the list of open locks.
type Locks struct {
	runs.LockPart
	Next string `json:"next,omitempty" deprecated:"true" doc:"The same as next_cursor"`
}

type lockListInput struct {
	Webhook string `query:"webhook" maxLength:"1000" doc:"Only those of the webhook of this id"`
	Event   string `query:"event" maxLength:"200" doc:"Only those at this event"`
	Job     string `query:"job" maxLength:"1000" doc:"Only those that hold the job of this id"`
	Release string `query:"release" maxLength:"1000" doc:"Only those that hold the release of this id"`
	Since   string `query:"since" maxLength:"100" doc:"Only those that are waited for since then, or later: a duration back from now, such as 2h, or an RFC 3339 time"`
	Until   string `query:"until" maxLength:"100" doc:"Only those that were waited for before then"`
	Limit   int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"About how many locks to list: a run's stay together"`
	Cursor  string `query:"cursor" doc:"The next_cursor of the part before"`
	Page    string `query:"page" deprecated:"true" doc:"The same as cursor"`
}

type locksOutput struct{ Body Locks }

func (a *API) listLocks(ctx context.Context, input *lockListInput) (*locksOutput, error) {
	filter := runs.LockFilter{Webhook: input.Webhook, Event: input.Event, Job: input.Job, Release: input.Release}
	var problems latch.Problems
	if filter.Since, filter.Until = window(&problems, input.Since, input.Until); len(problems) > 0 {
		return nil, NewProblem(http.StatusUnprocessableEntity, "%v", problems)
	}
	part, err := a.Runs.Locks(ctx, filter, cmp.Or(input.Cursor, input.Page), input.Limit)
	if err != nil {
		return nil, err
	}
	return &locksOutput{Locks{*part, part.NextCursor}}, nil
}
