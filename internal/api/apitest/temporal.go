package apitest

import (
	"context"
	"encoding/json"
	"sync"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/grpc"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// A Temporal answers as a test says. What a test says nothing of is not found.
type Temporal struct {
	client.Client

	mutex sync.Mutex
	// Start, List, Query and Update answer in place of the server.
	Start func(*workflowservice.StartWorkflowExecutionRequest) error
	List  func(*workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error)
	Query func(workflowID, name string) (any, error)
	// QueryRun answers for one run; an empty id is the newest.
	QueryRun func(runID, name string) (any, error)
	Update   func(client.UpdateWorkflowOptions) (any, error)
	// Exists are the releases that can be described, Input what they were started with.
	Exists []string
	Input  string

	Schedules Schedules

	// Updates and Starts are the requests that came.
	Updates []client.UpdateWorkflowOptions
	Starts  []*workflowservice.StartWorkflowExecutionRequest
}

func (f *Temporal) WorkflowService() workflowservice.WorkflowServiceClient { return service{fake: f} }

// A service is the fake's raw client.
type service struct {
	workflowservice.WorkflowServiceClient
	fake *Temporal
}

func (s service) StartWorkflowExecution(_ context.Context, request *workflowservice.StartWorkflowExecutionRequest, _ ...grpc.CallOption) (*workflowservice.StartWorkflowExecutionResponse, error) {
	f := s.fake
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.Starts = append(f.Starts, request)
	if f.Start != nil {
		if err := f.Start(request); err != nil {
			return nil, err
		}
	}
	return &workflowservice.StartWorkflowExecutionResponse{RunId: "run-1", Started: true}, nil
}

func (s service) GetWorkflowExecutionHistory(context.Context, *workflowservice.GetWorkflowExecutionHistoryRequest, ...grpc.CallOption) (*workflowservice.GetWorkflowExecutionHistoryResponse, error) {
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(json.RawMessage(s.fake.Input))
	return &workflowservice.GetWorkflowExecutionHistoryResponse{History: &historypb.History{Events: []*historypb.HistoryEvent{{
		Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
			WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{Input: payloads}}}}}}, err
}

func (f *Temporal) DescribeWorkflowExecution(_ context.Context, workflowID, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	for _, id := range f.Exists {
		if id == workflowID {
			return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{
				Execution: &commonpb.WorkflowExecution{WorkflowId: workflowID, RunId: "run-1"}, Status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING,
				Type: &commonpb.WorkflowType{Name: latch.WorkflowRelease}}}, nil
		}
	}
	return nil, serviceerror.NewNotFound("workflow not found for ID: " + workflowID)
}

func (f *Temporal) ListWorkflow(_ context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	if f.List == nil {
		return &workflowservice.ListWorkflowExecutionsResponse{}, nil
	}
	return f.List(request)
}

func (f *Temporal) QueryWorkflow(_ context.Context, workflowID, runID, name string, _ ...any) (converter.EncodedValue, error) {
	var answer any
	err := error(serviceerror.NewNotFound("workflow not found for ID: " + workflowID))
	switch {
	case f.Query != nil:
		answer, err = f.Query(workflowID, name)
	case f.QueryRun != nil:
		answer, err = f.QueryRun(runID, name)
	}
	if err != nil {
		return nil, err
	}
	return runstest.Value(answer)
}

func (f *Temporal) UpdateWorkflow(_ context.Context, options client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.Updates = append(f.Updates, options)
	if f.Update == nil {
		return nil, serviceerror.NewNotFound("workflow execution already completed")
	}
	answer, err := f.Update(options)
	return runstest.Update{Answer: answer, Err: err}, nil
}
