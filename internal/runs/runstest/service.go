package runstest

import (
	"context"
	"slices"
	"strconv"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/grpc"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// A service is the raw API of a [Temporal].
type service struct {
	workflowservice.WorkflowServiceClient
	of *Temporal
}

// GetSystemInfo returns the error of an unreachable [Temporal].
func (s service) GetSystemInfo(context.Context, *workflowservice.GetSystemInfoRequest, ...grpc.CallOption) (*workflowservice.GetSystemInfoResponse, error) {
	return &workflowservice.GetSystemInfoResponse{}, s.of.Unreachable
}

// DescribeWorkflowExecution describes a run.
func (s service) DescribeWorkflowExecution(ctx context.Context, request *workflowservice.DescribeWorkflowExecutionRequest, _ ...grpc.CallOption) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	return s.of.DescribeWorkflowExecution(ctx, request.GetExecution().GetWorkflowId(), request.GetExecution().GetRunId())
}

// StartWorkflowExecution adds a running run in front of the others. As on a
// server, the request's policies say which ids may be reused.
func (s service) StartWorkflowExecution(_ context.Context, request *workflowservice.StartWorkflowExecutionRequest, _ ...grpc.CallOption) (*workflowservice.StartWorkflowExecutionResponse, error) {
	t := s.of
	if t.OnStarting != nil {
		t.OnStarting()
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.CallbackError != nil && len(request.GetCompletionCallbacks()) > 0 {
		return nil, t.CallbackError
	}
	if t.LacksAttributes && request.GetSearchAttributes() != nil {
		t.Refused = append(t.Refused, request)
		return nil, serviceerror.NewInvalidArgument("Namespace default has no mapping defined for search attribute LatchID")
	}
	if before, err := t.find(request.GetWorkflowId(), ""); err == nil {
		runID, status := before.Info.GetExecution().GetRunId(), before.Info.GetStatus()
		running := status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
		switch {
		case running && request.GetWorkflowIdConflictPolicy() == enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING:
			return &workflowservice.StartWorkflowExecutionResponse{RunId: runID}, nil
		case running, status == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED &&
			request.GetWorkflowIdReusePolicy() == enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY:
			t.Refused = append(t.Refused, request)
			return nil, serviceerror.NewWorkflowExecutionAlreadyStarted("started before", "", runID)
		}
	}
	if t.StartError != nil {
		return nil, t.StartError
	}
	t.Starts = append(t.Starts, request)
	run := t.Add(request.GetWorkflowId(), request.GetWorkflowType().GetName(), enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING)
	run.Info.Memo = request.GetMemo()
	t.Runs = append([]*Run{run}, t.Runs[:len(t.Runs)-1]...)
	if t.OnStart != nil {
		t.OnStart(run)
	}
	return &workflowservice.StartWorkflowExecutionResponse{RunId: run.Info.GetExecution().GetRunId(), Started: true}, nil
}

// SignalWithStartWorkflowExecution adds a running run in front of the others, unless one
// runs under the id. It notes the signal.
func (s service) SignalWithStartWorkflowExecution(ctx context.Context, request *workflowservice.SignalWithStartWorkflowExecutionRequest, _ ...grpc.CallOption) (*workflowservice.SignalWithStartWorkflowExecutionResponse, error) {
	if request.GetWorkflowType().GetName() == latch.WorkflowAudit {
		return s.audit(request)
	}
	started, err := s.StartWorkflowExecution(ctx, &workflowservice.StartWorkflowExecutionRequest{
		WorkflowId: request.GetWorkflowId(), WorkflowType: request.GetWorkflowType(), TaskQueue: request.GetTaskQueue(), Input: request.GetInput(),
		WorkflowIdConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING})
	if err != nil {
		return nil, err
	}
	s.of.mutex.Lock()
	defer s.of.mutex.Unlock()
	s.of.Signals = append(s.of.Signals, request.GetWorkflowId()+" "+request.GetSignalName())
	return &workflowservice.SignalWithStartWorkflowExecutionResponse{RunId: started.GetRunId(), Started: started.GetStarted()}, nil
}

// SignalWorkflowExecution notes the signal of a run that is in progress.
func (s service) SignalWorkflowExecution(_ context.Context, request *workflowservice.SignalWorkflowExecutionRequest, _ ...grpc.CallOption) (*workflowservice.SignalWorkflowExecutionResponse, error) {
	s.of.mutex.Lock()
	defer s.of.mutex.Unlock()
	run, err := s.of.find(request.GetWorkflowExecution().GetWorkflowId(), request.GetWorkflowExecution().GetRunId())
	if err != nil || run.Info.GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return nil, serviceerror.NewNotFound("workflow execution already completed, or not found")
	}
	s.of.Signals = append(s.of.Signals, request.GetWorkflowExecution().GetWorkflowId()+" "+request.GetSignalName())
	s.of.Signalled = append(s.of.Signalled, request)
	return &workflowservice.SignalWorkflowExecutionResponse{}, nil
}

// audit keeps the entries of a signal to the audit.
func (s service) audit(request *workflowservice.SignalWithStartWorkflowExecutionRequest) (*workflowservice.SignalWithStartWorkflowExecutionResponse, error) {
	var signal protocol.AuditEntries
	if err := converter.GetDefaultDataConverter().FromPayloads(request.GetSignalInput(), &signal); err != nil {
		return nil, err
	}
	s.of.mutex.Lock()
	defer s.of.mutex.Unlock()
	if s.of.Unreachable != nil {
		return nil, s.of.Unreachable
	}
	s.of.Audited = append(s.of.Audited, signal.Entries...)
	return &workflowservice.SignalWithStartWorkflowExecutionResponse{}, nil
}

// TerminateWorkflowExecution ends a run.
func (s service) TerminateWorkflowExecution(_ context.Context, request *workflowservice.TerminateWorkflowExecutionRequest, _ ...grpc.CallOption) (*workflowservice.TerminateWorkflowExecutionResponse, error) {
	s.of.mutex.Lock()
	defer s.of.mutex.Unlock()
	run, err := s.of.find(request.GetWorkflowExecution().GetWorkflowId(), request.GetWorkflowExecution().GetRunId())
	if err != nil {
		return nil, err
	}
	run.Info.Status, run.Closed = enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, Terminated(request.GetReason())
	return &workflowservice.TerminateWorkflowExecutionResponse{}, nil
}

// GetWorkflowExecutionHistory returns a run's events, or only the last one.
func (s service) GetWorkflowExecutionHistory(ctx context.Context, request *workflowservice.GetWorkflowExecutionHistoryRequest, _ ...grpc.CallOption) (*workflowservice.GetWorkflowExecutionHistoryResponse, error) {
	t := s.of
	t.mutex.Lock()
	defer t.mutex.Unlock()
	run, err := t.find(request.GetExecution().GetWorkflowId(), request.GetExecution().GetRunId())
	if err == nil && run.Unread != nil {
		err = run.Unread()
	}
	if err == nil && request.GetWaitNewEvent() {
		err = t.await(ctx, run)
	}
	switch {
	case err != nil:
		return nil, err
	case run.Err != nil:
		return nil, run.Err
	}
	history := &historypb.History{}
	if request.GetHistoryEventFilterType() == enumspb.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT {
		t.Closings++
		history.Events = []*historypb.HistoryEvent{run.Closed}
		return &workflowservice.GetWorkflowExecutionHistoryResponse{History: history}, nil
	}
	if run.History != nil {
		history.Events, err = run.History()
	}
	from, _ := strconv.Atoi(string(request.GetNextPageToken()))
	history.Events = history.Events[min(from, len(history.Events)):]
	response := &workflowservice.GetWorkflowExecutionHistoryResponse{History: history}
	if most := int(request.GetMaximumPageSize()); most > 0 && len(history.Events) > most {
		history.Events, response.NextPageToken = history.Events[:most], []byte(strconv.Itoa(from+most))
	}
	return response, err
}

// GetWorkflowExecutionHistoryReverse returns a page of a run's events, the last one first.
func (s service) GetWorkflowExecutionHistoryReverse(_ context.Context, request *workflowservice.GetWorkflowExecutionHistoryReverseRequest,
	_ ...grpc.CallOption) (*workflowservice.GetWorkflowExecutionHistoryReverseResponse, error) {
	t := s.of
	t.mutex.Lock()
	defer t.mutex.Unlock()
	run, err := t.find(request.GetExecution().GetWorkflowId(), request.GetExecution().GetRunId())
	if err != nil || run.History == nil {
		return &workflowservice.GetWorkflowExecutionHistoryReverseResponse{}, err
	}
	events, err := run.History()
	if err != nil {
		return nil, err
	}
	last := len(events)
	if token := request.GetNextPageToken(); len(token) > 0 {
		if last, err = strconv.Atoi(string(token)); err != nil {
			return nil, err
		}
	}
	first := max(last-int(request.GetMaximumPageSize()), 0)
	page := slices.Clone(events[first:last])
	slices.Reverse(page)
	response := &workflowservice.GetWorkflowExecutionHistoryReverseResponse{History: &historypb.History{Events: page}}
	if first > 0 {
		response.NextPageToken = []byte(strconv.Itoa(first))
	}
	return response, nil
}

// await unlocks the mutex while it waits for the run to end.
func (t *Temporal) await(ctx context.Context, run *Run) error {
	if run.Ended == nil {
		return nil
	}
	t.mutex.Unlock()
	defer t.mutex.Lock()
	select {
	case <-run.Ended:
		return nil
	case <-ctx.Done():
		return serviceerror.NewCanceled("context canceled")
	}
}

// ListWorkflowExecutions lists all runs, page by page.
func (s service) ListWorkflowExecutions(ctx context.Context, request *workflowservice.ListWorkflowExecutionsRequest, _ ...grpc.CallOption) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	return s.of.ListWorkflow(ctx, request)
}

// CountWorkflowExecutions counts the runs that match a query.
func (s service) CountWorkflowExecutions(_ context.Context, request *workflowservice.CountWorkflowExecutionsRequest,
	_ ...grpc.CallOption) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	t := s.of
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.Queries = append(t.Queries, request.GetQuery())
	count := int64(0)
	for _, run := range t.Runs {
		if run.isOfType(request.GetQuery()) {
			count++
		}
	}
	return &workflowservice.CountWorkflowExecutionsResponse{Count: count}, t.refuses(request.GetQuery())
}

// Started returns the event that starts a run with the input.
func Started(input *commonpb.Payloads) *historypb.HistoryEvent {
	return &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
		Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
			WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{Input: input}}}
}
