package api

import (
	"context"
	"net/http"

	"golang.org/x/sync/errgroup"

	"github.com/latch-run/latch/internal/runs"
)

func (a *API) registerReleaseList() {
	Register[NoBody](a, Operation{ID: "list-releases", Method: http.MethodGet, Path: releasesPath, Role: RoleRead,
		Summary: "List releases, running and closed", Errors: []int{http.StatusUnprocessableEntity},
		About: "Lists each run of a release with its progress and the locks that it waits for, or its result. Running ones come first, newest first, then closed ones, last closed first. " +
			"Temporal's list lags a little: a release appears shortly after its start, and one that closes between two pages may be on both. " +
			"A page may have fewer than limit releases, or none, although a next page exists. Runs past Temporal's retention are not found."}, a.listReleases)
}

type releaseListInput struct {
	Status string `query:"status" maxLength:"100" doc:"Only releases with this status: running, released, stopped, rolled_back, failed or cancelled; a release is running until its run has closed"`
	Since  string `query:"since" maxLength:"100" doc:"Only releases that started at this time or later: a duration back from now, such as 2h, or an RFC 3339 time"`
	Until  string `query:"until" maxLength:"100" doc:"Only releases that started before this time"`
	Search string `query:"search" maxLength:"200" doc:"Only releases of which the id, the workflow id or the title contains this, in any case; one whose worker does not answer is found by its ids alone"`
	Count  bool   `query:"count" doc:"Also count the releases of all pages"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" doc:"The next_cursor of the previous page; since and until stay those of the first page"`
}

type releaseListOutput struct{ Body runs.ReleasePart }

func (a *API) listReleases(ctx context.Context, input *releaseListInput) (*releaseListOutput, error) {
	since, until, err := period(input.Since, input.Until)
	if err != nil {
		return nil, err
	}
	filter := runs.ReleaseFilter{Status: input.Status, Since: since, Until: until, Search: input.Search}
	group, ctx := errgroup.WithContext(ctx)
	var part *runs.ReleasePart
	group.Go(func() (err error) {
		part, err = a.Runs.Releases(ctx, filter, input.Cursor, input.Limit)
		return err
	})
	var count *int64
	if input.Count {
		group.Go(func() (err error) {
			count, err = a.Runs.CountReleases(ctx, filter, input.Cursor)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	part.Count = count
	return &releaseListOutput{*part}, nil
}
