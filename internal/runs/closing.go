package runs

import (
	"context"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/overload"
)

// ReleaseResult returns what a closed release came to. One that was refused,
// terminated or timed out by Temporal has no result of its own: it is failed,
// with the reason. It takes no worker.
func (l *Lister) ReleaseResult(ctx context.Context, workflowID, runID string) (*latch.ReleaseResult, error) {
	result := new(latch.ReleaseResult)
	end, err := l.closing(ctx, &commonpb.WorkflowExecution{WorkflowId: workflowID, RunId: runID})
	if err != nil {
		return nil, err
	}
	if end.result != nil {
		return result, l.readResult(workflowID, end.result, result)
	}
	result.Status, result.Reason = end.status, end.reason
	return result, nil
}

func (l *Lister) readResult(workflowID string, payload *commonpb.Payload, into any) error {
	if err := l.converter.FromPayload(payload, into); err != nil {
		return fmt.Errorf("result of %s: %w", workflowID, err)
	}
	return nil
}

// A closing is how a release's run closed: with a result, or else with a status
// and a reason that stand for one.
type closing struct {
	result         *commonpb.Payload
	status, reason string
}

// closing reads the last event of a closed run.
func (l *Lister) closing(ctx context.Context, execution *commonpb.WorkflowExecution) (*closing, error) {
	ctx, cancel := context.WithTimeout(ctx, serverTimeout)
	defer cancel()
	request := &workflowservice.GetWorkflowExecutionHistoryRequest{Namespace: l.namespace, Execution: execution,
		HistoryEventFilterType: enumspb.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT}
	last, err := overload.Again(ctx, func(ctx context.Context) (*workflowservice.GetWorkflowExecutionHistoryResponse, error) {
		return l.temporal.WorkflowService().GetWorkflowExecutionHistory(ctx, request)
	})
	if err != nil {
		return nil, err
	}
	for _, event := range last.GetHistory().GetEvents() {
		if end := l.closingOf(event); end != nil {
			return end, nil
		}
	}
	return nil, fmt.Errorf("run %s of %s has no closing event", execution.GetRunId(), execution.GetWorkflowId())
}

// closingOf returns nil for an event that closes no run.
func (l *Lister) closingOf(event *historypb.HistoryEvent) *closing {
	switch event.GetEventType() {
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED:
		return withResult(event.GetWorkflowExecutionCompletedEventAttributes().GetResult(), latch.ReleaseFailed, "the run completed without a result")
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED:
		return withResult(event.GetWorkflowExecutionCanceledEventAttributes().GetDetails(), latch.ReleaseCancelled, "the run was cancelled")
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED:
		return l.failed(event.GetWorkflowExecutionFailedEventAttributes())
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED:
		reason := "terminated"
		if why := event.GetWorkflowExecutionTerminatedEventAttributes().GetReason(); why != "" {
			reason += ": " + why
		}
		return &closing{status: latch.ReleaseFailed, reason: reason}
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT:
		return &closing{status: latch.ReleaseFailed, reason: "timed out by Temporal"}
	default:
		return nil
	}
}

// failed reads the result from the details of the errors that bear one.
func (l *Lister) failed(attributes *historypb.WorkflowExecutionFailedEventAttributes) *closing {
	failure := attributes.GetFailure()
	converter.DecodeCommonFailureAttributes(l.converter, failure)
	var details *commonpb.Payloads
	application := failure.GetApplicationFailureInfo()
	if application.GetType() == latch.ErrorReleaseFailed || application.GetType() == latch.ErrorRollbackIncomplete {
		details = application.GetDetails()
	}
	return withResult(details, latch.ReleaseFailed, failure.GetMessage())
}

func withResult(payloads *commonpb.Payloads, status, reason string) *closing {
	if len(payloads.GetPayloads()) == 0 {
		return &closing{status: status, reason: reason}
	}
	return &closing{result: payloads.GetPayloads()[0]}
}
