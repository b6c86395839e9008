package backend

import (
	"context"
	"errors"
	"net/http"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/apiclient"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/evidence"
	"github.com/latch-run/latch/internal/runs"
)

// Evidence gathers evidence of a closed run, and signs it with the key.
func (t *Temporal) Evidence(ctx context.Context, id string, key evidence.Key) ([]byte, error) {
	info, err := t.find(ctx, id, runs.AnyKind...)
	if err != nil {
		return nil, err
	}
	stated, err := evidence.Gather(ctx, t.runs, info)
	if err != nil {
		return nil, t.unanswered(ctx, err, info.GetExecution().GetWorkflowId())
	}
	return key.Seal(stated), nil
}

// Evidence returns the evidence of a closed release or gate that the API signs.
func (a *API) Evidence(ctx context.Context, id string, _ evidence.Key) ([]byte, error) {
	sealed, err := a.client.Evidence(ctx, latch.ReleaseKind, id)
	if problem, is := errors.AsType[*apiclient.Problem](err); is && problem.Status == http.StatusNotFound {
		sealed, err = a.client.Evidence(ctx, latch.GateKind, id)
	}
	if err != nil {
		return nil, a.failed(err, failure.Failed)
	}
	return sealed, nil
}
