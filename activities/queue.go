package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/deliveries"
	"github.com/latch-run/latch/internal/protocol"
)

// SendKept sends a delivery that was kept, and waits until it is settled. One that
// cannot be sent, since Temporal has forgotten its run, says so and holds up no other.
func (a *Activities) SendKept(ctx context.Context, item protocol.QueueItem) (protocol.QueueAnswer, error) {
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
