package workflows

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/verdict"
)

// Deliver is the workflow latch.Deliver. It continues a delivery that outlives the run that
// fired it, with the same delivery id, the attempts so far and the same deadline. Or it sends a
// delivery again, with its own record, which begins now and counts the redeliveries. A
// redelivery that was already sent is only recorded. The result, and the answer to the query
// history, is the final record.
func Deliver(ctx workflow.Context, input converter.RawValue) (*latch.Record, error) {
	var given protocol.Delivery
	if err := json.Unmarshal(payloadJSON(input), &given); err != nil || given.Send.Record.DeliveryID == "" {
		return nil, invalidSpec(latch.Problems{{Message: fmt.Sprintf("%s is started by a run that hands a delivery over, or by a redelivery, not by hand", latch.WorkflowDeliver)}})
	}
	var records history
	carried := carry(ctx, &records, given)
	given.Send.Carried = true
	if err := answerDeliver(ctx, &records, carried); err != nil {
		return nil, err
	}
	if given.Outcome != nil {
		carried.settled(*given.Outcome)
	}
	workflow.SetCurrentDetails(ctx, pageLink(given.Page)+records.table())
	if given.Outcome != nil {
		return carried.record, nil
	}
	if err := awaitTurn(ctx, &given); err != nil {
		return nil, err
	}
	if wait := given.NotBefore.Sub(workflow.Now(ctx)); !given.NotBefore.IsZero() && wait > 0 {
		timer := workflow.TimerOptions{Summary: fmt.Sprintf("Before attempt %d", given.Send.PriorAttempts+1)}
		if err := workflow.NewTimerWithOptions(ctx, wait, timer).Get(ctx, nil); err != nil {
			return nil, err
		}
	}
	outcome, resume := deliver(ctx, given.Send, carried.record.Event+" → "+carried.webhook.ID, &attemptInFlight{})
	if resume != nil {
		return nil, workflow.ErrCanceled
	}
	carried.settled(outcome)
	workflow.SetCurrentDetails(ctx, pageLink(given.Page)+records.table())
	tellOperators(ctx, given.Operators, carried.record, outcome)
	return carried.record, nil
}

// awaitTurn waits until an ordered delivery may be sent. Its deadline counts from then on, as
// from a first attempt.
func awaitTurn(ctx workflow.Context, given *protocol.Delivery) error {
	if !given.Waits {
		return nil
	}
	turn := workflow.GetSignalChannel(ctx, protocol.SignalTurn)
	if err := workflow.Await(ctx, func() bool { return turn.Len() > 0 }); err != nil {
		return err
	}
	turn.ReceiveAsync(nil)
	given.Send.Begin(workflow.Now(ctx))
	return nil
}

// carry takes over a delivery from the run that fired it. If it belonged to a gate, that gate
// has ended with the run, so its answer no longer decides anything.
func carry(ctx workflow.Context, records *history, given protocol.Delivery) *delivery {
	d := &delivery{webhook: &given.Send.Request.Webhook, settings: given.Send.Request.Event, state: verdict.UnderWay,
		brought: given.Brought, lockRemoved: given.LockRemoved,
		history: records, now: func() latch.Time { return latch.NewTime(workflow.Now(ctx)) }, counts: counts{ctx}}
	record := given.Send.Record
	record.Attempts, record.Tries = given.Send.PriorAttempts, given.Send.Tries
	if record.Lock.Open() {
		record.Lock = nil
	}
	if given.Redelivery > 0 {
		record.Redelivery, record.StartedAt = given.Redelivery, d.now()
	}
	if sent := given.Outcome; sent != nil {
		record.StartedAt = latch.NewTime(sent.CompletedAt.Add(-time.Duration(sent.DurationMS) * time.Millisecond))
	}
	d.planned(record)
	return d
}

func answerDeliver(ctx workflow.Context, records *history, d *delivery) error {
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
		status := latch.Status{ID: d.record.DeliveryID, Status: "running", Phase: "delivering", Event: d.record.Event,
			Locks: []latch.OpenLock{}, Rejected: []latch.Rejected{}}
		if d.state != verdict.UnderWay {
			status.Status, status.Phase = "completed", "closed"
		}
		return status, nil
	})
}
