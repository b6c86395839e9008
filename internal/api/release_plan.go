package api

import (
	"context"
	"net/http"

	"github.com/latch-run/latch"
)

func (a *API) registerReleasePlan() {
	Register[NoBody](a, Operation{ID: "get-release-plan", Method: http.MethodGet, Path: releasesPath + "/{id}/plan", Role: RoleRead,
		Errors: []int{http.StatusNotFound}, Summary: "Show what a release does: its steps and gates, and what a rollback undoes now",
		About: "What the release was started with, with the registered webhooks that apply to it, and where its steps are."}, a.planRelease)
}

// A ReleasePlan is what a release does, and where it is.
type ReleasePlan struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	// Steps are in their order.
	Steps []PlannedStep `json:"steps"`
	Gates []PlannedGate `json:"gates" doc:"The hooks that block an event until their lock is removed"`
	// Undoes and Leaves are as the release stands.
	Undoes []string `json:"undoes" doc:"The steps that a rollback now undoes, in its order"`
	Leaves []string `json:"leaves" doc:"The steps taken that have no undo"`
}

// A PlannedStep is a step of a release.
type PlannedStep struct {
	Name   string `json:"name"`
	Status string `json:"status" doc:"Where the step is: pending, done, failed, skipped, undone or undo_failed"`
	Undo   bool   `json:"undo" doc:"Whether it has an undo"`
}

// A PlannedGate is a hook that blocks an event.
type PlannedGate struct {
	Webhook  string `json:"webhook"`
	Event    string `json:"event"`
	Enforced bool   `json:"enforced,omitempty" doc:"No release may leave it out"`
}

type planOutput struct{ Body ReleasePlan }

func (a *API) planRelease(ctx context.Context, input *idInput) (*planOutput, error) {
	info, err := a.findRelease(ctx, input.ID)
	if err != nil {
		return nil, err
	}
	state, err := a.releaseState(ctx, info)
	if err != nil {
		return nil, err
	}
	definition, err := a.Runs.Definition(ctx, info)
	if err != nil {
		return nil, err
	}
	plan := ReleasePlan{WorkflowID: state.WorkflowID, RunID: state.RunID, Steps: []PlannedStep{}, Gates: []PlannedGate{}}
	statuses := map[string]string{}
	for _, step := range state.Steps {
		statuses[step.Name] = step.Status
	}
	for _, step := range definition.Release.Steps {
		status, known := statuses[step.Name]
		if !known {
			status = latch.StepPending
		}
		plan.Steps = append(plan.Steps, PlannedStep{step.Name, status, step.Undo != nil})
	}
	webhooks := definition.Webhooks()
	for i := range webhooks {
		for _, event := range webhooks[i].EventSettings() {
			if event.Blocking && webhooks[i].IsEnabled() && event.IsEnabled() {
				plan.Gates = append(plan.Gates, PlannedGate{webhooks[i].ID, event.Event, webhooks[i].Enforced})
			}
		}
	}
	undoes, leaves := definition.Undone(state.Steps)
	plan.Undoes, plan.Leaves = append([]string{}, undoes...), append([]string{}, leaves...)
	return &planOutput{plan}, nil
}
