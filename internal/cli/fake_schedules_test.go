package cli

import (
	"context"
	"strings"
	"sync"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	schedulepb "go.temporal.io/api/schedule/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/latch-run/latch"
)

// midnight is when a fake schedule with times runs next.
var midnight = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

// fakeSchedules keeps schedules as Temporal does, and knows one run of a job.
type fakeSchedules struct {
	workflowservice.WorkflowServiceClient
	mu   sync.Mutex
	kept map[string]*schedulepb.Schedule
	// writes counts what was created and updated.
	writes int
	// refuse is a cron expression that is not taken.
	refuse string
	// never is one that has no next time.
	never string
	// running is the run of job-<id> that is under way, by the workflow id.
	running map[string]string
	started []*workflowservice.StartWorkflowExecutionRequest
}

func newSchedules() *fakeSchedules {
	return &fakeSchedules{kept: map[string]*schedulepb.Schedule{}, running: map[string]string{}}
}

func (f *fakeSchedules) put(id string, schedule *schedulepb.Schedule) error {
	for _, cron := range schedule.GetSpec().GetCronString() {
		if cron == f.refuse {
			return serviceerror.NewInvalidArgument("no such cron")
		}
	}
	f.kept[id] = schedule
	f.writes++
	return nil
}

func (f *fakeSchedules) CreateSchedule(_ context.Context, request *workflowservice.CreateScheduleRequest, _ ...grpc.CallOption) (*workflowservice.CreateScheduleResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.kept[request.ScheduleId] != nil {
		return nil, serviceerror.NewAlreadyExists("schedule exists")
	}
	return &workflowservice.CreateScheduleResponse{}, f.put(request.ScheduleId, request.Schedule)
}

func (f *fakeSchedules) UpdateSchedule(_ context.Context, request *workflowservice.UpdateScheduleRequest, _ ...grpc.CallOption) (*workflowservice.UpdateScheduleResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return &workflowservice.UpdateScheduleResponse{}, f.put(request.ScheduleId, request.Schedule)
}

func (f *fakeSchedules) DescribeSchedule(_ context.Context, request *workflowservice.DescribeScheduleRequest, _ ...grpc.CallOption) (*workflowservice.DescribeScheduleResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	schedule := f.kept[request.ScheduleId]
	if schedule == nil {
		return nil, serviceerror.NewNotFound("no schedule")
	}
	return &workflowservice.DescribeScheduleResponse{Schedule: schedule,
		Info: &schedulepb.ScheduleInfo{FutureActionTimes: f.futureTimes(schedule)}}, nil
}

func (f *fakeSchedules) futureTimes(schedule *schedulepb.Schedule) []*timestamppb.Timestamp {
	if crons := schedule.GetSpec().GetCronString(); len(crons) == 0 || crons[0] == f.never {
		return nil
	}
	return []*timestamppb.Timestamp{timestamppb.New(midnight), timestamppb.New(midnight.Add(24 * time.Hour))}
}

func (f *fakeSchedules) DeleteSchedule(_ context.Context, request *workflowservice.DeleteScheduleRequest, _ ...grpc.CallOption) (*workflowservice.DeleteScheduleResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.kept, request.ScheduleId)
	return &workflowservice.DeleteScheduleResponse{}, nil
}

func (f *fakeSchedules) ListSchedules(context.Context, *workflowservice.ListSchedulesRequest, ...grpc.CallOption) (*workflowservice.ListSchedulesResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	response := &workflowservice.ListSchedulesResponse{}
	for id, schedule := range f.kept {
		response.Schedules = append(response.Schedules, &schedulepb.ScheduleListEntry{ScheduleId: id, Info: &schedulepb.ScheduleListInfo{
			WorkflowType: &commonpb.WorkflowType{Name: latch.WorkflowTrigger}, Notes: schedule.GetState().GetNotes(),
			Paused: schedule.GetState().GetPaused(), FutureActionTimes: f.futureTimes(schedule)}})
	}
	return response, nil
}

func (f *fakeSchedules) runs() []*workflowpb.WorkflowExecutionInfo {
	f.mu.Lock()
	defer f.mu.Unlock()
	var infos []*workflowpb.WorkflowExecutionInfo
	for workflowID, runID := range f.running {
		infos = append(infos, &workflowpb.WorkflowExecutionInfo{Execution: &commonpb.WorkflowExecution{WorkflowId: workflowID, RunId: runID},
			Type: &commonpb.WorkflowType{Name: latch.WorkflowJobRun}, Status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, StartTime: timestamppb.New(midnight)})
	}
	return infos
}

func (f *fakeSchedules) ListWorkflowExecutions(context.Context, *workflowservice.ListWorkflowExecutionsRequest, ...grpc.CallOption) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	return &workflowservice.ListWorkflowExecutionsResponse{Executions: f.runs()}, nil
}

func (f *fakeSchedules) DescribeWorkflowExecution(_ context.Context, request *workflowservice.DescribeWorkflowExecutionRequest, _ ...grpc.CallOption) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	for _, info := range f.runs() {
		if info.GetExecution().GetWorkflowId() == request.GetExecution().GetWorkflowId() {
			return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: info}, nil
		}
	}
	return nil, serviceerror.NewNotFound("no run")
}

func (f *fakeSchedules) StartWorkflowExecution(_ context.Context, request *workflowservice.StartWorkflowExecutionRequest, _ ...grpc.CallOption) (*workflowservice.StartWorkflowExecutionResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if runID := f.running[request.WorkflowId]; runID != "" {
		return nil, serviceerror.NewWorkflowExecutionAlreadyStarted("already", "", runID)
	}
	f.started = append(f.started, request)
	f.running[request.WorkflowId] = "run-1"
	return &workflowservice.StartWorkflowExecutionResponse{RunId: "run-1"}, nil
}

// schedule returns the schedule of a job.
func (f *fakeSchedules) schedule(id string) *schedulepb.Schedule { return f.kept["latch-job-"+id] }

// sentence is the first line of a job's note.
func (f *fakeSchedules) sentence(id string) string {
	first, _, _ := strings.Cut(f.schedule(id).GetState().GetNotes(), "\n")
	return first
}
