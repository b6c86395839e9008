package workflows

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nexus-rpc/sdk-go/nexus"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rawjson"
)

// deliverWork is deliver for a hook that is work: the run itself makes the attempts, each as an
// activity, a child workflow or a Nexus operation. An attempt is never interrupted. Between two
// attempts, a cancellation of ctx ends the delivery.
func deliverWork(ctx workflow.Context, send protocol.Send, summary string,
	attempt *attemptInFlight) (protocol.Outcome, *protocol.Delivery) {
	outcome := protocol.Outcome{Attempts: send.PriorAttempts, Tries: send.Tries}
	for {
		if awaitAttempt(ctx, send, outcome.Error) != nil {
			return outcome, &protocol.Delivery{Send: send, NotBefore: send.NotBefore}
		}
		attempt.working = true
		outcome = attemptWork(disconnect(ctx), &send, summary)
		attempt.working = false
		if outcome.NextAttemptAt.IsZero() {
			return outcome, nil
		}
		send.PriorAttempts, send.Tries, send.NotBefore = outcome.Attempts, outcome.Tries, outcome.NextAttemptAt
	}
}

// awaitAttempt waits until the next attempt is due. It returns an error if ctx is cancelled.
func awaitAttempt(ctx workflow.Context, send protocol.Send, because string) error {
	wait := send.NotBefore.Sub(workflow.Now(ctx))
	if send.NotBefore.IsZero() || wait <= 0 {
		return ctx.Err()
	}
	timer := workflow.TimerOptions{Summary: fmt.Sprintf("Before attempt %d: %s", send.PriorAttempts+1, excerpt.Of(because, 100))}
	return workflow.NewTimerWithOptions(ctx, wait, timer).Get(ctx, nil)
}

// attemptWork makes one attempt, and lets the worker judge the result. It uses the registered
// webhook's current version from then on.
func attemptWork(ctx workflow.Context, send *protocol.Send, summary string) protocol.Outcome {
	number := send.PriorAttempts + 1
	var given protocol.WorkAnswer
	if err := ask(ctx, "Prepare "+summary, protocol.ActivityCompose, protocol.WorkRequest{Send: *send, Number: number}, &given); err != nil {
		return protocol.Outcome{Attempts: number, Tries: send.Tries, Error: rootMessage(err), CompletedAt: latch.NewTime(workflow.Now(ctx))}
	}
	if given.Failed != nil {
		return *given.Failed
	}
	if given.Webhook != nil {
		send.Request.Webhook = *given.Webhook
	}
	end := protocol.WorkEnd{Send: *send, Number: number, Request: given.Request, StartedAt: latch.NewTime(workflow.Now(ctx))}
	raw, err := doWork(ctx, &send.Request.Webhook, given, summary)
	if err != nil {
		end.Error, end.Final = rootMessage(err), isFinal(err)
	} else {
		end.Result = resultJSON(raw)
	}
	var outcome protocol.Outcome
	if err := ask(ctx, "Judge "+summary, protocol.ActivityJudge, end, &outcome); err != nil {
		return protocol.Outcome{Attempts: number, Tries: send.Tries, Error: rootMessage(err), CompletedAt: latch.NewTime(workflow.Now(ctx))}
	}
	return outcome
}

// doWork does the webhook's work once.
func doWork(ctx workflow.Context, webhook *latch.Webhook, given protocol.WorkAnswer, summary string) (converter.RawValue, error) {
	arguments := make([]any, len(given.Arguments))
	for i, argument := range given.Arguments {
		arguments[i] = argument
	}
	switch webhook.Work() {
	case latch.WorkActivity:
		return doHookActivity(ctx, webhook, arguments, summary)
	case latch.WorkWorkflow:
		task := *webhook.Workflow
		task.Timeout = latch.Duration(webhook.AttemptTimeout())
		return boundedChild(ctx, &task, given.WorkflowID, summary, arguments)
	default:
		return doHookNexus(ctx, webhook, arguments, summary)
	}
}

func doHookActivity(ctx workflow.Context, webhook *latch.Webhook, arguments []any, summary string) (raw converter.RawValue, err error) {
	task := latch.WithDefaults(*webhook.Activity)
	if task.TaskQueue == "" {
		task.TaskQueue = workflow.GetInfo(ctx).TaskQueueName
	}
	options := workflow.ActivityOptions{
		TaskQueue:              task.TaskQueue,
		ScheduleToStartTimeout: time.Duration(task.StartTimeout),
		StartToCloseTimeout:    webhook.AttemptTimeout(),
		HeartbeatTimeout:       time.Duration(task.HeartbeatTimeout),
		RetryPolicy:            &temporal.RetryPolicy{MaximumAttempts: 1},
		Summary:                summary,
	}
	err = workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, options), task.Type, arguments...).Get(ctx, &raw)
	var timeout *temporal.TimeoutError
	if errors.As(err, &timeout) && timeout.TimeoutType() == enums.TIMEOUT_TYPE_SCHEDULE_TO_START {
		return raw, noWorker(task.Type, task.TaskQueue, options.ScheduleToStartTimeout.String())
	}
	return raw, err
}

func doHookNexus(ctx workflow.Context, webhook *latch.Webhook, arguments []any, summary string) (raw converter.RawValue, err error) {
	var argument any
	if len(arguments) > 0 {
		argument = arguments[0]
	}
	options := workflow.NexusOperationOptions{ScheduleToCloseTimeout: webhook.AttemptTimeout(), Summary: summary}
	caller := workflow.NewNexusClient(webhook.Nexus.Endpoint, webhook.Nexus.Service)
	err = caller.ExecuteOperation(ctx, webhook.Nexus.Operation, argument, options).Get(ctx, &raw)
	return raw, err
}

// isFinal reports whether the error says that it would happen again, or whether somebody ended
// the work.
func isFinal(err error) bool {
	var application *temporal.ApplicationError
	var terminated *temporal.TerminatedError
	var handler *nexus.HandlerError
	switch {
	case temporal.IsCanceledError(err), errors.As(err, &terminated):
		return true
	case errors.As(err, &application):
		return application.NonRetryable()
	case errors.As(err, &handler):
		return !handler.Retryable()
	default:
		return false
	}
}

// resultJSON returns the result of work as JSON. Bytes that are not JSON become base64, and
// null becomes empty.
func resultJSON(raw converter.RawValue) json.RawMessage {
	data := payloadJSON(raw)
	switch {
	case len(data) == 0 || string(data) == "null":
		return nil
	case json.Valid(data):
		return data
	default:
		return rawjson.Encode(data)
	}
}
