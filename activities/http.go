package activities

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/delivery"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rehearsal"
)

// HTTP is the activity latch.HTTP: one attempt of an http task. It returns the answer's body as
// JSON if it is JSON, and otherwise as text.
func (a *Activities) HTTP(ctx context.Context, call protocol.HTTPCall) (any, error) {
	var known memory
	if call.Task.Poll != nil && activity.HasHeartbeatDetails(ctx) {
		_ = activity.GetHeartbeatDetails(ctx, &known) // unreadable details count all attempts
	}
	stop := beat(ctx, time.Second, known)
	defer stop()
	info := activity.GetInfo(ctx)
	id := protocol.TaskID(info.WorkflowExecution.ID, info.WorkflowExecution.RunID, info.ActivityID)
	response, err := a.options.Sender.Do(ctx, delivery.TaskRequest{ID: id, Task: call.Task, Variables: call.Variables})
	if err == nil {
		return bodyOf(response), nil
	}
	if cancelRequested(ctx) {
		return nil, temporal.NewCanceledError()
	}
	scheduled, polls := scheduledAt(ctx), time.Duration(0)
	if call.Task.Poll != nil {
		polls = time.Duration(latch.WithDefaults(*call.Task.Poll).Timeout)
	}
	var pending *delivery.NotYetError
	if errors.As(err, &pending) {
		stop()
		judged := unanswered(call.Task.Poll, rehearsal.Now(ctx), scheduled.Add(polls), pending)
		activity.RecordHeartbeat(ctx, memory{Answered: int(info.Attempt)})
		return nil, judged.failure()
	}
	judging := attempt{number: int(info.Attempt) - known.Answered, retry: call.Task.Retry, now: rehearsal.Now(ctx)}
	if call.Task.Retry != nil {
		judging.deadline = scheduled.Add(time.Duration(call.Task.Retry.WithDefaults().Deadline) + polls)
	}
	return nil, judging.judge(err).failure()
}

// scheduledAt returns when the activity was scheduled.
func scheduledAt(ctx context.Context) time.Time {
	if world := rehearsal.Of(ctx); world != nil {
		return world.ScheduledAt
	}
	return activity.GetInfo(ctx).ScheduledTime
}

func bodyOf(response *delivery.TaskResponse) any {
	switch {
	case len(response.Data) > 0:
		return json.RawMessage(response.Data)
	case response.Body == "":
		return nil
	default:
		return response.Body
	}
}

// cancelRequested reports whether the run cancelled the activity. If only the worker stops, the
// interrupted attempt has failed.
func cancelRequested(ctx context.Context) bool {
	return ctx.Err() != nil && temporal.IsCanceledError(context.Cause(ctx))
}

// beat sends heartbeats after the first interval, until it is stopped, so that a cancellation
// arrives and the death of a worker is noticed. An activity that ends within the interval sends
// none. The details are part of each heartbeat.
func beat(ctx context.Context, interval time.Duration, details ...any) (stop func()) {
	return beatWith(ctx, interval, func() []any { return details })
}

// beatWith is beat with details that change.
func beatWith(ctx context.Context, interval time.Duration, details func() []any) (stop func()) {
	beating, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				activity.RecordHeartbeat(ctx, details()...)
			case <-beating.Done():
				return
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}
