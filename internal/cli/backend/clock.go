package backend

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
)

// A Clock holds bounds for how far a server's clock is ahead of this machine's. A negative
// value means that it is behind.
type Clock struct{ AtLeast, AtMost time.Duration }

// errNoPoll is returned if the server does not list a poll that it has answered.
var errNoPoll = errors.New("it does not list who polls")

// Clock compares the clocks by a poll of a task queue made for it: no answer of Temporal has the
// time at which it was written, but each poller is listed with the time at which it came. The
// pollers of a worker would not do, since they are listed for minutes after it has stopped.
func (s server) Clock(ctx context.Context) (*Clock, error) {
	// A sticky queue has one partition, so that all of its pollers are listed at once.
	queue := &taskqueuepb.TaskQueue{Name: "latch-clock:" + uuid.NewString(), Kind: enumspb.TASK_QUEUE_KIND_STICKY, NormalName: "latch-clock"}
	polling, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	sent := time.Now()
	go func() {
		_, err := s.connection.WorkflowService().PollWorkflowTaskQueue(polling, &workflowservice.PollWorkflowTaskQueueRequest{
			Namespace: s.connection.Namespace, TaskQueue: queue, Identity: queue.Name})
		ended <- err
		close(ended)
	}()
	defer func() {
		stop()
		for range ended { // until it is over
		}
	}()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		answer, err := s.connection.WorkflowService().DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
			Namespace: s.connection.Namespace, TaskQueue: queue, TaskQueueType: enumspb.TASK_QUEUE_TYPE_WORKFLOW})
		if err != nil {
			return nil, err
		}
		received := time.Now()
		if pollers := answer.GetPollers(); len(pollers) > 0 {
			at := pollers[0].GetLastAccessTime().AsTime()
			return &Clock{AtLeast: at.Sub(received), AtMost: at.Sub(sent)}, nil
		}
		select {
		case err := <-ended:
			if err == nil {
				err = errNoPoll
			}
			return nil, err
		case <-again.C:
		}
	}
}
