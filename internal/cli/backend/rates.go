package backend

import (
	"context"
	"errors"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/latch-run/latch/internal/protocol"
)

// Rates describes the task queue from which attempts with a rate are made.
type Rates struct {
	// Queue is its name.
	Queue string
	// Limit is the default rate of its fairness keys, or 0 without one. It has to be
	// [protocol.RateUnit].
	Limit float32
	// Polled reports that a worker polls it.
	Polled bool
}

func (s server) Rates(ctx context.Context, queue string) (*Rates, error) {
	rates := &Rates{Queue: protocol.RateQueue(queue)}
	answer, err := s.connection.WorkflowService().DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
		Namespace: s.connection.Namespace, TaskQueue: &taskqueuepb.TaskQueue{Name: rates.Queue},
		TaskQueueType: enumspb.TASK_QUEUE_TYPE_ACTIVITY, ReportConfig: true,
	})
	var unknown *serviceerror.NotFound
	if errors.As(err, &unknown) {
		return rates, nil
	}
	if err != nil {
		return nil, err
	}
	rates.Limit = answer.GetConfig().GetFairnessKeysRateLimitDefault().GetRateLimit().GetRequestsPerSecond()
	rates.Polled = len(answer.GetPollers()) > 0
	return rates, nil
}
