package activities

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/delivery"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rehearsal"
)

// unanswered returns what follows an answer that is not final: another attempt after the
// interval, or none if that would be after the end.
func unanswered(poll *latch.Poll, now, end time.Time, err *delivery.NotYetError) judgement {
	given := latch.WithDefaults(*poll)
	delay := time.Duration(given.Interval)
	if now.Add(delay).After(end) {
		return judgement{kind: errorNotYet, final: true, message: fmt.Sprintf("poll: no final answer within %s; the last one: %s", given.Timeout, err.Error())}
	}
	return judgement{kind: errorNotYet, message: err.Error(), delay: delay, answered: true}
}

// askAgain is the end of an attempt whose answer is not final.
func (a *Activities) askAgain(ctx context.Context, send *protocol.Send, made *delivery.Attempt, number int, known memory,
	err *delivery.NotYetError) (protocol.Outcome, *judgement, error) {
	judged := unanswered(send.Request.Webhook.Poll, rehearsal.Now(ctx), send.PollUntil, err)
	outcome := outcomeOf(made, number)
	outcome.Error = judged.message
	try := tryOf(made, number, err)
	try.RetryInMS = judged.delay.Milliseconds()
	outcome.Tries = withTry(known.Tries, try)
	countAttempt(ctx, send.Record.Event, "delivered", made)
	activity.GetLogger(ctx).Info("webhook asks again", "webhook", send.Record.Webhook, "event", send.Record.Event,
		"delivery", send.Record.DeliveryID,
		"attempt", number, "reason", err.Error(), "wait", judged.delay)
	return outcome, &judged, nil
}
