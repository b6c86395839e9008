package runs_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs"
)

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

// A fake is a Temporal whose list has its runs in their order, whatever is
// asked for. It belongs to one test.
type fake struct {
	*testing.T
	client.Client
	mutex sync.Mutex
	runs  []*fakeRun
	// lacks is that the namespace has no search attributes of Latch's.
	lacks bool
	// err is what listing fails with.
	err error
	// hangs is that no worker answers before the caller gives up.
	hangs bool

	queries []string
	sizes   []int32
	asked   []string
	// read counts how many closing events were read.
	read int
}

// A fakeRun is a run of a fake: what a worker answers, or how it closed.
type fakeRun struct {
	info   *workflowpb.WorkflowExecutionInfo
	status latch.Status
	err    error
	closed *historypb.HistoryEvent
}

func newFake(t *testing.T) *fake { return &fake{T: t} }

func (f *fake) over() *runs.Runs { return runs.New(runs.Options{Client: f, Namespace: "default"}) }

// add adds a run of the type, one minute older than the one before.
func (f *fake) add(workflowID, workflow string, status enumspb.WorkflowExecutionStatus) *fakeRun {
	began := noon.Add(-time.Duration(len(f.runs)) * time.Minute)
	run := &fakeRun{info: &workflowpb.WorkflowExecutionInfo{Status: status, TaskQueue: "latch", Type: &commonpb.WorkflowType{Name: workflow},
		Execution: &commonpb.WorkflowExecution{WorkflowId: workflowID, RunId: fmt.Sprintf("run-%d", len(f.runs))}, StartTime: timestamppb.New(began)}}
	if status != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		run.info.CloseTime = timestamppb.New(began.Add(time.Hour))
	}
	f.runs = append(f.runs, run)
	return run
}

// running adds a release that runs, with what a worker answers for it.
func (f *fake) running(id string, status latch.Status) *fakeRun {
	run := f.add("release-"+id, latch.WorkflowRelease, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING)
	run.status = status
	return run
}

// completed adds a release that completed with the result.
func (f *fake) completed(result latch.ReleaseResult) *fakeRun {
	run := f.add("release-"+result.ID, latch.WorkflowRelease, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED)
	run.closed = completedWith(f.payloads(result))
	return run
}

func (f *fake) payloads(value any) *commonpb.Payloads {
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(value)
	require.NoError(f, err)
	return payloads
}

func completedWith(result *commonpb.Payloads) *historypb.HistoryEvent {
	return &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
		Attributes: &historypb.HistoryEvent_WorkflowExecutionCompletedEventAttributes{
			WorkflowExecutionCompletedEventAttributes: &historypb.WorkflowExecutionCompletedEventAttributes{Result: result}}}
}

func canceledWith(details *commonpb.Payloads) *historypb.HistoryEvent {
	return &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
		Attributes: &historypb.HistoryEvent_WorkflowExecutionCanceledEventAttributes{
			WorkflowExecutionCanceledEventAttributes: &historypb.WorkflowExecutionCanceledEventAttributes{Details: details}}}
}

func failedWith(message, kind string, details *commonpb.Payloads) *historypb.HistoryEvent {
	return &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
		Attributes: &historypb.HistoryEvent_WorkflowExecutionFailedEventAttributes{
			WorkflowExecutionFailedEventAttributes: &historypb.WorkflowExecutionFailedEventAttributes{Failure: &failurepb.Failure{Message: message,
				FailureInfo: &failurepb.Failure_ApplicationFailureInfo{ApplicationFailureInfo: &failurepb.ApplicationFailureInfo{Type: kind, Details: details}}}}}}
}

func terminatedFor(reason string) *historypb.HistoryEvent {
	return &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED,
		Attributes: &historypb.HistoryEvent_WorkflowExecutionTerminatedEventAttributes{
			WorkflowExecutionTerminatedEventAttributes: &historypb.WorkflowExecutionTerminatedEventAttributes{Reason: reason}}}
}

func timedOut() *historypb.HistoryEvent {
	return &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT,
		Attributes: &historypb.HistoryEvent_WorkflowExecutionTimedOutEventAttributes{
			WorkflowExecutionTimedOutEventAttributes: &historypb.WorkflowExecutionTimedOutEventAttributes{}}}
}

// waits writes the locks into the run's memo.
func (r *fakeRun) waits(t *testing.T, locks ...latch.OpenLock) *fakeRun {
	t.Helper()
	payload, err := converter.GetDefaultDataConverter().ToPayload(locks)
	require.NoError(t, err)
	r.info.Memo = &commonpb.Memo{Fields: map[string]*commonpb.Payload{latch.MemoLocks: payload}}
	return r
}

func (f *fake) find(workflowID, runID string) (*fakeRun, error) {
	for _, run := range f.runs {
		if run.info.GetExecution().GetWorkflowId() == workflowID && run.info.GetExecution().GetRunId() == runID {
			return run, nil
		}
	}
	return nil, serviceerror.NewNotFound("workflow not found for ID: " + workflowID)
}

// ListWorkflow lists all, a page after the other.
func (f *fake) ListWorkflow(_ context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.queries, f.sizes = append(f.queries, request.GetQuery()), append(f.sizes, request.GetPageSize())
	if f.lacks && strings.Contains(request.GetQuery(), "Latch") {
		return nil, serviceerror.NewInvalidArgument("invalid query: no mapping for LatchID")
	}
	if f.err != nil {
		return nil, f.err
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

func (f *fake) QueryWorkflow(ctx context.Context, workflowID, runID, name string, _ ...any) (converter.EncodedValue, error) {
	if f.hangs {
		<-ctx.Done()
		return nil, serviceerror.NewDeadlineExceeded("no answer")
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.asked = append(f.asked, workflowID)
	run, err := f.find(workflowID, runID)
	switch {
	case err != nil:
		return nil, err
	case run.err != nil:
		return nil, run.err
	case name != latch.QueryStatus:
		return nil, &serviceerror.QueryFailed{Message: "unknown queryType " + name}
	}
	return client.NewValue(f.payloads(run.status)), nil
}

func (f *fake) WorkflowService() workflowservice.WorkflowServiceClient { return service{fake: f} }

// A service is the fake's raw client.
type service struct {
	workflowservice.WorkflowServiceClient
	fake *fake
}

// GetWorkflowExecutionHistory returns the event with which a run closed.
func (s service) GetWorkflowExecutionHistory(_ context.Context, request *workflowservice.GetWorkflowExecutionHistoryRequest, _ ...grpc.CallOption) (*workflowservice.GetWorkflowExecutionHistoryResponse, error) {
	s.fake.mutex.Lock()
	defer s.fake.mutex.Unlock()
	s.fake.read++
	if request.GetHistoryEventFilterType() != enumspb.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT {
		return nil, serviceerror.NewInvalidArgument("a list reads the last event alone")
	}
	run, err := s.fake.find(request.GetExecution().GetWorkflowId(), request.GetExecution().GetRunId())
	switch {
	case err != nil:
		return nil, err
	case run.err != nil:
		return nil, run.err
	}
	return &workflowservice.GetWorkflowExecutionHistoryResponse{History: &historypb.History{Events: []*historypb.HistoryEvent{run.closed}}}, nil
}
