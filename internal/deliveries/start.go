package deliveries

import (
	"context"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs"
)

// start starts the workflow that redelivers a delivery, on the task queue of
// its run.
func (l *Log) start(ctx context.Context, delivery protocol.Delivery, taskQueue string) (*Redelivery, error) {
	record := &delivery.Send.Record
	workflowID := latch.PrefixRedelivery + record.DeliveryID
	runID, err := l.runs.Start(ctx, runs.Start{
		Workflow:      latch.WorkflowDeliver,
		WorkflowID:    workflowID,
		TaskQueue:     taskQueue,
		Summary:       fmt.Sprintf("Redelivery %d of %s to %s", delivery.Redelivery, record.Event, record.Webhook),
		Arguments:     []any{delivery},
		RequestPrefix: latch.PrefixRedelivery,
		Attributes: map[string]any{
			latch.SearchAttributeID:       subjectOf(record),
			latch.SearchAttributeWebhooks: []string{record.Webhook, tagOf(record.Webhook, record.Event)},
		},
	})
	if running, is := runs.RunningIn(err); is {
		return nil, redeliveryRuns(&commonpb.WorkflowExecution{WorkflowId: workflowID, RunId: running})
	}
	if err != nil {
		return nil, err
	}
	return &Redelivery{DeliveryID: record.DeliveryID, WorkflowID: workflowID, RunID: runID,
		Redelivery: delivery.Redelivery, Status: latch.ReleaseRunning}, nil
}

// subjectOf returns the id of the job or release that fired the delivery, or
// else that of the workflow.
func subjectOf(record *latch.Record) string {
	switch {
	case record.Release != "":
		return record.Release
	case record.Job != "":
		return record.Job
	default:
		return record.WorkflowID
	}
}
