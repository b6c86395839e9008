package api

import (
	"context"
	"net/http"

	"github.com/latch-run/latch/internal/runs"
)

func (a *API) registerReleaseList() {
	Register[NoBody](a, Operation{ID: "list-releases", Method: http.MethodGet, Path: releasesPath, Role: RoleRead,
		Summary: "List releases, running and closed", Errors: []int{http.StatusUnprocessableEntity},
		About: "Lists each run of a release with its progress and the locks that it waits for, or its result. " + listAbout}, a.listReleases)
}

type releaseListInput struct {
	Status string `query:"status" maxLength:"100" doc:"Only releases with this status: running, released, stopped, rolled_back, failed or cancelled; a release is running until its run has closed"`
	Search string `query:"search" maxLength:"200" doc:"Only releases of which the id, the workflow id or the title contains this, in any case; one whose worker does not answer is found by its ids alone"`
	RunListInput
}

type releaseListOutput struct{ Body runs.ReleasePart }

func (a *API) listReleases(ctx context.Context, input *releaseListInput) (*releaseListOutput, error) {
	filter, err := input.filter(input.Status, input.Search)
	if err != nil {
		return nil, err
	}
	part, count, err := listRuns(ctx, &input.RunListInput, filter, a.Runs.Releases, a.Runs.CountReleases)
	if err != nil {
		return nil, err
	}
	part.Count = count
	return &releaseListOutput{*part}, nil
}
