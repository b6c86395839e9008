package api

import (
	"context"
	"net/http"

	enumspb "go.temporal.io/api/enums/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
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
	turns, err := a.turnsOf(ctx, input.Key)
	if err != nil {
		return nil, err
	}
	return &concurrencyOutput{*turns}, nil
}

// turnsOf asks for the turns of a concurrency key.
func (a *API) turnsOf(ctx context.Context, key string) (*latch.Turns, error) {
	turns := &latch.Turns{Key: key, Waiting: []latch.Turn{}}
	id := protocol.TurnsPrefix + key
	if !protocol.IsID(id) {
		return turns, nil
	}
	info, err := a.describe(ctx, id, "")
	if runs.IsNotFound(err) || err == nil && info.GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return turns, nil
	}
	if err != nil {
		return nil, err
	}
	return turns, a.Runs.Query(ctx, id, info.GetExecution().GetRunId(), protocol.QueryTurns, turns)
}

// checkTurn refuses to start a release that would be refused since another one holds
// its concurrency key. The release's own run makes the decision: it may still refuse a
// release that passes this check, and decides alone if no worker answers here. A start
// that is repeated while its run holds the key passes.
func (a *API) checkTurn(ctx context.Context, release *latch.Release, workflowID string) error {
	if release.Concurrency == nil || release.Concurrency.Mode != latch.ConcurrencyRefuse {
		return nil
	}
	turns, err := a.turnsOf(ctx, release.Concurrency.Key)
	if err != nil || turns.HeldBy == nil || turns.HeldBy.WorkflowID == workflowID {
		return nil
	}
	holder, err := a.describe(ctx, turns.HeldBy.WorkflowID, "")
	if err != nil || holder.GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return nil
	}
	problem := NewProblem(http.StatusConflict, "concurrency.key %q is taken: release %q holds it (%s), and concurrency.mode is %q.",
		turns.Key, turns.HeldBy.ID, turns.HeldBy.WorkflowID, latch.ConcurrencyRefuse)
	problem.WorkflowID, problem.RunID = turns.HeldBy.WorkflowID, turns.HeldBy.RunID
	return problem
}
