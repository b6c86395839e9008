package workflows

import (
	"encoding/json"
	"fmt"
	"strings"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// Deliver is the workflow latch.Deliver: it carries on a delivery that
// outlives the run that fired it, with the same delivery id, the attempts so
// far and the same deadline; or sends one again, which is a record of its own
// that begins now and counts the redeliveries. Its result, and its query history, is the final
// record.
func Deliver(ctx workflow.Context, input converter.RawValue) (*latch.Record, error) {
	var given protocol.Delivery
	if err := json.Unmarshal(payloadJSON(input), &given); err != nil || given.Send.Record.DeliveryID == "" {
		return nil, invalidSpec(latch.Problems{{Message: fmt.Sprintf("%s is started by a run that hands a delivery over, or by a redelivery, not by hand", latch.WorkflowDeliver)}})
	}
	var records history
	hook := &hook{webhook: &given.Send.Request.Webhook, settings: given.Send.Request.Event, record: records.add(given.Send.Record), delivery: underWay,
		brought: given.Brought, lockRemoved: given.LockRemoved}
	hook.record.Attempts, hook.record.Tries = given.Send.PriorAttempts, given.Send.Tries
	if lock := hook.record.Lock; lock.Open() {
		hook.record.Lock = nil // its gate has ended with the run
	}
	if given.Redelivery > 0 {
		hook.record.Redelivery, hook.record.StartedAt = given.Redelivery, latch.NewTime(workflow.Now(ctx))
	}
	given.Send.Carried = true
	if err := answerDeliver(ctx, &records, hook); err != nil {
		return nil, err
	}
	workflow.SetCurrentDetails(ctx, recordTable(records.all()))
	if wait := given.NotBefore.Sub(workflow.Now(ctx)); !given.NotBefore.IsZero() && wait > 0 {
		timer := workflow.TimerOptions{Summary: fmt.Sprintf("Before attempt %d", given.Send.PriorAttempts+1)}
		if err := workflow.NewTimerWithOptions(ctx, wait, timer).Get(ctx, nil); err != nil {
			return nil, err
		}
	}
	outcome, resume := deliver(ctx, given.Send, hook.record.Event+" → "+hook.webhook.ID, &attemptInFlight{})
	if resume != nil {
		return nil, workflow.ErrCanceled
	}
	hook.write(outcome)
	records.changed(hook.record)
	workflow.SetCurrentDetails(ctx, recordTable(records.all()))
	tellOperators(ctx, given.Operators, hook.record, outcome)
	return hook.record, nil
}

func answerDeliver(ctx workflow.Context, records *history, h *hook) error {
	err := workflow.SetQueryHandler(ctx, latch.QueryHistory, func(argument converter.RawValue) ([]latch.Record, error) {
		var query latch.HistoryQuery
		if err := query.Decode(payloadJSON(argument)); err != nil {
			return nil, fmt.Errorf("query history: %s", strings.ToValidUTF8(err.Error(), "\uFFFD"))
		}
		return records.list(query)
	})
	if err != nil {
		return err
	}
	return workflow.SetQueryHandler(ctx, latch.QueryStatus, func() (latch.Status, error) {
		status := latch.Status{ID: h.record.DeliveryID, Status: "running", Phase: "delivering", Event: h.record.Event,
			Locks: []latch.OpenLock{}, Rejected: []latch.Rejected{}}
		if h.delivery != underWay {
			status.Status, status.Phase = "completed", "closed"
		}
		return status, nil
	})
}
