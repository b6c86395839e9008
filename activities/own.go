package activities

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"

	"github.com/latch-run/latch/internal/protocol"
)

// stopTimeout bounds how long a stopping worker waits until what was fetched has
// reached the server.
const stopTimeout = 5 * time.Second

// An ownWorker serves a task queue that is this process's alone, for what only
// it can answer. It is started when it is first needed.
type ownWorker struct {
	mutex  sync.Mutex
	queue  string
	worker worker.Worker
}

// ownQueue returns the name of the process's own task queue in the asking run's
// namespace, and serves it.
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
		WorkerStopTimeout:                  stopTimeout,
	})
	w.RegisterActivityWithOptions(a.Fetch, activity.RegisterOptions{Name: protocol.ActivityFetch})
	if err := w.Start(); err != nil {
		return "", fmt.Errorf("serve task queue %q: %w", queue, err)
	}
	own.queue, own.worker = queue, w
	return queue, nil
}

// Stop waits until the attempts that go on in the worker have ended and were
// fetched, for as long as ctx allows. Volleys may come after it, too.
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
