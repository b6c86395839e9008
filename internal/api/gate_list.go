package api

import (
	"context"
	"net/http"

	"github.com/latch-run/latch/internal/runs"
)

func (a *API) registerGateList() {
	Register[NoBody](a, Operation{ID: "list-gates", Method: http.MethodGet, Path: gatesPath, Role: RoleRead,
		Summary: "List gates, open and decided", Errors: []int{http.StatusUnprocessableEntity},
		About: "Lists each run of a gate with the locks that it waits for, or its decision. Only the status passed lets pass. A gate in a " +
			"workflow of your own has no run of its own, and is not listed. " +
			listAbout}, a.listGates)
}

type gateListInput struct {
	Status string `query:"status" maxLength:"100" doc:"Only gates with this status: running, passed, stopped, rolled_back, cancelled, failed, timed_out or terminated; a gate is running until its run has closed"`
	Search string `query:"search" maxLength:"200" doc:"Only gates of which the id, the workflow id or the event contains this, in any case; one whose worker does not answer is found by its ids alone"`
	RunListInput
}

type gateListOutput struct{ Body runs.GatePart }

func (a *API) listGates(ctx context.Context, input *gateListInput) (*gateListOutput, error) {
	filter, err := input.filter(input.Status, input.Search)
	if err != nil {
		return nil, err
	}
	part, count, err := listRuns(ctx, &input.RunListInput, filter, a.Runs.Gates, a.Runs.CountGates)
	if err != nil {
		return nil, err
	}
	part.Count = count
	return &gateListOutput{*part}, nil
}
