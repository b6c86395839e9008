package runstest

import (
	"context"
	"fmt"
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
)

// A Temporal is a client of a Temporal with runs of a test's making. Its list has
// all of them in their order that are of the workflow types that a query names; what
// else it asks for is not looked at. What it does not have panics.
// It is safe for concurrent use once its runs are there.
type Temporal struct {
	client.Client
	// Runs are the runs, the newest first.
	Runs []*Run
	// Now is when a run begins that is started, and the first one that is added.
	Now time.Time
	// LacksAttributes is that the namespace has no search attributes of Latch's.
	LacksAttributes bool
	// ListError is what listing fails with.
	ListError error
	// StartError is what starting a run fails with.
	StartError error
	// DescribeError is what describing a run fails with.
	DescribeError error
	// Unreachable is what the server itself fails with.
	Unreachable error
	// Hangs is that no worker answers before the caller gives up.
	Hangs bool

	// Unpolled is that no worker polls any task queue.
	Unpolled bool
	// RunIDs returns the id of the n-th run, from 0 on; UUIDs unless given.
	RunIDs func(n int) string
	// Schedules are the namespace's schedules.
	Schedules Schedules

	// OnStarting is called when a run is about to be started, and may wait.
	OnStarting func()
	// OnStart is called with a run that was started, which it may close.
	OnStart func(*Run)

	// Queries and Sizes are those of the lists that were asked for.
	Queries []string
	Sizes   []int32
	// Asked are the workflow ids of the runs that were queried, and Closings how
	// many closing events were read.
	Asked    []string
	Closings int
	// Arguments are those of the last query.
	Arguments []any
	// Updates are those that were sent, in their order.
	Updates []client.UpdateWorkflowOptions
	// Polled are the task queues whose workers were asked for.
	Polled []string
	// Disconnected reports that the client was closed.
	Disconnected bool
	// Starts are the requests that started a run, and Refused those that did not,
	// since one was under way.
	Starts, Refused []*workflowservice.StartWorkflowExecutionRequest

	mutex sync.Mutex
}

// A Run is a run of a [Temporal].
type Run struct {
	Info *workflowpb.WorkflowExecutionInfo
	// Answer is what a worker answers to a query.
	Answer func(query string) (any, error)
	// Update answers an update; without it the run has closed.
	Update func(client.UpdateWorkflowOptions) (any, error)
	// Err is what asking about the run fails with.
	Err error
	// Unread returns what reading its history fails with each time; nil is nothing.
	Unread func() error
	// Closed is the last event of a run that has closed.
	Closed *historypb.HistoryEvent
	// Ended is closed when the run has ended, for who waits for it; nil is at once.
	Ended chan struct{}
	// History are the events but the last.
	History func() ([]*historypb.HistoryEvent, error)
}

// Add adds a run behind the others, one minute older than the one before.
func (t *Temporal) Add(workflowID, workflow string, status enumspb.WorkflowExecutionStatus) *Run {
	began := t.Now.Add(-time.Duration(len(t.Runs)) * time.Minute)
	run := &Run{Info: &workflowpb.WorkflowExecutionInfo{Status: status, TaskQueue: "latch", Type: &commonpb.WorkflowType{Name: workflow},
		Execution: &commonpb.WorkflowExecution{WorkflowId: workflowID, RunId: t.runID(len(t.Runs))},
		StartTime: timestamppb.New(began)}}
	if status != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
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

// find returns a run, the newest of the workflow where runID is empty.
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
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: run.Info}, nil
}

// ListWorkflow lists all runs, a page after the other.
func (t *Temporal) ListWorkflow(_ context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.Queries, t.Sizes = append(t.Queries, request.GetQuery()), append(t.Sizes, request.GetPageSize())
	if t.LacksAttributes && strings.Contains(request.GetQuery(), "Latch") {
		return nil, serviceerror.NewInvalidArgument("invalid query: no mapping for a search attribute")
	}
	if t.ListError != nil {
		return nil, t.ListError
	}
	at := 0
	_, _ = fmt.Sscan(string(request.GetNextPageToken()), &at)
	response := &workflowservice.ListWorkflowExecutionsResponse{}
	for ; at < len(t.Runs) && len(response.Executions) < int(request.GetPageSize()); at++ {
		if t.Runs[at].isOfType(request.GetQuery()) {
			response.Executions = append(response.Executions, t.Runs[at].Info)
		}
	}
	if at < len(t.Runs) {
		response.NextPageToken = fmt.Append(nil, at)
	}
	return response, nil
}

// QueryWorkflow answers as the run's worker does.
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

// WorkflowService returns the raw API of the same runs.
func (t *Temporal) WorkflowService() workflowservice.WorkflowServiceClient { return service{of: t} }

// DescribeTaskQueue tells of one worker, unless there is none.
func (t *Temporal) DescribeTaskQueue(_ context.Context, queue string, _ enumspb.TaskQueueType) (*workflowservice.DescribeTaskQueueResponse, error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.Polled = append(t.Polled, queue)
	if t.Unpolled {
		return &workflowservice.DescribeTaskQueueResponse{}, nil
	}
	return &workflowservice.DescribeTaskQueueResponse{Pollers: []*taskqueuepb.PollerInfo{{Identity: "worker"}}}, nil
}

// Close disconnects the client.
func (t *Temporal) Close() { t.Disconnected = true }

// Value returns an answer as a worker encodes it.
func Value(answer any) (converter.EncodedValue, error) {
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(answer)
	return client.NewValue(payloads), err
}
