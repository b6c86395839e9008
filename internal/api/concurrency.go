package api

import (
	"context"
	"net/http"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs"
)

func (a *API) registerConcurrency() {
	Register[NoBody](a, Operation{ID: "get-concurrency", Method: http.MethodGet, Path: "/latch/v1/concurrency/{key}", Role: RoleRead,
		Summary: "Show which release holds a concurrency key, and which wait for it",
		About:   "In the order in which they will run. A key that nobody holds has neither."}, a.getConcurrency)
}

type concurrencyInput struct {
	Key string `path:"key" maxLength:"200" doc:"The key"`
}

type concurrencyOutput struct{ Body latch.Turns }

func (a *API) getConcurrency(ctx context.Context, input *concurrencyInput) (*concurrencyOutput, error) {
	turns, err := a.Runs.Turns(ctx, input.Key)
	if err != nil {
		return nil, err
	}
	return &concurrencyOutput{*turns}, nil
}

// checkTurn refuses to start a release that would be refused since another one holds
// its concurrency key. The release's own run makes the decision: it may still refuse a
// release that passes this check, and decides alone if no worker answers here. A start
// that is repeated while its run holds the key passes.
func (a *API) checkTurn(ctx context.Context, release *latch.Release, workflowID string) error {
	if release.Concurrency == nil || release.Concurrency.Mode != latch.ConcurrencyRefuse {
		return nil
	}
	turns, err := a.Runs.Turns(ctx, release.Concurrency.Key)
	if err != nil || turns.HeldBy == nil || turns.HeldBy.WorkflowID == workflowID {
		return nil
	}
	holder, err := a.describe(ctx, turns.HeldBy.WorkflowID, "")
	if err != nil || runs.HasClosed(holder) {
		return nil
	}
	problem := NewProblem(http.StatusConflict, "concurrency.key %q is taken: release %q holds it (%s), and concurrency.mode is %q.",
		turns.Key, turns.HeldBy.ID, turns.HeldBy.WorkflowID, latch.ConcurrencyRefuse)
	problem.WorkflowID, problem.RunID = turns.HeldBy.WorkflowID, turns.HeldBy.RunID
	return problem
}
