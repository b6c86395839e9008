package e2e

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/registry"
)

// descriptions counts how often schedules are described.
type descriptions struct {
	workflowservice.WorkflowServiceClient
	count atomic.Int64
}

func (d *descriptions) DescribeSchedule(ctx context.Context, request *workflowservice.DescribeScheduleRequest,
	options ...grpc.CallOption) (*workflowservice.DescribeScheduleResponse, error) {
	d.count.Add(1)
	return d.WorkflowServiceClient.DescribeSchedule(ctx, request, options...)
}

// Each reading of the registered webhooks has all changes that were made before it, whichever
// process made them, and even if the schedule that keeps them was made anew. Once nothing changes,
// they do not have Temporal describe the schedule.
func TestReadingsOfRegisteredWebhooks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	writer := b.registry().Webhooks()
	asked := &descriptions{WorkflowServiceClient: shared.client.WorkflowService()}
	reader := registry.New(registry.Options{Service: func() workflowservice.WorkflowServiceClient { return asked },
		Namespace: client.DefaultNamespace, TaskQueue: b.queue}).Webhooks()
	b.Cleanup(b.forgetWebhooks)
	eventNow := func() string {
		webhooks, err := reader.List(b.ctx)
		require.NoError(t, err)
		require.Len(t, webhooks, 1)
		return webhooks[0].Event
	}
	events := []string{latch.EventJobStart, latch.EventJobSuccess, latch.EventJobFailure}
	_, err := writer.Create(b.ctx, latch.RegisteredWebhook{Webhook: latch.Webhook{ID: "board", Event: events[0]}})
	require.NoError(t, err)
	for change := range 30 {
		event := events[change%len(events)]
		_, err := writer.Update(b.ctx, "board", func(w *latch.RegisteredWebhook) error {
			w.Event = event
			return nil
		})
		require.NoError(t, err)
		for range change % 4 {
			require.Equal(t, event, eventNow(), "after change %d", change)
		}
	}
	require.Eventually(t, func() bool {
		before := asked.count.Load()
		eventNow()
		return asked.count.Load() == before
	}, patience, tick)

	b.forgetWebhooks()
	_, err = writer.Create(b.ctx, latch.RegisteredWebhook{Webhook: latch.Webhook{ID: "board", Event: latch.EventJobComplete}})
	require.NoError(t, err)
	require.Equal(t, latch.EventJobComplete, eventNow())
}

// forgetWebhooks deletes the schedule that keeps the registered webhooks of the test's task queue.
func (b *bench) forgetWebhooks() {
	b.Helper()
	require.NoError(b, shared.client.ScheduleClient().GetHandle(context.WithoutCancel(b.ctx), "latch-webhooks-"+b.queue).Delete(context.WithoutCancel(b.ctx)))
}
