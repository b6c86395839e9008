package activities

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/deliveries"
	"github.com/latch-run/latch/internal/protocol"
)

// SendKept sends a delivery that was kept, or one that was handed over, and waits until it is
// settled. If it cannot be sent because Temporal no longer has its run, SendKept reports that,
// and the others continue.
func (a *Activities) SendKept(ctx context.Context, item protocol.QueueItem) (protocol.QueueAnswer, error) {
	if item.Handed {
		return a.awaitSettled(ctx, item)
	}
	stop := beat(ctx, 5*time.Second)
	defer stop()
	runID, known := protocol.RunOf(item.DeliveryID)
	if !known {
		return protocol.QueueAnswer{Error: "its id does not tell its run"}, nil
	}
	workflowID, err := a.logOf(ctx).SendKept(ctx, protocol.KeptDelivery{DeliveryID: item.DeliveryID, WorkflowID: item.WorkflowID, RunID: runID})
	var refused *deliveries.RefusedError
	switch {
	case errors.As(err, &refused):
		return protocol.QueueAnswer{Error: refused.Error()}, nil
	case err != nil:
		return protocol.QueueAnswer{}, err
	case workflowID == "":
		return protocol.QueueAnswer{}, nil
	}
	var record latch.Record
	if err := activity.GetClient(ctx).GetWorkflow(ctx, workflowID, "").Get(ctx, &record); err != nil {
		if ctx.Err() != nil {
			return protocol.QueueAnswer{}, ctx.Err()
		}
		return protocol.QueueAnswer{Error: err.Error()}, nil
	}
	return protocol.QueueAnswer{Kept: record.Kept}, nil
}

// turnPatience is how long an attempt waits for a delivery to settle. After that another
// attempt continues to wait, so that a queue whose endpoint is dead occupies no slot of a
// worker.
const turnPatience = 2 * time.Second

// awaitSettled waits until a delivery that was handed over is settled. One that was ended from
// outside counts as settled.
func (a *Activities) awaitSettled(ctx context.Context, item protocol.QueueItem) (protocol.QueueAnswer, error) {
	if activity.GetInfo(ctx).Namespace == testNamespace {
		return protocol.QueueAnswer{}, nil // there is no server to ask
	}
	workflowID := latch.PrefixDelivery + item.DeliveryID
	waiting, cancel := context.WithTimeout(ctx, turnPatience)
	defer cancel()
	err := activity.GetClient(ctx).GetWorkflow(waiting, workflowID, "").Get(waiting, nil)
	switch {
	case err == nil:
		return protocol.QueueAnswer{}, nil
	case ctx.Err() != nil:
		return protocol.QueueAnswer{}, ctx.Err()
	case waiting.Err() != nil:
		wait := nextTurn(turnPatience, int(activity.GetInfo(ctx).Attempt), rand.Float64())
		return protocol.QueueAnswer{}, judgement{kind: errorWaits, message: workflowID + " is still sending", delay: wait}.failure()
	}
	var ended *temporal.WorkflowExecutionError
	if errors.As(err, &ended) || isForgotten(err) {
		return protocol.QueueAnswer{Error: err.Error()}, nil
	}
	return protocol.QueueAnswer{}, err
}

// isForgotten reports whether Temporal no longer has a workflow.
func isForgotten(err error) bool {
	var unknown *serviceerror.NotFound
	return errors.As(err, &unknown)
}
