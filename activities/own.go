package activities

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	enums "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"

	"github.com/latch-run/latch/internal/protocol"
)

// stopTimeout bounds how long a stopping worker waits until fetched outcomes have reached the
// server.
const stopTimeout = 5 * time.Second

// An ownWorker serves a task queue that belongs only to this process, for questions that only
// this process can answer. It is started when it is first needed.
type ownWorker struct {
	mutex  sync.Mutex
	queue  string
	worker worker.Worker
}

// ownQueue returns the name of the process's own task queue in the asking run's namespace, and
// serves it.
func (a *Activities) ownQueue(ctx context.Context) (string, error) {
	info := activity.GetInfo(ctx)
	found, _ := a.own.LoadOrStore(info.Namespace, &ownWorker{})
	own := found.(*ownWorker)
	own.mutex.Lock()
	defer own.mutex.Unlock()
	if own.worker != nil {
		return own.queue, nil
	}
	queue := info.TaskQueue + "-of-" + uuid.NewString()
	w := worker.New(activity.GetClient(ctx), queue, worker.Options{
		DisableWorkflowWorker:              true,
		MaxConcurrentActivityExecutionSize: maximumFlights,
		ActivityTaskPollerBehavior:         worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{}),
		WorkerStopTimeout:                  stopTimeout,
	})
	w.RegisterActivityWithOptions(a.Fetch, activity.RegisterOptions{Name: protocol.ActivityFetch})
	if err := w.Start(); err != nil {
		return "", fmt.Errorf("serve task queue %q: %w", queue, err)
	}
	own.queue, own.worker = queue, w
	return queue, nil
}

// silence is how long a live worker may appear not to poll its task queue: a poll takes up to a
// minute.
const silence = 75 * time.Second

// OwnerLives reports whether the worker that owns the task queue may still be alive.
func (a *Activities) OwnerLives(ctx context.Context, request protocol.OwnerRequest) (protocol.OwnerAnswer, error) {
	if found, known := a.own.Load(activity.GetInfo(ctx).Namespace); known && found.(*ownWorker).serves(request.Queue) {
		return protocol.OwnerAnswer{Lives: true}, nil
	}
	described, err := activity.GetClient(ctx).DescribeTaskQueue(ctx, request.Queue, enums.TASK_QUEUE_TYPE_ACTIVITY)
	if err != nil {
		return protocol.OwnerAnswer{}, fmt.Errorf("describe task queue %q: %w", request.Queue, err)
	}
	at := request.At.Time
	if at.IsZero() { // an older build asks
		at = time.Now()
	}
	return protocol.OwnerAnswer{Lives: polled(described.GetPollers(), at)}, nil
}

// polled reports whether one of the pollers polled not long before a time. Both are by the
// server's clock: this worker's may be wrong.
func polled(pollers []*taskqueuepb.PollerInfo, at time.Time) bool {
	return slices.ContainsFunc(pollers, func(poller *taskqueuepb.PollerInfo) bool {
		return at.Sub(poller.GetLastAccessTime().AsTime()) < silence
	})
}

func (o *ownWorker) serves(queue string) bool {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.worker != nil && o.queue == queue
}

// Stop waits until the attempts that continue in the worker have ended and were fetched, for as
// long as ctx allows. Volleys may be requested after it, too.
func (a *Activities) Stop(ctx context.Context) {
	a.flights.land(ctx)
	a.own.Range(func(_, found any) bool {
		found.(*ownWorker).stop()
		return true
	})
}

func (o *ownWorker) stop() {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if o.worker != nil {
		o.worker.Stop()
		o.worker = nil
	}
}
