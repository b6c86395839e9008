package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/delivery"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/verdict"
)

// SendWebhook is the activity latch.SendWebhook: one attempt of a delivery.
// What can be tried again ends with a retryable error that bears the next
// delay; what cannot, with one that is not. Both bear the outcome so far as
// details. An attempt is never broken off by a cancellation: it is let finish.
//
// What is known of the attempts goes from one to the next with heartbeats,
// which cost no event of the run's history.
func (a *Activities) SendWebhook(ctx context.Context, send protocol.Send) (protocol.Outcome, error) {
	tries := priorTries(ctx, send)
	stop := beat(ctx, 5*time.Second, tries)
	defer stop()
	number := send.PriorAttempts + int(activity.GetInfo(ctx).Attempt)
	send.Request.Occurrence = occurrenceOf(send.Record)
	made, err := a.options.Sender.Send(context.WithoutCancel(ctx), send.Request, number)
	outcome := outcomeOf(made, number)
	try := tryOf(made, number, err)
	if err == nil {
		logAttempt(ctx, send, outcome, try, nil)
		outcome.Tries = withTry(tries, try)
		outcome.Delivered = true
		outcome.Verdict = ask(send, outcome)
		return outcome, nil
	}
	retry := send.Request.Webhook.Retry.WithDefaults()
	judged := attempt{number: number, retry: &retry, deadline: send.Deadline, now: time.Now()}.judge(err)
	outcome.Error = judged.message
	try.RetryInMS = judged.delay.Milliseconds()
	logAttempt(ctx, send, outcome, try, err)
	outcome.Tries = withTry(tries, try)
	if !judged.final {
		due := time.Now().Add(judged.delay)
		outcome.NextAttemptAt = latch.NewTime(due)
		stop()
		activity.RecordHeartbeat(ctx, outcome.Tries)
		judged.delay = max(time.Until(due), time.Millisecond) // the heartbeat took a part of it
	}
	return protocol.Outcome{}, judged.failure(outcome)
}

// occurrenceOf tells what a CloudEvent tells: the record as it stood when it
// was fired is the same for every attempt.
func occurrenceOf(record latch.Record) delivery.Occurrence {
	subject := record.Job + record.Release // it has one of them, or neither
	if record.Step != "" {
		subject += "/" + record.Step
	}
	return delivery.Occurrence{At: record.StartedAt, WorkflowID: record.WorkflowID, Subject: subject}
}

func outcomeOf(made *delivery.Attempt, number int) protocol.Outcome {
	return protocol.Outcome{
		Attempts:    number,
		Request:     made.Request,
		Response:    made.Response,
		Data:        made.Data,
		CompletedAt: latch.NewTime(made.CompletedAt),
		DurationMS:  made.CompletedAt.Sub(made.StartedAt).Milliseconds(),
	}
}

// ask answers the send's question over the record as the delivery leaves it.
func ask(send protocol.Send, outcome protocol.Outcome) *verdict.Verdict {
	if send.Question == nil {
		return nil
	}
	record := send.Record
	record.Attempts, record.Request, record.Response = outcome.Attempts, outcome.Request, outcome.Response
	record.Tries = outcome.Tries
	record.CompletedAt, record.DurationMS = outcome.CompletedAt, outcome.DurationMS
	record.Data = latch.Object{}
	if outcome.Data != nil {
		record.Data = outcome.Data
	}
	record.Result = latch.ResultPass
	if string(record.Data["result"]) == `"fail"` {
		record.Result = latch.ResultFail
	}
	answer := verdict.Ask(*send.Question, record, send.Request.Variables)
	return &answer
}

// logAttempt writes one wide line for each attempt.
func logAttempt(ctx context.Context, send protocol.Send, outcome protocol.Outcome, try latch.RecordTry, err error) {
	fields := []any{"webhook", send.Record.Webhook, "event", send.Record.Event, "delivery", send.Record.DeliveryID,
		"attempt", outcome.Attempts, "duration_ms", outcome.DurationMS}
	if outcome.Request != nil {
		fields = append(fields, "method", outcome.Request.Method, "url", outcome.Request.URL, "bytes", outcome.Request.Bytes)
	}
	if outcome.Response != nil {
		fields = append(fields, "status", outcome.Response.Status)
	}
	if try.Address != "" {
		fields = append(fields, "address", try.Address)
	}
	if t := try.Timings; t != nil {
		fields = append(fields, "dns_ms", t.DNSMS, "connect_ms", t.ConnectMS, "tls_ms", t.TLSMS, "first_byte_ms", t.FirstByteMS)
	}
	if try.RetryInMS > 0 {
		fields = append(fields, "retry_in_ms", try.RetryInMS)
	}
	if err != nil {
		activity.GetLogger(ctx).Warn("webhook not delivered", append(fields, "error", err.Error())...)
		return
	}
	activity.GetLogger(ctx).Info("webhook delivered", fields...)
}
