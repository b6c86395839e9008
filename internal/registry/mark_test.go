package registry

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	schedulepb "go.temporal.io/api/schedule/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/grpc"

	"github.com/latch-run/latch"
)

// A scheduled Temporal has one schedule, the registered webhooks, and the workflow that it runs
// for it.
type scheduled struct {
	workflowservice.WorkflowServiceClient
	workflow *workflowservice.DescribeWorkflowExecutionResponse
	// fails is the error of a description of the workflow.
	fails error
	// size is that of the schedule's state, where no workflow has it.
	size int64
	// described counts descriptions of the schedule, and asked those of the workflow.
	described, asked int
}

func newScheduled() *scheduled {
	return &scheduled{workflow: &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: "temporal-sys-scheduler:latch-webhooks-latch", RunId: "run-1"},
		Type:      &commonpb.WorkflowType{Name: schedulerType}, TaskQueue: schedulerQueue,
		Status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, HistoryLength: 7, StateTransitionCount: 5,
	}}}
}

func (s *scheduled) DescribeWorkflowExecution(context.Context, *workflowservice.DescribeWorkflowExecutionRequest,
	...grpc.CallOption) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	s.asked++
	return s.workflow, s.fails
}

func (s *scheduled) DescribeSchedule(context.Context, *workflowservice.DescribeScheduleRequest,
	...grpc.CallOption) (*workflowservice.DescribeScheduleResponse, error) {
	s.described++
	input, err := converter.GetDefaultDataConverter().ToPayloads(shelfInput[[]latch.RegisteredWebhook]{
		Shelf: shelved[[]latch.RegisteredWebhook]{Revision: "r", Content: []latch.RegisteredWebhook{{Webhook: latch.Webhook{ID: "board"}}}}})
	return &workflowservice.DescribeScheduleResponse{Info: &schedulepb.ScheduleInfo{StateSizeBytes: s.size},
		Schedule: &schedulepb.Schedule{Action: &schedulepb.ScheduleAction{Action: &schedulepb.ScheduleAction_StartWorkflow{
			StartWorkflow: &workflowpb.NewWorkflowExecutionInfo{Input: input}}}}}, err
}

// A document is known by the mark of its schedule, for a minute. Whatever the mark does not vouch
// for is read.
func TestADocumentIsKnownByItsMark(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		// before and after are what differs from the start, and once the document was marked.
		before, after func(*scheduled)
		// reads are how often two readings after that describe the schedule, and asks how often they
		// ask for a mark.
		reads, asks int
	}{
		"nothing has changed":                   {asks: 2},
		"an event has come":                     {after: func(s *scheduled) { s.workflow.WorkflowExecutionInfo.HistoryLength++ }, reads: 1, asks: 2},
		"an event has come that is not counted": {after: func(s *scheduled) { s.workflow.WorkflowExecutionInfo.StateTransitionCount++ }, reads: 1, asks: 2},
		"another run goes on":                   {after: func(s *scheduled) { s.workflow.WorkflowExecutionInfo.Execution.RunId = "run-2" }, reads: 1, asks: 2},
		"it is at work": {after: func(s *scheduled) { s.workflow.PendingWorkflowTask = new(workflowpb.PendingWorkflowTaskInfo) },
			reads: 2, asks: 2},
		"it has ended": {after: func(s *scheduled) {
			s.workflow.WorkflowExecutionInfo.Status = enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
		}, reads: 2, asks: 1},
		"it only keeps the id":      {after: func(s *scheduled) { s.workflow.WorkflowExecutionInfo.Type.Name = sentinelType }, reads: 2, asks: 1},
		"Temporal does not say":     {after: func(s *scheduled) { s.fails = serviceerror.NewUnavailable("down") }, reads: 2, asks: 1},
		"the schedule has none":     {before: func(s *scheduled) { s.fails = serviceerror.NewNotFound("none") }, reads: 2},
		"the schedule has left it":  {before: func(s *scheduled) { s.size = 1 }, reads: 2, asks: 2},
		"a minute has passed since": {after: func(*scheduled) { time.Sleep(believed) }, reads: 1, asks: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				temporal := newScheduled()
				webhooks := New(Options{Service: func() workflowservice.WorkflowServiceClient { return temporal }}).Webhooks()
				if test.before != nil {
					test.before(temporal)
				}
				read := func() {
					all, err := webhooks.List(t.Context())
					require.NoError(t, err)
					require.Len(t, all, 1)
				}
				read()
				require.Zero(t, temporal.asked, "who reads once needs no mark")
				read()
				if test.after != nil {
					test.after(temporal)
				}
				described, asked := temporal.described, temporal.asked
				read()
				read()
				require.Equal(t, []int{test.reads, test.asks}, []int{temporal.described - described, temporal.asked - asked})
			})
		})
	}
}
