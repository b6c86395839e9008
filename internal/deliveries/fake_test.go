package deliveries_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// A fake is a Temporal whose runs were closed in their order, the newest first.
type fake struct {
	client.Client
	mutex sync.Mutex
	runs  []*fakeRun
	// lacks is that the namespace has no search attributes.
	lacks bool

	queries []string
	asked   int
	starts  []*workflowservice.StartWorkflowExecutionRequest
}

// A fakeRun is a run of a fake.
type fakeRun struct {
	info    *workflowpb.WorkflowExecutionInfo
	records []latch.Record
	err     error
}

// run adds a run with its records.
func (f *fake) run(workflowID string, status enumspb.WorkflowExecutionStatus, records ...latch.Record) *fakeRun {
	info := &workflowpb.WorkflowExecutionInfo{TaskQueue: "latch", Status: status,
		Execution: &commonpb.WorkflowExecution{WorkflowId: workflowID, RunId: fmt.Sprintf("00000000-0000-4000-8000-%012d", len(f.runs))}}
	if status != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		info.CloseTime = timestamppb.New(noon)
	}
	for i := range records {
		records[i].WorkflowID, records[i].RunID = workflowID, info.GetExecution().GetRunId()
	}
	added := &fakeRun{info: info, records: records}
	f.runs = append(f.runs, added)
	return added
}

// find gives a run; the newest of the workflow where runID is empty.
func (f *fake) find(workflowID, runID string) (*fakeRun, error) {
	for _, run := range f.runs {
		if execution := run.info.GetExecution(); execution.GetWorkflowId() == workflowID && (runID == "" || execution.GetRunId() == runID) {
			return run, nil
		}
	}
	return nil, serviceerror.NewNotFound("workflow not found for ID: " + workflowID)
}

func (f *fake) WorkflowService() workflowservice.WorkflowServiceClient { return service{fake: f} }

func (f *fake) DescribeWorkflowExecution(_ context.Context, workflowID, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	run, err := f.find(workflowID, runID)
	if err != nil {
		return nil, err
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: run.info}, nil
}

// ListWorkflow lists all, a part after the other.
func (f *fake) ListWorkflow(_ context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.queries = append(f.queries, request.GetQuery())
	if f.lacks && len(f.queries) == 1 {
		return nil, serviceerror.NewInvalidArgument("invalid query: no mapping for LatchWebhooks")
	}
	at := 0
	_, _ = fmt.Sscan(string(request.GetNextPageToken()), &at)
	response := &workflowservice.ListWorkflowExecutionsResponse{}
	for ; at < len(f.runs) && len(response.Executions) < int(request.GetPageSize()); at++ {
		response.Executions = append(response.Executions, f.runs[at].info)
	}
	if at < len(f.runs) {
		response.NextPageToken = fmt.Append(nil, at)
	}
	return response, nil
}

func (f *fake) QueryWorkflow(_ context.Context, workflowID, runID, _ string, _ ...any) (converter.EncodedValue, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.asked++
	run, err := f.find(workflowID, runID)
	if err != nil {
		return nil, err
	}
	if run.err != nil {
		return nil, run.err
	}
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(run.records)
	return client.NewValue(payloads), err
}

// A service is the fake's raw client.
type service struct {
	workflowservice.WorkflowServiceClient
	fake *fake
}

// StartWorkflowExecution starts a run that goes on.
func (s service) StartWorkflowExecution(_ context.Context, request *workflowservice.StartWorkflowExecutionRequest, _ ...grpc.CallOption) (*workflowservice.StartWorkflowExecutionResponse, error) {
	f := s.fake
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if run, err := f.find(request.GetWorkflowId(), ""); err == nil && run.info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return nil, serviceerror.NewWorkflowExecutionAlreadyStarted("running", "", run.info.GetExecution().GetRunId())
	}
	f.starts = append(f.starts, request)
	run := f.run(request.GetWorkflowId(), enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING)
	f.runs = append([]*fakeRun{run}, f.runs[:len(f.runs)-1]...)
	return &workflowservice.StartWorkflowExecutionResponse{RunId: run.info.GetExecution().GetRunId()}, nil
}

// GetWorkflowExecutionHistory tells what each of the run's records sent.
func (s service) GetWorkflowExecutionHistory(_ context.Context, request *workflowservice.GetWorkflowExecutionHistoryRequest, _ ...grpc.CallOption) (*workflowservice.GetWorkflowExecutionHistoryResponse, error) {
	s.fake.mutex.Lock()
	defer s.fake.mutex.Unlock()
	run, err := s.fake.find(request.GetExecution().GetWorkflowId(), request.GetExecution().GetRunId())
	if err != nil {
		return nil, err
	}
	history := &historypb.History{}
	if request.GetMaximumPageSize() == 1 { // what a redelivery was started with
		input := &commonpb.Payloads{Payloads: []*commonpb.Payload{{Data: fmt.Appendf(nil, `{"redelivery":%d}`, run.records[0].Redelivery)}}}
		history.Events = []*historypb.HistoryEvent{{Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
			WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{Input: input}}}}
		return &workflowservice.GetWorkflowExecutionHistoryResponse{History: history}, nil
	}
	for _, record := range run.records {
		send := protocol.Send{Record: record}
		send.Request.DeliveryID = record.DeliveryID
		encoded, err := json.Marshal(send)
		if err != nil {
			return nil, err
		}
		history.Events = append(history.Events, &historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_ActivityTaskScheduledEventAttributes{
			ActivityTaskScheduledEventAttributes: &historypb.ActivityTaskScheduledEventAttributes{ActivityId: record.DeliveryID,
				ActivityType: &commonpb.ActivityType{Name: latch.ActivitySendWebhook}, Input: &commonpb.Payloads{Payloads: []*commonpb.Payload{{Data: encoded}}}}}})
	}
	return &workflowservice.GetWorkflowExecutionHistoryResponse{History: history}, nil
}

// failed is the record of a delivery that failed so long before noon.
func failed(id string, before time.Duration) latch.Record {
	at := latch.NewTime(noon.Add(-before))
	return latch.Record{DeliveryID: id, Webhook: "down", Event: "JOB_SUCCESS", Job: "books", Result: latch.ResultFail, Attempts: 2,
		Tries: []latch.RecordTry{{Number: 2, Status: 503}}, Error: "answered 503", StartedAt: at, CompletedAt: at}
}
