package byhand

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// The names of the workflows.
const (
	JobRegular = "byhand.JobRegular"
	JobLocal   = "byhand.JobLocal"
	Event      = "byhand.Event"
	Fanout     = "byhand.Fanout"
	Gated      = "byhand.Gated"
)

// The signal that lets [Gated] go on.
const Approve = "approve"

// attempt bounds one attempt of an activity.
const attempt = 30 * time.Second

// A JobInput is one HTTP task and the webhooks around it.
type JobInput struct {
	Task                 string
	Start, Success, Done string
}

// jobRegular runs the job with regular activities.
func jobRegular(ctx workflow.Context, job JobInput) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: attempt})
	return runJob(ctx, job, func(ctx workflow.Context, url, event string) workflow.Future {
		return workflow.ExecuteActivity(ctx, activityNotify, url, event, nil)
	})
}

// jobLocal runs the job with local activities.
func jobLocal(ctx workflow.Context, job JobInput) error {
	return runJob(locally(ctx), job, func(ctx workflow.Context, url, event string) workflow.Future {
		return workflow.ExecuteLocalActivity(ctx, activityNotify, url, event, nil)
	})
}

// runJob notifies of the start, does the task, and notifies of its end. The
// start is known before the task begins; the two last notices go side by side.
func runJob(ctx workflow.Context, job JobInput, do func(ctx workflow.Context, url, event string) workflow.Future) error {
	if err := do(ctx, job.Start, "JOB_START").Get(ctx, nil); err != nil {
		return err
	}
	if err := do(ctx, job.Task, "TASK").Get(ctx, nil); err != nil {
		return err
	}
	done, success := do(ctx, job.Done, "JOB_COMPLETE"), do(ctx, job.Success, "JOB_SUCCESS")
	if err := done.Get(ctx, nil); err != nil {
		return err
	}
	return success.Get(ctx, nil)
}

// event sends one notice with one local activity.
func event(ctx workflow.Context, url string, data map[string]any) error {
	ctx = locally(ctx)
	return workflow.ExecuteLocalActivity(ctx, activityNotify, url, "PINGED", data).Get(ctx, nil)
}

// fanout sends a notice to each URL, all in one local activity.
func fanout(ctx workflow.Context, urls []string) error {
	ctx = locally(ctx)
	return workflow.ExecuteLocalActivity(ctx, activityNotifyAll, urls, "PINGED").Get(ctx, nil)
}

// gated notifies of a gate, waits for the signal, and does its step.
func gated(ctx workflow.Context, gate, step string) error {
	ctx = locally(workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: attempt}))
	if err := workflow.ExecuteLocalActivity(ctx, activityNotify, gate, "GATE", nil).Get(ctx, nil); err != nil {
		return err
	}
	workflow.GetSignalChannel(ctx, Approve).Receive(ctx, nil)
	return workflow.ExecuteActivity(ctx, activityNotify, step, "STEP", nil).Get(ctx, nil)
}

func locally(ctx workflow.Context) workflow.Context {
	return workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{StartToCloseTimeout: attempt})
}
