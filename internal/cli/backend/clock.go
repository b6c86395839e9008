package backend

import (
	"context"
	"net/http"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// A Clock holds bounds for how far a server's clock is ahead of this machine's. A negative
// value means that it is behind.
type Clock struct{ AtLeast, AtMost time.Duration }

// longPoll is how long a poll may wait at the server: a poller was seen within that time.
const longPoll = 70 * time.Second

// Clock compares the clocks by the times that the server reveals: the header date, which
// proxies set in front of it, and the last access of the task queue's pollers. It returns nil
// if there are none.
func (s server) Clock(ctx context.Context, queue string) (*Clock, error) {
	var header metadata.MD
	sent := time.Now()
	if _, err := s.connection.WorkflowService().GetSystemInfo(ctx, &workflowservice.GetSystemInfoRequest{}, grpc.Header(&header)); err != nil {
		return nil, err
	}
	received := time.Now()
	if dates := header.Get("date"); len(dates) > 0 {
		if date, err := http.ParseTime(dates[0]); err == nil { // the header is truncated to the second
			return &Clock{AtLeast: date.Sub(received), AtMost: date.Add(time.Second).Sub(sent)}, nil
		}
	}
	var newest time.Time
	for _, kind := range []enumspb.TaskQueueType{enumspb.TASK_QUEUE_TYPE_WORKFLOW, enumspb.TASK_QUEUE_TYPE_ACTIVITY} {
		answer, err := s.connection.WorkflowService().DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
			Namespace: s.connection.Namespace, TaskQueue: &taskqueuepb.TaskQueue{Name: queue}, TaskQueueType: kind})
		if err != nil {
			return nil, err
		}
		for _, poller := range answer.GetPollers() {
			if at := poller.GetLastAccessTime().AsTime(); poller.GetLastAccessTime() != nil && at.After(newest) {
				newest = at
			}
		}
	}
	if newest.IsZero() {
		return nil, nil
	}
	ahead := time.Until(newest)
	return &Clock{AtLeast: ahead, AtMost: ahead + longPoll}, nil
}
