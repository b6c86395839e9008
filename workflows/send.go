package workflows

import (
	"errors"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/verdict"
)

const (
	// connectTimeout bounds connecting (contract, "How long a run stays open").
	connectTimeout = 5 * time.Second
	// attemptSlack is what an attempt may take in addition to connecting and waiting for the
	// answer. It is also the time after a deadline at which the server itself ends the
	// activity.
	attemptSlack = 10 * time.Second
	// sendHeartbeat is how soon the death of a worker during an attempt is noticed.
	sendHeartbeat = 20 * time.Second
	// longestDelay is the longest wait that a receiver may ask for.
	longestDelay = 24 * time.Hour
)

// An attemptInFlight lets the closing run end a delivery between two attempts.
type attemptInFlight struct {
	// send is what is sent, or nil. It is never changed, since a volley's worker reads it.
	send   *protocol.Send
	cancel workflow.CancelFunc
	// firstEndsBy is the time by which the first attempt has certainly ended.
	firstEndsBy time.Time
	// handOver makes send hand over the delivery after a cancellation.
	handOver func(workflow.Context, protocol.Delivery) string
	// working is true during an attempt at a hook that is work.
	working bool
	// stands is the last known state of the delivery.
	stands protocol.PendingAttempt
}

// send sends the hook's delivery and writes the outcome to the record.
func (h *hook) send(ctx workflow.Context) { h.sendBy(ctx, *h.newSend(ctx)) }

// sendBy is send with the attempts' argument.
func (h *hook) sendBy(ctx workflow.Context, send protocol.Send) {
	ctx, cancel := workflow.WithCancel(ctx)
	defer cancel()
	h.firing.session.pacer.wait(ctx, h.weight())
	if h.firing.session.link.down {
		h.keepFor(protocol.Delivery{Send: send, NotBefore: send.NotBefore}, protocol.Outcome{})
		return
	}
	h.attempt = attemptInFlight{send: &send, cancel: cancel,
		firstEndsBy: workflow.Now(ctx).Add(connectTimeout + h.webhook.AttemptTimeout())}
	outcome, resume := deliver(ctx, send, h.firing.event+" → "+h.webhook.ID, &h.attempt)
	if resume != nil && h.firing.session.link.down {
		h.keepFor(*resume, outcome)
		return
	}
	if resume != nil && h.webhook.Analysis != nil {
		outcome, resume = unfinished(ctx, outcome), nil
	}
	if resume != nil && h.attempt.handOver != nil {
		resume.Send.Record, resume.Brought, resume.LockRemoved = *h.record, h.brought, h.lockRemoved
		resume.Operators = h.firing.operators
		h.firing.session.pacer.wait(disconnect(ctx), h.weight())
		if child := h.attempt.handOver(disconnect(ctx), *resume); child != "" {
			h.handedTo(child, outcome)
			return
		}
		outcome.Error = "could not be handed over when the run closed; " + outcome.Error
	}
	if outcome.Open {
		h.askPerson(ctx)
	}
	h.settled(outcome)
	h.conclude(ctx, outcome)
}

// conclude handles the end of a delivery.
func (h *hook) conclude(ctx workflow.Context, outcome protocol.Outcome) {
	h.evaluate(disconnect(ctx))
	h.foresee(disconnect(ctx))
	h.firing.session.show()
	h.firing.changed = true // the event's decision does not wait for the notification of operators
	tellOperators(disconnect(ctx), h.firing.operators, h.record, outcome)
}

// newSend returns the argument of the delivery's attempts.
func (h *hook) newSend(ctx workflow.Context) *protocol.Send {
	webhook := *h.webhook
	webhook.Event, webhook.Events = "", nil
	question := verdict.ForEvent(h.settings, h.firing.scope)
	var asked *verdict.Question
	needed := neededByDelivery(h.webhook, h.settings)
	if h.answersForItself() && h.hasSay {
		asked = &question
		needed = append(needed, neededBy(question)...)
	}
	request := protocol.WebhookRequest{
		Webhook:    webhook,
		Event:      h.settings,
		DeliveryID: h.record.DeliveryID,
		ParentLog:  h.firing.session.started.UnixMilli(),
		Variables:  h.variables(needed),
	}
	if h.record.Lock != nil {
		request.Lock, request.LockURL = h.record.Lock.Token, h.record.Lock.URL
		if webhook.HasButtons() {
			request.LockDigest = h.record.Lock.Digest
		}
	} else if lock := h.lockToOpen(); lock != nil { // it is about a lock, which does not hold it
		request.LockURL = lock.URL
	}
	send := &protocol.Send{
		Request:    request,
		Record:     *h.record,
		Question:   asked,
		Registered: h.registered,
	}
	send.Rated = h.webhook.Rate != "" && h.firing.session.admission.Rates
	send.Begin(workflow.Now(ctx))
	if h.registered {
		send.Given = needed
	}
	return send
}

// answersForItself reports whether the endpoint's answer alone can settle the hook.
func (h *hook) answersForItself() bool {
	return !h.settings.Blocking || h.firing.event == latch.EventJobStart
}

// evaluate asks for the result of a hook that decides nothing, if an update has made the
// previous answer outdated.
func (h *hook) evaluate(ctx workflow.Context) {
	if !h.mustEvaluate() {
		return
	}
	answer, err := h.ask(ctx)
	if err != nil {
		answer = &verdict.Verdict{Result: latch.ResultFail, Error: rootMessage(err)}
	}
	h.judged(answer)
}

// mustEvaluate reports whether evaluate has a question.
func (h *hook) mustEvaluate() bool {
	return !h.takesPart() && h.state == verdict.Delivered && h.verdict == nil && h.settings.Result != "" && !h.skipped
}

// deliver runs the send activity until the delivery has succeeded, is given up, or was
// cancelled between two attempts. In the last case it returns what is needed to continue.
func deliver(ctx workflow.Context, send protocol.Send, summary string, attempt *attemptInFlight) (protocol.Outcome, *protocol.Delivery) {
	if send.Request.Webhook.Work() != "" {
		return deliverWork(ctx, send, summary, attempt)
	}
	future := workflow.ExecuteActivity(sendOptions(ctx, send, summary), latch.ActivitySendWebhook, send)
	var outcome protocol.Outcome
	err := future.Get(ctx, &outcome)
	if err == nil {
		return outcome, nil
	}
	var failure *temporal.ApplicationError
	if errors.As(err, &failure) && failure.HasDetails() && failure.Details(&outcome) == nil {
		if !outcome.NextAttemptAt.IsZero() && ctx.Err() != nil {
			send.PriorAttempts, send.Tries, send.Measured = outcome.Attempts, outcome.Tries, outcome.Measured
			return outcome, &protocol.Delivery{Send: send, NotBefore: outcome.NextAttemptAt}
		}
		return outcome, nil
	}
	if temporal.IsCanceledError(err) || diedCancelled(ctx, err) {
		stands := attempt.stands
		if stands.NextAttemptAt.IsZero() {
			stands.NextAttemptAt = send.NotBefore
		}
		send.PriorAttempts += attemptsOf(send, stands)
		if len(stands.Tries) > 0 {
			send.Tries = stands.Tries
		}
		if stands.Measured != nil {
			send.Measured, send.PriorAttempts = stands.Measured, stands.Measured.Total()
		}
		send.Answered, outcome.Measured = max(send.Answered, stands.Answered), send.Measured
		outcome.Attempts, outcome.Error, outcome.Tries = send.PriorAttempts, stands.LastError, send.Tries
		return outcome, &protocol.Delivery{Send: send, NotBefore: stands.NextAttemptAt}
	}
	outcome.Attempts = max(send.PriorAttempts, 1)
	outcome.Error = deliveryLost(err)
	outcome.CompletedAt = latch.NewTime(workflow.Now(ctx))
	return outcome, nil
}

// diedCancelled reports whether a delivery was cancelled while the worker of its attempt was
// dead. Temporal does not retry an activity that is being cancelled, so that attempt's timeout
// ends the activity. The delivery continues.
func diedCancelled(ctx workflow.Context, err error) bool {
	var timeout *temporal.TimeoutError
	return ctx.Err() != nil && errors.As(err, &timeout) && timeout.TimeoutType() != enums.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE &&
		knows(ctx, goesOnAfterDeath)
}

// attemptsOf returns how many attempts an activity has made. One that follows a volley's
// attempt may have only waited, and so may one whose webhook has a rate.
func attemptsOf(send protocol.Send, stands protocol.PendingAttempt) int {
	if (!send.NotBefore.IsZero() || send.Rated) && stands.Ended <= 0 && !stands.Running {
		return 0
	}
	return stands.Attempts()
}

// deliveryLost returns the message for a delivery whose activity ended without an outcome.
func deliveryLost(err error) string {
	var timeout *temporal.TimeoutError
	if errors.As(err, &timeout) {
		return "no attempt of the delivery came to an end before its deadline; was a worker running?"
	}
	return rootMessage(err)
}

// timeoutOf returns how long an attempt waits for the answer.
func timeoutOf(webhook latch.Webhook) time.Duration {
	return webhook.AttemptTimeout()
}

// attemptLimit returns how long an attempt may take in total.
func attemptLimit(webhook latch.Webhook) time.Duration {
	return connectTimeout + timeoutOf(webhook) + attemptSlack
}

// sendOptions leaves every delay to the activity, which computes it and returns it with the
// error, and counts the attempts itself. The policy's own interval applies only to an attempt
// that ended without reporting, for example because its worker was killed.
func sendOptions(ctx workflow.Context, send protocol.Send, summary string) workflow.Context {
	retry := send.Request.Webhook.Retry.WithDefaults()
	attempts := int32(0)
	if webhook := &send.Request.Webhook; webhook.Poll != nil || webhook.Analysis != nil {
		attempts = boundless
	}
	remaining := max(send.Deadline.Sub(workflow.Now(ctx)), time.Second)
	attempt := attemptLimit(send.Request.Webhook)
	queue, priority := placeOf(ctx, send)
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		ActivityID:             send.Request.DeliveryID,
		TaskQueue:              queue,
		StartToCloseTimeout:    attempt,
		ScheduleToCloseTimeout: remaining + attempt,
		HeartbeatTimeout:       sendHeartbeat,
		WaitForCancellation:    true,
		Summary:                summary,
		Priority:               priority,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:    min(time.Duration(retry.InitialInterval), longestDelay),
			BackoffCoefficient: 1,
			MaximumInterval:    longestDelay,
			MaximumAttempts:    attempts,
		},
	})
}
