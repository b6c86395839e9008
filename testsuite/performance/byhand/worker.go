package byhand

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"golang.org/x/sync/errgroup"
)

// TaskQueue is the one that the worker polls.
const TaskQueue = "byhand"

const (
	activityNotify    = "byhand.Notify"
	activityNotifyAll = "byhand.NotifyAll"
)

// atOnce is how many of a fan-out's requests are under way.
const atOnce = 100

// NewWorker makes a worker of the hand-written code, which signs with the
// secret. The options are the caller's, so that both sides of a comparison can
// have the same.
func NewWorker(c client.Client, secret []byte, options worker.Options) (worker.Worker, error) {
	sender, err := NewSender(secret)
	if err != nil {
		return nil, err
	}
	w := worker.New(c, TaskQueue, options)
	for name, code := range map[string]any{
		JobRegular: jobRegular, JobLocal: jobLocal, Event: event, Fanout: fanout, Gated: gated,
	} {
		w.RegisterWorkflowWithOptions(code, workflow.RegisterOptions{Name: name})
	}
	a := activities{sender}
	w.RegisterActivityWithOptions(a.notify, activity.RegisterOptions{Name: activityNotify})
	w.RegisterActivityWithOptions(a.notifyAll, activity.RegisterOptions{Name: activityNotifyAll})
	return w, nil
}

type activities struct{ sender *Sender }

// notify sends one notice. Its id is the same at each attempt.
func (a activities) notify(ctx context.Context, url, event string, data map[string]any) error {
	info := activity.GetInfo(ctx)
	return a.sender.Send(ctx, url, noticeOf(info, info.ActivityID, event, data))
}

// notifyAll sends a notice to each URL, some at once, and fails if one failed:
// the next attempt sends all of them again, under the same ids.
func (a activities) notifyAll(ctx context.Context, urls []string, event string) error {
	info := activity.GetInfo(ctx)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i, url := range urls {
		group.Go(func() error {
			return a.sender.Send(ctx, url, noticeOf(info, fmt.Sprint(info.ActivityID, "-", i), event, nil))
		})
	}
	return group.Wait()
}

func noticeOf(info activity.Info, id, event string, data map[string]any) Notice {
	run := Run{WorkflowID: info.WorkflowExecution.ID, RunID: info.WorkflowExecution.RunID}
	return Notice{Event: event, Webhook: "board", ID: run.RunID + "-" + id, Timestamp: time.Now().UTC(), Run: run, Data: data}
}
