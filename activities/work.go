package activities

import (
	"context"
	"errors"

	"go.temporal.io/sdk/activity"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/delivery"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rehearsal"
)

// Compose renders the input of an attempt at a hook that is work. If the registry cannot be
// read, nothing is begun: the error makes the run ask again.
func (a *Activities) Compose(ctx context.Context, request protocol.WorkRequest) (protocol.WorkAnswer, error) {
	send := &request.Send
	var answer protocol.WorkAnswer
	if send.PriorAttempts > 0 || send.Carried {
		var withdrawn *withdrawnError
		switch err := a.renewAgain(ctx, send); {
		case errors.As(err, &withdrawn):
			activity.GetLogger(ctx).Info("a hook is not done again", "delivery", send.Record.DeliveryID,
				"webhook", send.Record.Webhook, "reason", err.Error())
			failed := protocol.Outcome{Attempts: request.Number - 1, Tries: send.Tries, Error: err.Error(),
				Withdrawn: true, CompletedAt: latch.NewTime(rehearsal.Now(ctx))}
			return protocol.WorkAnswer{Failed: &failed}, nil
		case err != nil:
			return protocol.WorkAnswer{}, err
		case send.Registered:
			answer.Webhook = &send.Request.Webhook
		}
	}
	send.Request.Sequence, send.Request.PreviousID = send.Record.Sequence, send.Record.PreviousID
	work, err := a.options.Sender.Compose(&send.Request, request.Number, rehearsal.Now(ctx))
	if err != nil {
		failed := protocol.Outcome{Attempts: request.Number, Tries: send.Tries, Error: err.Error(),
			Request: work.Request, CompletedAt: latch.NewTime(rehearsal.Now(ctx))}
		return protocol.WorkAnswer{Failed: &failed}, nil
	}
	answer.Arguments, answer.WorkflowID, answer.Request = work.Arguments, work.WorkflowID, work.Request
	return answer, nil
}

// Judge classifies an attempt at a hook that is work. The result is read like an endpoint's
// answer, and secrets in it are masked.
func (a *Activities) Judge(ctx context.Context, end protocol.WorkEnd) (protocol.Outcome, error) {
	receive := func(_ context.Context, request *protocol.WebhookRequest, _ int) (*delivery.Attempt, error) {
		return a.options.Sender.Receive(request, delivery.Done{Request: end.Request, Result: end.Result, Error: end.Error, Final: end.Final,
			StartedAt: end.StartedAt.Time, CompletedAt: rehearsal.Now(ctx)})
	}
	end.Send.Request.Webhook.Retry = limitedWork(end.Send.Request.Webhook.Retry)
	outcome, judged, err := a.attempt(ctx, &end.Send, end.Number, memory{Tries: end.Send.Tries}, receive)
	if judged != nil && !judged.final {
		outcome.NextAttemptAt = latch.NewTime(rehearsal.Now(ctx).Add(judged.delay))
	}
	return outcome, err
}

// maximumWork bounds the attempts at work. Each adds about a dozen events to the history of its
// run, of which Temporal accepts 51,200.
const maximumWork = 1000

// limitedWork returns the retry with at most maximumWork attempts.
func limitedWork(given *latch.Retry) *latch.Retry {
	limited := latch.Retry{}
	if given != nil {
		limited = *given
	}
	if limited.MaximumAttempts == 0 || limited.MaximumAttempts > maximumWork {
		limited.MaximumAttempts = maximumWork
	}
	return &limited
}
