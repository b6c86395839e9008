package workflows

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// longestTurn bounds how long deliveries of a queue may take. Each delivery has its own
// deadline, at most ten years.
const longestTurn = 20 * 365 * 24 * time.Hour

// A queue sends deliveries one after the other.
type queue struct {
	protocol.Queue
	// kept reports that the endpoint is disabled again, so that the rest stays kept.
	kept bool
}

// DeliverInOrder is the workflow latch.DeliverInOrder. It sends deliveries that were kept, or
// that a run handed over for an ordered webhook, each after the previous one is settled. Each
// has its record in its own latch.Deliver. It ends early if the endpoint is disabled again: the
// rest stays kept.
func DeliverInOrder(ctx workflow.Context, input converter.RawValue) error {
	q := &queue{}
	if err := json.Unmarshal(payloadJSON(input), &q.Queue); err != nil || len(q.Items) == 0 {
		return invalidSpec(latch.Problems{{Message: fmt.Sprintf("%s is started by a redelivery or by a run that hands deliveries over, not by hand", latch.WorkflowDeliverInOrder)}})
	}
	if err := workflow.SetQueryHandler(ctx, protocol.QueryQueue, q.state); err != nil {
		return err
	}
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: longestTurn, HeartbeatTimeout: sendHeartbeat})
	for len(q.Items) > 0 && !q.kept {
		workflow.SetCurrentDetails(ctx, q.details())
		if err := q.send(ctx); err != nil {
			return err
		}
		if len(q.Items) > 0 && !q.kept && workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			return workflow.NewContinueAsNewError(ctx, latch.WorkflowDeliverInOrder, q.Queue)
		}
	}
	workflow.SetCurrentDetails(ctx, q.details())
	return nil
}

// send sends the next deliveries: as many kept ones as one activity takes, or one that was
// handed over.
func (q *queue) send(ctx workflow.Context) error {
	handed := slices.IndexFunc(q.Items, func(item protocol.QueueItem) bool { return item.Handed })
	kept := min(len(q.Items), protocol.MaximumKeptBatch)
	if handed >= 0 {
		kept = min(kept, handed)
	}
	if kept > 0 && knows(ctx, keptInBatches) {
		return q.sendKept(ctx, q.Items[:kept])
	}
	return q.sendOne(ctx, q.Items[0])
}

// sendKept sends kept deliveries.
func (q *queue) sendKept(ctx workflow.Context, items []protocol.QueueItem) error {
	var progress protocol.KeptProgress
	batch := protocol.KeptBatch{Items: items}
	if err := workflow.ExecuteActivity(ctx, protocol.ActivitySendKeptBatch, batch).Get(ctx, &progress); err != nil {
		return err
	}
	q.Items, q.Done = q.Items[min(progress.Done, len(items)):], q.Done+progress.Done
	q.Lost, q.kept = q.Lost+progress.Lost, progress.Kept
	return nil
}

// sendOne sends one delivery, and waits until it is settled.
func (q *queue) sendOne(ctx workflow.Context, item protocol.QueueItem) error {
	if item.Waits {
		giveTurn(ctx, item)
	}
	var answer protocol.QueueAnswer
	if err := workflow.ExecuteActivity(ctx, protocol.ActivitySendKept, item).Get(ctx, &answer); err != nil {
		return err
	}
	if answer.Error != "" {
		workflow.GetLogger(ctx).Error("a delivery of a queue did not end well; the next one goes out",
			"delivery", item.DeliveryID, "error", answer.Error)
	}
	if answer.Kept && !item.Handed {
		q.kept = true
		return nil
	}
	q.Items, q.Done = q.Items[1:], q.Done+1
	return nil
}

// state answers the query about the queue.
func (q *queue) state() (protocol.QueueState, error) {
	return protocol.QueueState{Done: q.Done, Lost: q.Lost, Left: len(q.Items), Kept: q.kept}, nil
}

// details describes the progress of the queue for people.
func (q *queue) details() string {
	switch {
	case q.kept:
		return fmt.Sprintf("The endpoint is disabled again; %d deliveries stay kept.", len(q.Items))
	case len(q.Items) == 0:
		return fmt.Sprintf("%d deliveries are settled.", q.Done)
	default:
		return fmt.Sprintf("%d deliveries are settled, %d are to come.", q.Done, len(q.Items))
	}
}

// giveTurn signals a handed over delivery that it may be sent. One that has ended meanwhile
// needs no turn.
func giveTurn(ctx workflow.Context, item protocol.QueueItem) {
	err := workflow.SignalExternalWorkflow(ctx, latch.PrefixDelivery+item.DeliveryID, "", protocol.SignalTurn, nil).Get(ctx, nil)
	if err != nil {
		workflow.GetLogger(ctx).Info("a delivery was not told that it is its turn", "delivery", item.DeliveryID, "error", err)
	}
}
