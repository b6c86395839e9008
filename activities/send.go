package activities

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/delivery"
	"github.com/latch-run/latch/internal/metric"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rehearsal"
	"github.com/latch-run/latch/internal/verdict"
)

// SendWebhook is the activity latch.SendWebhook: one attempt of a delivery. If a retry is
// possible, it ends with a retryable error that has the next delay, and otherwise with a
// non-retryable one. The details of both are the outcome so far. A cancellation never
// interrupts an attempt: the attempt is completed.
//
// Heartbeats pass the data about attempts from one to the next. They add no event to the run's
// history.
func (a *Activities) SendWebhook(ctx context.Context, send protocol.Send) (protocol.Outcome, error) {
	if send.Request.Webhook.Analysis != nil {
		return a.analyze(ctx, send)
	}
	known := remember(ctx, send)
	stop := beat(ctx, 5*time.Second, known)
	defer stop()
	number := send.PriorAttempts + int(activity.GetInfo(ctx).Attempt) - known.TurnedAway
	if err := a.renew(ctx, &send); err != nil {
		stop()
		return protocol.Outcome{}, notSent(ctx, send, known, number-1, err)
	}
	if wait := send.NotBefore.Sub(rehearsal.Now(ctx)); activity.GetInfo(ctx).Attempt == 1 && wait > 0 {
		stop()
		return protocol.Outcome{}, notYet(ctx, send, known, wait)
	}
	if reason := a.keptBack(ctx, &send); reason != "" {
		stop()
		return protocol.Outcome{}, judgement{kind: errorKept, message: reason, final: true}.failure(keptOutcome(ctx, reason, number-1, known))
	}
	retry := send.Request.Webhook.Retry.WithDefaults()
	if limit := retry.AttemptLimit(); limit > 0 && number-known.Answered > limit+maximumLost {
		return protocol.Outcome{}, lostAttempts(ctx, limit, known)
	}
	outcome, judged, err := a.attempt(ctx, &send, number, known, a.options.Sender.Send)
	if err != nil {
		stop()
		return protocol.Outcome{}, notSent(ctx, send, known, number-1, err)
	}
	if judged == nil {
		return outcome, nil
	}
	if send.Probe {
		judged.final, outcome.Kept, outcome.Withdrawn = true, true, true
	}
	if !judged.final {
		stop()
		known.Tries = outcome.Tries
		if judged.answered {
			known.Answered = number
		}
		judged.leave(ctx, &outcome, known)
	}
	return protocol.Outcome{}, judged.failure(outcome)
}

// A caller makes an attempt (1 and up) at a delivery.
type caller func(ctx context.Context, request *protocol.WebhookRequest, number int) (*delivery.Attempt, error)

// attempt makes one attempt. It returns the outcome and, if the attempt failed, the judgement.
// It returns an error if nothing was sent because the endpoint has as much in flight as it may.
func (a *Activities) attempt(ctx context.Context, send *protocol.Send, number int, known memory, call caller) (protocol.Outcome, *judgement, error) {
	request := send.Request
	request.Occurrence = occurrenceOf(&send.Record)
	request.Sequence, request.PreviousID = send.Record.Sequence, send.Record.PreviousID
	sending, span := startSpan(context.WithoutCancel(ctx), send, number)
	made, err := call(sending, &request, number)
	endSpan(span, made, err)
	var busy *delivery.BusyError
	if errors.As(err, &busy) {
		return protocol.Outcome{}, nil, err
	}
	var notYet *delivery.NotYetError
	if errors.As(err, &notYet) {
		a.report(ctx, send, nil, made.CompletedAt)
		return a.askAgain(ctx, send, made, number, known, notYet)
	}
	a.report(ctx, send, err, made.CompletedAt)
	outcome := outcomeOf(made, number)
	try := tryOf(made, number, err)
	if err == nil {
		logAttempt(ctx, send, outcome, try, nil)
		countAttempt(ctx, send.Record.Event, "delivered", made)
		outcome.Tries = withTry(known.Tries, try)
		outcome.Delivered = true
		outcome.Verdict = ask(send, outcome)
		return outcome, nil, nil
	}
	retry := send.Request.Webhook.Retry.WithDefaults()
	judged := attempt{number: number - known.Answered, retry: &retry, deadline: send.Deadline, now: rehearsal.Now(ctx)}.judge(err)
	outcome.Error, outcome.Gone = judged.message, judged.gone
	try.RetryInMS = judged.delay.Milliseconds()
	logAttempt(ctx, send, outcome, try, err)
	how := "retried"
	if judged.final {
		how = "failed"
	}
	countAttempt(ctx, send.Record.Event, how, made)
	outcome.Tries = withTry(known.Tries, try)
	return outcome, &judged, nil
}

// leave passes the data on to the next attempt, and its due time to the run.
func (j *judgement) leave(ctx context.Context, outcome *protocol.Outcome, known memory) {
	due := rehearsal.Now(ctx).Add(j.delay)
	outcome.NextAttemptAt = latch.NewTime(due)
	activity.RecordHeartbeat(ctx, known)
	j.delay = max(due.Sub(rehearsal.Now(ctx)), time.Millisecond) // the heartbeat used a part of it
}

// notYet ends one of Temporal's attempts that came before its time, because a volley made the
// previous attempt. Temporal keeps the wait.
func notYet(ctx context.Context, send protocol.Send, known memory, wait time.Duration) error {
	outcome := protocol.Outcome{Attempts: send.PriorAttempts, Tries: known.Tries, CompletedAt: latch.NewTime(rehearsal.Now(ctx))}
	if len(known.Tries) > 0 {
		outcome.Error = known.Tries[len(known.Tries)-1].Error
	}
	judged := judgement{kind: errorWaits, message: outcome.Error, delay: wait}
	known.TurnedAway++
	judged.leave(ctx, &outcome, known)
	return judged.failure(outcome)
}

// notSent ends one of Temporal's attempts in which nothing was sent, and which does not count.
// It is repeated soon, until the delivery's deadline, unless the webhook was withdrawn.
func notSent(ctx context.Context, send protocol.Send, known memory, attempts int, err error) error {
	outcome := protocol.Outcome{Attempts: attempts, Tries: known.Tries, Error: err.Error(), CompletedAt: latch.NewTime(rehearsal.Now(ctx))}
	judged := judgement{kind: errorUnread, message: err.Error()}
	wait := unreadWait
	var withdrawn *withdrawnError
	var busy *delivery.BusyError
	switch {
	case errors.As(err, &withdrawn):
		outcome.Withdrawn = true
		judged.kind, judged.final = errorWithdrawn, true
		activity.GetLogger(ctx).Info("webhook not sent again", "delivery", send.Record.DeliveryID, "webhook", send.Record.Webhook, "reason", err.Error())
		return judged.failure(outcome)
	case errors.As(err, &busy):
		judged.kind, wait = errorBusy, busy.Wait
	}
	judged.delay = nextTurn(wait, known.TurnedAway, rand.Float64())
	if busy != nil && busy.Queued {
		judged.delay = wait
	}
	if !send.Deadline.IsZero() && rehearsal.Now(ctx).Add(judged.delay).After(send.Deadline) {
		judged.final = true
		judged.message = fmt.Sprintf("given up after %d attempts at the deadline: %s", attempts, err.Error())
		outcome.Error = judged.message
		return judged.failure(outcome)
	}
	activity.GetLogger(ctx).Debug("webhook waits", "delivery", send.Record.DeliveryID, "reason", err.Error(), "wait", judged.delay)
	known.TurnedAway++
	judged.leave(ctx, &outcome, known)
	return judged.failure(outcome)
}

// longestTurn bounds the wait for a place at an endpoint.
const longestTurn = time.Minute

// nextTurn returns the wait before the next try to get a place. It grows with each try, so that
// many waiting deliveries do not load the server.
func nextTurn(wait time.Duration, turnedAway int, chance float64) time.Duration {
	for range turnedAway {
		if wait *= 2; wait >= longestTurn {
			break
		}
	}
	return time.Duration(float64(min(wait, longestTurn)) * (0.5 + chance/2))
}

// maximumLost is how often the last attempt that a retry allows is repeated if it ended without
// reporting, for example because its worker was killed: it is unknown whether the attempt was
// made, and delivery is at least once. The limit ends a delivery that kills worker after
// worker.
const maximumLost = 5

// lostAttempts ends a delivery whose last attempts ended without reporting.
func lostAttempts(ctx context.Context, limit int, known memory) error {
	made := limit + maximumLost
	message := fmt.Sprintf("given up after %d attempts, of which maximum_attempts or schedule allow %d: the last ones ended without a word; were their workers killed?", made, limit)
	outcome := protocol.Outcome{Attempts: made, Tries: known.Tries, Error: message, CompletedAt: latch.NewTime(rehearsal.Now(ctx))}
	return judgement{kind: errorExhausted, message: message, final: true}.failure(outcome)
}

// occurrenceOf returns the description of a CloudEvent. It is derived from the record at the
// time of the event, so it is the same for every attempt.
func occurrenceOf(record *latch.Record) protocol.Occurrence {
	subject := record.Job + record.Release // it has one of them, or neither
	if record.Step != "" {
		subject += "/" + record.Step
	}
	return protocol.Occurrence{At: record.StartedAt, WorkflowID: record.WorkflowID, Step: record.Step, Subject: subject}
}

func outcomeOf(made *delivery.Attempt, number int) protocol.Outcome {
	return protocol.Outcome{
		Attempts:    number,
		Request:     made.Request,
		Response:    made.Response,
		Data:        made.Data,
		Answer:      verdict.Answer{Unreadable: made.Unreadable, NoObject: made.NoObject},
		CompletedAt: latch.NewTime(made.CompletedAt),
		DurationMS:  made.CompletedAt.Sub(made.StartedAt).Milliseconds(),
	}
}

// ask answers the send's question over the record after the delivery.
func ask(send *protocol.Send, outcome protocol.Outcome) *verdict.Verdict {
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
	answer := verdict.Ask(*send.Question, record, outcome.Answer, send.Request.Variables)
	return &answer
}

// countAttempt records how long an attempt took, with its outcome.
func countAttempt(ctx context.Context, event, outcome string, made *delivery.Attempt) {
	status := 0
	if made.Response != nil {
		status = made.Response.Status
	}
	activity.GetMetricsHandler(ctx).WithTags(metric.Labels("event", metric.Event(event), "outcome", outcome, "status", metric.StatusClass(status))).
		Timer(metric.AttemptDuration).Record(made.CompletedAt.Sub(made.StartedAt))
}

// logAttempt writes one wide line for each attempt.
func logAttempt(ctx context.Context, send *protocol.Send, outcome protocol.Outcome, try latch.RecordTry, err error) {
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
	if outcome.Answer.Unreadable != "" {
		fields = append(fields, "unreadable", outcome.Answer.Unreadable)
	}
	activity.GetLogger(ctx).Info("webhook delivered", fields...)
}
