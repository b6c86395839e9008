package api

import (
	"context"
	"net/http"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs"
)

func (a *API) registerReleaseList() {
	Register[NoBody](a, Operation{ID: "list-releases", Method: http.MethodGet, Path: releasesPath, Role: RoleRead,
		Summary: "List releases, running and closed", Errors: []int{http.StatusUnprocessableEntity},
		About: "Each run of one, with where it is and which locks it waits for, or what it came to. Those that run come first, the newest of them first, then those that closed, the last closed first. " +
			"Temporal's list is a moment behind: a release shows here shortly after its start, and one that closes between two parts may be in both. " +
			"A part may list fewer than limit, or none, although there is a next one. Runs that Temporal has forgotten are not found."}, a.listReleases)
}

type releaseListInput struct {
	Status string `query:"status" maxLength:"100" doc:"Only those of this status: running, released, stopped, rolled_back, failed or cancelled; a release is running until its run has closed"`
	Since  string `query:"since" maxLength:"100" doc:"Only those that began since then: a duration back from now, such as 2h, or an RFC 3339 time"`
	Until  string `query:"until" maxLength:"100" doc:"Only those that began before then"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" doc:"The next_cursor of the part before; it keeps the times of the first part"`
}

type releaseListOutput struct{ Body runs.ReleasePart }

func (a *API) listReleases(ctx context.Context, input *releaseListInput) (*releaseListOutput, error) {
	filter := runs.ReleaseFilter{Status: input.Status}
	var problems latch.Problems
	filter.Since, filter.Until = window(&problems, input.Since, input.Until)
	if len(problems) > 0 {
		return nil, NewProblem(http.StatusUnprocessableEntity, "%v", problems)
	}
	part, err := a.Runs.Releases(ctx, filter, input.Cursor, input.Limit)
	if err != nil {
		return nil, err
	}
	return &releaseListOutput{*part}, nil
}
