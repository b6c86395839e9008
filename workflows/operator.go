package workflows

import (
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/attach"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rawjson"
)

// operatorsOf returns the webhooks that are notified when deliveries of an event fail
// permanently, each with only these events. Failed deliveries to operators are not reported,
// because that could go on for ever.
func operatorsOf(event string, webhooks []protocol.AttachedWebhook) []protocol.AttachedWebhook {
	if latch.IsOperatorEvent(event) {
		return nil
	}
	var operators []protocol.AttachedWebhook
	for i := range webhooks {
		webhook := webhooks[i]
		webhook.Event, webhook.Events = "", nil
		for _, about := range []string{latch.EventDeliveryExhausted, latch.EventEndpointGone} {
			if settings, listens := webhooks[i].On(about); listens {
				webhook.Events = append(webhook.Events, settings)
			}
		}
		if len(webhook.Events) > 0 {
			operators = append(operators, webhook)
		}
	}
	return operators
}

// failed returns the record of a failed delivery in the form for operators. Its hook may not be
// decided yet: its lock is then still open, and visible only to its own receiver.
func failed(record latch.Record) latch.Record {
	if record.Lock.Open() {
		record.Lock = nil
	}
	if record.Result == latch.ResultPending {
		record.Result = latch.ResultFail
	}
	return record
}

// tellOperators fires DELIVERY_EXHAUSTED or ENDPOINT_GONE in a separate run, if the delivery
// has failed permanently and a webhook listens. It does not report a delivery whose webhook was
// disabled or deleted meanwhile: an operator ended it, and the listener may be the very
// receiver that was cut off.
func tellOperators(ctx workflow.Context, operators []protocol.AttachedWebhook, record *latch.Record, outcome protocol.Outcome) {
	event := latch.EventDeliveryExhausted
	if outcome.Gone {
		event = latch.EventEndpointGone
	}
	listening := make([]protocol.AttachedWebhook, 0, len(operators))
	for i := range operators {
		if _, listens := operators[i].On(event); listens {
			listening = append(listening, operators[i])
		}
	}
	if outcome.Delivered || outcome.Withdrawn || len(listening) == 0 {
		return
	}
	emission := latch.Emission{
		ID:       record.DeliveryID,
		Event:    event,
		Data:     latch.Object{"record": rawjson.Encode(failed(*record))},
		Webhooks: attach.Plain(listening),
	}
	ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:        latch.PrefixOperator + record.DeliveryID,
		ParentClosePolicy: enums.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary:     excerpt.Of(event+": "+record.Event+" → "+record.Webhook, 190),
	})
	err := workflow.ExecuteChildWorkflow(ctx, latch.WorkflowEmit, emission, protocol.EmitOrigin{Operator: true, Registered: registeredOf(listening)}).
		GetChildWorkflowExecution().Get(ctx, nil)
	if err != nil {
		workflow.GetLogger(ctx).Error("operators were not told of a delivery that failed", "delivery", record.DeliveryID, "error", err)
	}
}

// registeredOf returns the ids of the registered ones among the webhooks.
func registeredOf(webhooks []protocol.AttachedWebhook) []string {
	var ids []string
	for i := range webhooks {
		if webhooks[i].Registered {
			ids = append(ids, webhooks[i].ID)
		}
	}
	return ids
}
