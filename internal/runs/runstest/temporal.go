package runstest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/latch-run/latch"
)

// A Temporal is a client of a fake Temporal whose runs a test adds. Its list
// has all runs of the workflow types and with the run ids that are named in a
// query, in their order, and ignores all other conditions. Methods that it does
// not implement panic. It is safe for concurrent use once its runs are added.
type Temporal struct {
	client.Client
	// Runs are the runs, newest first.
	Runs []*Run
	// Now is the start time of a run that is started, and of the first that is
	// added.
	Now time.Time
	// LacksAttributes is true if the namespace has none of Latch's search
	// attributes.
	LacksAttributes bool
	// NeverPauses is true if the server is of a version that cannot pause runs.
	NeverPauses bool
	// ListError is the error of listing runs.
	ListError error
	// StartError is the error of starting a run.
	StartError error
	// CallbackError is the error of starting a run with completion callbacks.
	CallbackError error
	// DescribeError is the error of describing a run.
	DescribeError error
	// Unreachable is the error of all calls to the server itself.
	Unreachable error
	// Hangs is true if no worker answers before the caller gives up.
	Hangs bool

	// Unpolled is true if no worker polls any task queue.
	Unpolled bool
	// RunIDs returns the id of the n-th run, from 0 on; if nil, ids are UUIDs.
	RunIDs func(n int) string
	// Schedules are the namespace's schedules.
	Schedules Schedules

	// OnStarting, if set, is called before a run is started. It may block.
	OnStarting func()
	// OnStart, if set, is called with a run that was started. It may close the
	// run.
	OnStart func(*Run)

	// Signals are the workflow ids that were signalled, each with the name of the signal, and
	// Signalled the requests of those that no start belongs to.
	Signals   []string
	Signalled []*workflowservice.SignalWorkflowExecutionRequest
	// Queries and Sizes are the queries and page sizes of the lists requested.
	Queries []string
	Sizes   []int32
	// Asked lists the workflow ids of the runs queried, and Closings counts the
	// closing events that were read.
	Asked    []string
	Closings int
	// Arguments are the arguments of the last query.
	Arguments []any
	// Updates are the updates sent, in order.
	Updates []client.UpdateWorkflowOptions
	// Polled are the task queues that were described.
	Polled []string
	// Disconnected is true once the client was closed.
	Disconnected bool
	// Starts are the requests that started a run, and Refused those that did
	// not because one was in progress.
	Starts, Refused []*workflowservice.StartWorkflowExecutionRequest
	// Audited are the entries that were appended to the audit, which is no run here.
	Audited []latch.AuditEntry

	mutex sync.Mutex
}

// A Run is a run of a [Temporal].
type Run struct {
	Info *workflowpb.WorkflowExecutionInfo
	// Unlisted is true if no list has the run yet.
	Unlisted bool
	// Pending are the activities that have not ended.
	Pending []*workflowpb.PendingActivityInfo
	// Answer returns a worker's answer to a query.
	Answer func(query string) (any, error)
	// Update answers an update; if nil, the run has closed.
	Update func(client.UpdateWorkflowOptions) (any, error)
	// Err is the error of all calls about the run.
	Err error
	// Unread, if set, returns the error of each read of the run's history.
	Unread func() error
	// Closed is the last event of a closed run.
	Closed *historypb.HistoryEvent
	// Ended is closed when the run ends, for callers that wait for it; nil
	// means at once.
	Ended chan struct{}
	// History returns the run's events except the last.
	History func() ([]*historypb.HistoryEvent, error)
}

// Add adds a run after the others, one minute older than the previous one.
func (t *Temporal) Add(workflowID, workflow string, status enumspb.WorkflowExecutionStatus) *Run {
	began := t.Now.Add(-time.Duration(len(t.Runs)) * time.Minute)
	run := &Run{Info: &workflowpb.WorkflowExecutionInfo{Status: status, TaskQueue: "latch", Type: &commonpb.WorkflowType{Name: workflow},
		Execution: &commonpb.WorkflowExecution{WorkflowId: workflowID, RunId: t.runID(len(t.Runs))},
		StartTime: timestamppb.New(began)}}
	if status != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING && status != enumspb.WORKFLOW_EXECUTION_STATUS_PAUSED {
		run.Info.CloseTime = timestamppb.New(began.Add(time.Hour))
	}
	t.Runs = append(t.Runs, run)
	return run
}

func (t *Temporal) runID(n int) string {
	if t.RunIDs != nil {
		return t.RunIDs(n)
	}
	return fmt.Sprintf("00000000-0000-4000-8000-%012d", n)
}

// find returns a run, or the newest of the workflow if runID is empty.
func (t *Temporal) find(workflowID, runID string) (*Run, error) {
	for _, run := range t.Runs {
		if execution := run.Info.GetExecution(); execution.GetWorkflowId() == workflowID && (runID == "" || execution.GetRunId() == runID) {
			return run, nil
		}
	}
	return nil, serviceerror.NewNotFound("workflow not found for ID: " + workflowID)
}

// DescribeWorkflowExecution describes a run.
func (t *Temporal) DescribeWorkflowExecution(_ context.Context, workflowID, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	run, err := t.find(workflowID, runID)
	if err == nil {
		err = t.DescribeError
	}
	if err != nil {
		return nil, err
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: run.Info, PendingActivities: run.Pending}, nil
}

// ListWorkflow lists all runs, page by page.
func (t *Temporal) ListWorkflow(_ context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.Queries, t.Sizes = append(t.Queries, request.GetQuery()), append(t.Sizes, request.GetPageSize())
	if t.LacksAttributes && strings.Contains(request.GetQuery(), "Latch") {
		return nil, serviceerror.NewInvalidArgument("invalid query: no mapping for a search attribute")
	}
	if err := t.refuses(request.GetQuery()); err != nil {
		return nil, err
	}
	at := 0
	_, _ = fmt.Sscan(string(request.GetNextPageToken()), &at)
	response := &workflowservice.ListWorkflowExecutionsResponse{}
	for ; at < len(t.Runs) && len(response.Executions) < int(request.GetPageSize()); at++ {
		if run := t.Runs[at]; !run.Unlisted && run.isOfType(request.GetQuery()) && run.isNamed(request.GetQuery()) {
			response.Executions = append(response.Executions, t.Runs[at].Info)
		}
	}
	if at < len(t.Runs) {
		response.NextPageToken = fmt.Append(nil, at)
	}
	return response, nil
}

// refuses returns the error of listing or counting the runs that a query finds.
func (t *Temporal) refuses(query string) error {
	if t.NeverPauses && strings.Contains(query, "'Paused'") {
		return serviceerror.NewInvalidArgument("invalid query: unable to convert filter expression: " +
			"unable to convert values of comparison expression: invalid expression: invalid ExecutionStatus value 'Paused'")
	}
	return t.ListError
}

// QueryWorkflow returns the answer of the run's worker.
func (t *Temporal) QueryWorkflow(ctx context.Context, workflowID, runID, name string, arguments ...any) (converter.EncodedValue, error) {
	if t.Hangs {
		<-ctx.Done()
		return nil, serviceerror.NewDeadlineExceeded("no answer")
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.Asked, t.Arguments = append(t.Asked, workflowID), arguments
	run, err := t.find(workflowID, runID)
	switch {
	case err != nil:
		return nil, err
	case run.Err != nil:
		return nil, run.Err
	case run.Answer == nil:
		return nil, &serviceerror.QueryFailed{Message: "unknown queryType " + name}
	}
	answer, err := run.Answer(name)
	if err != nil {
		return nil, err
	}
	return Value(answer)
}

// WorkflowService returns the raw API for the same runs.
func (t *Temporal) WorkflowService() workflowservice.WorkflowServiceClient { return service{of: t} }

// DescribeTaskQueue lists one worker, or none if the queue is unpolled.
func (t *Temporal) DescribeTaskQueue(_ context.Context, queue string, _ enumspb.TaskQueueType) (*workflowservice.DescribeTaskQueueResponse, error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.Polled = append(t.Polled, queue)
	if t.Unpolled {
		return &workflowservice.DescribeTaskQueueResponse{}, nil
	}
	return &workflowservice.DescribeTaskQueueResponse{Pollers: []*taskqueuepb.PollerInfo{{Identity: "worker"}}}, nil
}

// Close marks the client as closed.
func (t *Temporal) Close() { t.Disconnected = true }

// Value returns an answer as encoded by a worker.
func Value(answer any) (converter.EncodedValue, error) {
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(answer)
	return client.NewValue(payloads), err
}

// AuditedSoFar returns the entries that were appended to the audit, also while others are.
func (t *Temporal) AuditedSoFar() []latch.AuditEntry {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return slices.Clone(t.Audited)
}
