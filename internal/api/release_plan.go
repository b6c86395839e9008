package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs"
)

func (a *API) registerReleasePlan() {
	Register[NoBody](a, Operation{ID: "get-release-plan", Method: http.MethodGet, Path: releasesPath + "/{id}/plan", Role: RoleRead,
		Errors: []int{http.StatusNotFound}, Summary: "Show what a release does: its steps and gates, and what a rollback undoes now",
		About: "What the release was started with, with the registered webhooks that apply to it, and where its steps are."}, a.planRelease)
	Register[latch.Release](a, Operation{ID: "plan-release", Method: http.MethodPost, Act: NotAct,
		Path: releasesPath + "/plan", Role: RoleRun,
		Summary: "Show what a release would do, without starting it",
		About: "The body is checked as if the release were to start, and all that is wrong with it is answered. The gates are those of its own webhooks and of the registered ones; " +
			"a registered one with when applies only where that is true when the release begins."}, a.foreseeRelease)
}

// A ReleasePlan says what a release does, and where it is.
type ReleasePlan struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id,omitempty" doc:"Absent where the release was not started"`
	// Steps are in order.
	Steps []PlannedStep `json:"steps"`
	// AtOnce is 0 in a release without targets.
	AtOnce int           `json:"at_once,omitempty" doc:"For how many targets at a time the steps are taken, of a release with targets"`
	Gates  []PlannedGate `json:"gates" doc:"The hooks that block an event until their lock is removed"`
	// Observers decide nothing.
	Observers []PlannedGate `json:"observers,omitempty" doc:"The hooks whose decision is recorded and not acted on (enforce: false)"`
	// Undoes and Leaves depend on the current state of the release.
	Undoes []string `json:"undoes" doc:"The steps that a rollback now undoes, in its order"`
	Leaves []string `json:"leaves" doc:"The steps taken that have no undo"`
}

// A PlannedStep is a step of a release.
type PlannedStep struct {
	Name   string `json:"name"`
	Status string `json:"status" doc:"Where the step is: pending, running, done, failed, skipped, undone or undo_failed"`
	Undo   bool   `json:"undo" doc:"Whether it has an undo"`
	Target string `json:"target,omitempty" doc:"The name of its target, of a release with targets"`
	Group  int    `json:"group,omitempty" doc:"The number of the steps that are taken side by side with it"`
}

// A PlannedGate is a hook that blocks an event, or that only records what it would decide.
type PlannedGate struct {
	Webhook  string `json:"webhook"`
	Event    string `json:"event"`
	Enforced bool   `json:"enforced,omitempty" doc:"No release may leave it out"`
	When     string `json:"when,omitempty" doc:"Of a release that was not started: the gate is there only where this is true of it"`
}

type planOutput struct{ Body ReleasePlan }

func (a *API) planRelease(ctx context.Context, input *idInput) (*planOutput, error) {
	info, state, err := a.release(ctx, input.ID)
	if err != nil {
		return nil, err
	}
	definition, err := a.Runs.Definition(ctx, info)
	if err != nil {
		return nil, err
	}
	plan := planOf(definition, state.Steps)
	plan.WorkflowID, plan.RunID = state.WorkflowID, state.RunID
	return &planOutput{plan}, nil
}

// planOf returns the plan of a release whose steps have the given states.
func planOf(definition *runs.Definition, steps []latch.StepResult) ReleasePlan {
	plan := ReleasePlan{Steps: []PlannedStep{}, Gates: []PlannedGate{}}
	statuses := map[string]string{}
	for _, step := range steps {
		statuses[step.Name] = step.Status
	}
	for _, step := range definition.Release.AllSteps() {
		status, known := statuses[step.Name]
		if !known {
			status = latch.StepPending
		}
		plan.Steps = append(plan.Steps, PlannedStep{Name: step.Name, Status: status, Undo: step.Undo != nil,
			Target: definition.Release.TargetName(step.Target), Group: step.Group})
	}
	if len(definition.Release.Targets) > 0 {
		plan.AtOnce = definition.Release.TargetsAtOnce()
	}
	webhooks := definition.Webhooks()
	for i := range webhooks {
		for _, event := range webhooks[i].EventSettings() {
			if !webhooks[i].IsEnabled() || !event.IsEnabled() {
				continue
			}
			hook := PlannedGate{Webhook: webhooks[i].ID, Event: event.Event, Enforced: webhooks[i].Enforced}
			switch {
			case event.Blocking:
				plan.Gates = append(plan.Gates, hook)
			case !event.IsActedOn():
				plan.Observers = append(plan.Observers, hook)
			}
		}
	}
	undoes, leaves := definition.Undone(steps)
	plan.Undoes, plan.Leaves = append([]string{}, undoes...), append([]string{}, leaves...)
	return plan
}

type planInput struct {
	WorkflowID string `query:"workflow_id" maxLength:"1000" doc:"The workflow id, instead of the one made from the id"`
	RawBody    []byte
}

// foreseeRelease returns the plan of a release that has not started. Only its
// worker can tell whether a registered webhook's when is true for it.
func (a *API) foreseeRelease(ctx context.Context, input *planInput) (*planOutput, error) {
	release, err := a.admitRelease(ctx, input.RawBody)
	if err != nil {
		return nil, err
	}
	registered, err := a.webhooks.List(ctx)
	if err != nil {
		return nil, err
	}
	definition := &runs.Definition{Kind: latch.ReleaseKind, Release: *release}
	whens := map[string]string{}
	for _, webhook := range registered {
		if webhook.IsEnabled() {
			definition.Registered = append(definition.Registered, protocol.AttachedWebhook{Webhook: webhook.Webhook, Enforced: webhook.Enforced})
			whens[webhook.ID] = webhook.When
		}
	}
	for _, own := range release.Webhooks { // it replaces a registered webhook with the same id
		delete(whens, own.ID)
	}
	plan := planOf(definition, nil)
	plan.WorkflowID = cmp.Or(input.WorkflowID, latch.ReleaseKind.WorkflowID(release.ID))
	events := latch.EventsOf(latch.ReleaseKind)
	for _, hooks := range []*[]PlannedGate{&plan.Gates, &plan.Observers} {
		*hooks = slices.DeleteFunc(*hooks, func(hook PlannedGate) bool { return !slices.Contains(events, hook.Event) })
		for i := range *hooks {
			(*hooks)[i].When = whens[(*hooks)[i].Webhook]
		}
	}
	return &planOutput{plan}, nil
}
