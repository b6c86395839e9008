package workflows

import (
	"encoding/json"
	"fmt"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// longestTurn bounds how long one delivery of a queue may take: a delivery has a
// deadline of its own, ten years at most.
const longestTurn = 20 * 365 * 24 * time.Hour

// DeliverInOrder is the workflow latch.DeliverInOrder: it has deliveries sent that
// were kept, or that a run handed over of an ordered webhook, each once the one before
// is settled. Each goes out by a latch.Deliver of its own, which has the record. It
// ends early if the endpoint is disabled again: what was kept stays kept.
func DeliverInOrder(ctx workflow.Context, input converter.RawValue) error {
	var queue protocol.Queue
	if err := json.Unmarshal(payloadJSON(input), &queue); err != nil || len(queue.Items) == 0 {
		return invalidSpec(latch.Problems{{Message: fmt.Sprintf("%s is started by a redelivery or by a run that hands deliveries over, not by hand", latch.WorkflowDeliverInOrder)}})
	}
	sending := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: longestTurn, HeartbeatTimeout: sendHeartbeat})
	for len(queue.Items) > 0 {
		item := queue.Items[0]
		workflow.SetCurrentDetails(ctx, fmt.Sprintf("%d deliveries are settled, %d are to come.", queue.Done, len(queue.Items)))
		if item.Waits {
			giveTurn(ctx, item)
		}
		var answer protocol.QueueAnswer
		if err := workflow.ExecuteActivity(sending, protocol.ActivitySendKept, item).Get(ctx, &answer); err != nil {
			return err
		}
		if answer.Error != "" {
			workflow.GetLogger(ctx).Error("a delivery of a queue did not end well; the next one goes out", "delivery", item.DeliveryID, "error", answer.Error)
		}
		if answer.Kept && !item.Handed {
			workflow.SetCurrentDetails(ctx, fmt.Sprintf("The endpoint is disabled again; %d deliveries stay kept.", len(queue.Items)))
			return nil
		}
		queue.Items, queue.Done = queue.Items[1:], queue.Done+1
		if len(queue.Items) > 0 && workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			return workflow.NewContinueAsNewError(ctx, latch.WorkflowDeliverInOrder, queue)
		}
	}
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("%d deliveries are settled.", queue.Done))
	return nil
}

// giveTurn tells a delivery that was handed over that it may be sent. One that has
// ended meanwhile needs no turn.
func giveTurn(ctx workflow.Context, item protocol.QueueItem) {
	err := workflow.SignalExternalWorkflow(ctx, latch.PrefixDelivery+item.DeliveryID, "", protocol.SignalTurn, nil).Get(ctx, nil)
	if err != nil {
		workflow.GetLogger(ctx).Info("a delivery was not told that it is its turn", "delivery", item.DeliveryID, "error", err)
	}
}
