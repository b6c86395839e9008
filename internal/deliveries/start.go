package deliveries

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	sdkpb "go.temporal.io/api/sdk/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/overload"
	"github.com/latch-run/latch/internal/protocol"
)

// start starts the workflow that sends a delivery again, where its run was.
func (l *Log) start(ctx context.Context, delivery protocol.Delivery, taskQueue string) (*Redelivery, error) {
	request, err := l.startRequest(delivery, taskQueue)
	if err != nil {
		return nil, fmt.Errorf("encode redelivery of %s: %w", delivery.Send.Record.DeliveryID, err)
	}
	ctx, cancel := context.WithTimeout(ctx, workerTimeout)
	defer cancel()
	response, err := l.startOnce(ctx, request)
	var unknown *serviceerror.InvalidArgument
	if errors.As(err, &unknown) { // the namespace lacks one of the search attributes
		request.SearchAttributes = nil
		response, err = l.startOnce(ctx, request)
	}
	var running *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &running) {
		return nil, redeliveryRuns(&commonpb.WorkflowExecution{WorkflowId: request.GetWorkflowId(), RunId: running.RunId})
	}
	if err != nil {
		return nil, err
	}
	return &Redelivery{DeliveryID: delivery.Send.Record.DeliveryID, WorkflowID: request.GetWorkflowId(), RunID: response.GetRunId(),
		Redelivery: delivery.Redelivery, Status: latch.ReleaseRunning}, nil
}

func (l *Log) startOnce(ctx context.Context, request *workflowservice.StartWorkflowExecutionRequest) (*workflowservice.StartWorkflowExecutionResponse, error) {
	return overload.Again(ctx, func(ctx context.Context) (*workflowservice.StartWorkflowExecutionResponse, error) {
		ctx, cancel := context.WithTimeout(ctx, serverTimeout)
		defer cancel()
		return l.temporal.WorkflowService().StartWorkflowExecution(ctx, request)
	})
}

func (l *Log) startRequest(delivery protocol.Delivery, taskQueue string) (*workflowservice.StartWorkflowExecutionRequest, error) {
	record := &delivery.Send.Record
	input, err := l.converter.ToPayloads(delivery)
	if err != nil {
		return nil, err
	}
	summary, err := l.converter.ToPayload(summaryOf(delivery))
	if err != nil {
		return nil, err
	}
	attributes := map[string]*commonpb.Payload{} // Temporal reads them, so they are never encrypted
	for name, value := range map[string]any{
		latch.SearchAttributeID:       subjectOf(record),
		latch.SearchAttributeWebhooks: []string{record.Webhook, tagOf(record.Webhook, record.Event)},
	} {
		if attributes[name], err = converter.GetDefaultDataConverter().ToPayload(value); err != nil {
			return nil, err
		}
	}
	return &workflowservice.StartWorkflowExecutionRequest{
		Namespace:                l.namespace,
		WorkflowId:               latch.PrefixRedelivery + record.DeliveryID,
		WorkflowType:             &commonpb.WorkflowType{Name: latch.WorkflowDeliver},
		TaskQueue:                &taskqueuepb.TaskQueue{Name: taskQueue},
		Input:                    input,
		Identity:                 l.identity,
		RequestId:                latch.PrefixRedelivery + uuid.NewString(),
		WorkflowIdReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIdConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		SearchAttributes:         &commonpb.SearchAttributes{IndexedFields: attributes},
		UserMetadata:             &sdkpb.UserMetadata{Summary: summary},
	}, nil
}

// summaryOf is what Temporal UI shows of the run. Temporal bounds it in bytes.
func summaryOf(delivery protocol.Delivery) string {
	const longest, cut = 200, "…"
	record := &delivery.Send.Record
	text := strings.Join(strings.Fields(fmt.Sprintf("Redelivery %d of %s to %s", delivery.Redelivery, record.Event, record.Webhook)), " ")
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest-len(cut)], "") + cut
	}
	return text
}

// subjectOf is the id of the job or release that fired the delivery; the
// workflow's, where there is neither.
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
