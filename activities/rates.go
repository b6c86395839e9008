package activities

import (
	"context"
	"fmt"

	enums "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch/internal/protocol"
)

// rateReason explains the setting to an operator.
const rateReason = "Latch: the fairness weight of an attempt is its webhook's rate per second"

// ServeRates records that this process serves the queue of rates of a task queue, and has
// Temporal limit the rate of its keys. Runs that are admitted here use the queue if that
// succeeds.
func (a *Activities) ServeRates(ctx context.Context, c client.Client, namespace, taskQueue string) error {
	queue := protocol.RateQueue(taskQueue)
	a.homes.Store(storeKey{namespace, queue}, taskQueue)
	if err := limitRates(ctx, c, namespace, queue); err != nil {
		return err
	}
	a.rates.Store(storeKey{namespace, taskQueue}, true)
	return nil
}

// limitRates sets the default rate of the queue's keys, unless it is right.
func limitRates(ctx context.Context, c client.Client, namespace, queue string) error {
	described, err := c.WorkflowService().DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
		Namespace: namespace, TaskQueue: &taskqueuepb.TaskQueue{Name: queue}, TaskQueueType: enums.TASK_QUEUE_TYPE_ACTIVITY, ReportConfig: true,
	})
	if err == nil && described.GetConfig().GetFairnessKeysRateLimitDefault().GetRateLimit().GetRequestsPerSecond() == protocol.RateUnit {
		return nil
	}
	_, err = c.WorkflowService().UpdateTaskQueueConfig(ctx, &workflowservice.UpdateTaskQueueConfigRequest{
		Namespace: namespace, Identity: "latch-worker", TaskQueue: queue, TaskQueueType: enums.TASK_QUEUE_TYPE_ACTIVITY,
		UpdateFairnessKeyRateLimitDefault: &workflowservice.UpdateTaskQueueConfigRequest_RateLimitUpdate{
			RateLimit: &taskqueuepb.RateLimit{RequestsPerSecond: protocol.RateUnit}, Reason: rateReason,
		},
	})
	if err != nil {
		return fmt.Errorf("set the rate limit of task queue %q: %w", queue, err)
	}
	return nil
}

// limitsRates reports whether this process serves the asking run's queue of rates, and Temporal
// limits it.
func (a *Activities) limitsRates(ctx context.Context) bool {
	info := activity.GetInfo(ctx)
	_, found := a.rates.Load(storeKey{info.Namespace, info.TaskQueue})
	return found
}

// homeQueue returns the task queue of the asking run, also for an attempt that came from the
// queue of rates.
func (a *Activities) homeQueue(ctx context.Context) string {
	info := activity.GetInfo(ctx)
	if home, found := a.homes.Load(storeKey{info.Namespace, info.TaskQueue}); found {
		return home.(string)
	}
	return info.TaskQueue
}
