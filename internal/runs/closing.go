package runs

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/overload"
)

// A Closing says how a run closed.
type Closing struct {
	// How is Temporal's status.
	How enumspb.WorkflowExecutionStatus
	// Result is what the run returned or, if it failed or was cancelled, the
	// first detail of its error. It is nil if there is neither.
	Result *commonpb.Payload
	// ErrorType is the type of the application error that the run failed with.
	ErrorType string
	// Reason says why the run did not complete; empty if it did.
	Reason string
}

// ClosingIn returns how a run closed according to the last event of its
// history, or nil if that event does not close it. payloads must be the
// converter of the run's data.
func ClosingIn(history *historypb.History, payloads converter.DataConverter) *Closing {
	events := history.GetEvents()
	if len(events) == 0 {
		return nil
	}
	switch event := events[len(events)-1]; event.GetEventType() {
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED:
		return &Closing{How: enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, Result: first(event.GetWorkflowExecutionCompletedEventAttributes().GetResult())}
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED:
		return failedBy(event.GetWorkflowExecutionFailedEventAttributes().GetFailure(), payloads)
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED:
		return &Closing{How: enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED, Result: first(event.GetWorkflowExecutionCanceledEventAttributes().GetDetails()),
			Reason: "cancelled"}
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED:
		reason := "terminated"
		if why := event.GetWorkflowExecutionTerminatedEventAttributes().GetReason(); why != "" {
			reason += ": " + why
		}
		return &Closing{How: enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, Reason: reason}
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT:
		return &Closing{How: enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT, Reason: "timed out by Temporal"}
	default:
		return nil
	}
}

// failedBy returns how a run failed: with the first application error in the
// chain, if there is one. Latch's own runs fail with one, and a user's workflow
// may wrap one in the failure of an activity.
func failedBy(failure *failurepb.Failure, payloads converter.DataConverter) *Closing {
	var reasons []string
	for at := failure; at != nil; at = at.GetCause() {
		converter.DecodeCommonFailureAttributes(payloads, at)
		if application := at.GetApplicationFailureInfo(); application != nil {
			return &Closing{How: enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, Result: first(application.GetDetails()),
				ErrorType: application.GetType(), Reason: at.GetMessage()}
		}
		reasons = append(reasons, at.GetMessage())
	}
	return &Closing{How: enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, Reason: strings.Join(reasons, ": ")}
}

// continuesIn returns the id of the run that continues this one after its last
// event, or "" if no run does.
func continuesIn(history *historypb.History) string {
	events := history.GetEvents()
	if len(events) == 0 {
		return ""
	}
	last := events[len(events)-1]
	return cmp.Or(last.GetWorkflowExecutionContinuedAsNewEventAttributes().GetNewExecutionRunId(),
		last.GetWorkflowExecutionCompletedEventAttributes().GetNewExecutionRunId(),
		last.GetWorkflowExecutionFailedEventAttributes().GetNewExecutionRunId(),
		last.GetWorkflowExecutionTimedOutEventAttributes().GetNewExecutionRunId())
}

func first(payloads *commonpb.Payloads) *commonpb.Payload {
	if len(payloads.GetPayloads()) == 0 {
		return nil
	}
	return payloads.GetPayloads()[0]
}

// ReleaseResult returns the result of a closed release. A release that was
// refused, terminated or timed out has no result of its own: the returned one
// is failed, with the reason. It needs no worker.
func (r *Runs) ReleaseResult(ctx context.Context, workflowID, runID string) (*latch.ReleaseResult, error) {
	result := new(latch.ReleaseResult)
	end, err := r.closingWith(ctx, releaseErrors, &commonpb.WorkflowExecution{WorkflowId: workflowID, RunId: runID})
	if err != nil {
		return nil, err
	}
	if end.Result != nil {
		return result, r.readResult(workflowID, end.Result, result)
	}
	if told, _ := r.reported(ctx, runID, end); told != nil {
		return result, json.Unmarshal(told, result)
	}
	result.Status, result.Reason = statusWithout(end), end.Reason
	return result, nil
}

func (r *Runs) readResult(workflowID string, payload *commonpb.Payload, into any) error {
	if err := r.converter.FromPayload(payload, into); err != nil {
		return fmt.Errorf("result of %s: %w", workflowID, err)
	}
	return nil
}

// releaseErrors are the types of the errors whose details are a release's result.
var releaseErrors = []string{latch.ErrorReleaseFailed, latch.ErrorRollbackIncomplete, latch.ErrorReleaseStopped, latch.ErrorReleaseRolledBack}

// closingWith returns how a closed run ended. The Result is its result, or nil: a
// run that failed has one only if its error has one of the types.
func (r *Runs) closingWith(ctx context.Context, types []string, execution *commonpb.WorkflowExecution) (*Closing, error) {
	end, err := r.Closing(ctx, execution)
	switch {
	case err != nil:
		return nil, err
	case end == nil:
		return nil, fmt.Errorf("run %s of %s has no closing event", execution.GetRunId(), execution.GetWorkflowId())
	case end.How == enumspb.WORKFLOW_EXECUTION_STATUS_FAILED && !slices.Contains(types, end.ErrorType):
		end.Result = nil
	}
	return end, nil
}

// Closing returns how a run closed, or nil if its last event does not close it.
// It needs no worker.
func (r *Runs) Closing(ctx context.Context, execution *commonpb.WorkflowExecution) (*Closing, error) {
	ctx, cancel := context.WithTimeout(ctx, serverTimeout)
	defer cancel()
	request := r.closeEventOf(execution)
	last, err := overload.Again(ctx, func(ctx context.Context) (*workflowservice.GetWorkflowExecutionHistoryResponse, error) {
		return r.service().GetWorkflowExecutionHistory(ctx, request)
	})
	if err != nil {
		return nil, err
	}
	return ClosingIn(last.GetHistory(), r.converter), nil
}

func (r *Runs) closeEventOf(execution *commonpb.WorkflowExecution) *workflowservice.GetWorkflowExecutionHistoryRequest {
	return &workflowservice.GetWorkflowExecutionHistoryRequest{Namespace: r.namespace, Execution: execution,
		HistoryEventFilterType: enumspb.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT}
}

// awaitPause is the pause before waiting for a run's end again after Temporal
// did not answer, and awaitPatience how long that may go on.
const (
	awaitPause    = time.Second
	awaitPatience = time.Minute
)

// awaitClosing waits for the end of a run and of the runs that continue it.
// execution then names the last of them. It tolerates up to a minute in which
// Temporal does not answer.
func (r *Runs) awaitClosing(ctx context.Context, execution *commonpb.WorkflowExecution) (*Closing, error) {
	request := r.closeEventOf(execution)
	request.WaitNewEvent = true
	for lost := time.Duration(0); ; {
		response, err := overload.Again(ctx, func(ctx context.Context) (*workflowservice.GetWorkflowExecutionHistoryResponse, error) {
			return r.service().GetWorkflowExecutionHistory(ctx, request)
		})
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case IsUnanswered(err) && lost < awaitPatience:
			lost += awaitPause
			rest(ctx, awaitPause)
			continue
		case err != nil:
			return nil, err
		}
		lost, request.NextPageToken = 0, response.GetNextPageToken()
		if next := continuesIn(response.GetHistory()); next != "" {
			execution.RunId, request.NextPageToken = next, nil
			continue
		}
		if len(response.GetHistory().GetEvents()) > 0 {
			if end := ClosingIn(response.GetHistory(), r.converter); end != nil {
				return end, nil
			}
			return nil, errors.New("the last event closes no run")
		}
	}
}

// rest waits for the pause, or until the context ends.
func rest(ctx context.Context, pause time.Duration) {
	select {
	case <-time.After(pause):
	case <-ctx.Done():
	}
}

// statusWithout returns the status of a release that closed without a result.
func statusWithout(end *Closing) string {
	if end.How == enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED {
		return latch.ReleaseCancelled
	}
	return latch.ReleaseFailed
}
