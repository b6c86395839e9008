package runstest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	schedulepb "go.temporal.io/api/schedule/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/latch-run/latch"
)

// Midnight is the next time of a schedule with times, followed by each midnight
// after it.
var Midnight = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

// Schedules are the schedules of a [Temporal]. The zero value has none.
type Schedules struct {
	// Kept holds the schedules by id.
	Kept map[string]*schedulepb.Schedule
	// Writes counts creations and updates.
	Writes int
	// Refuse is a cron expression that is rejected, and Never one without a
	// next time.
	Refuse, Never string
	// Err is the error of describing a schedule.
	Err error

	mutex sync.Mutex
}

// Job returns the schedule of a registered job, or nil if it has none.
func (s *Schedules) Job(id string) *schedulepb.Schedule { return s.Kept["latch-job-"+id] }

// Sentence returns the first line of the note of a registered job.
func (s *Schedules) Sentence(id string) string {
	first, _, _ := strings.Cut(s.Job(id).GetState().GetNotes(), "\n")
	return first
}

// lock locks the schedules and returns the function that unlocks them.
func (s *Schedules) lock() func() {
	s.mutex.Lock()
	return s.mutex.Unlock
}

func (s *Schedules) put(id string, schedule *schedulepb.Schedule) error {
	for _, cron := range schedule.GetSpec().GetCronString() {
		if cron == s.Refuse {
			return serviceerror.NewInvalidArgument("no such cron")
		}
	}
	if s.Kept == nil {
		s.Kept = map[string]*schedulepb.Schedule{}
	}
	s.Kept[id] = schedule
	s.Writes++
	return nil
}

// token changes with each write.
func (s *Schedules) token() []byte { return fmt.Append(nil, s.Writes) }

func (s *Schedules) futureTimes(schedule *schedulepb.Schedule) []*timestamppb.Timestamp {
	if crons := schedule.GetSpec().GetCronString(); len(crons) == 0 || crons[0] == s.Never {
		return nil
	}
	return []*timestamppb.Timestamp{timestamppb.New(Midnight), timestamppb.New(Midnight.Add(24 * time.Hour))}
}

// isOccupied reports whether a run has the workflow id of a schedule. As on a
// server, such a schedule cannot be created, and describing it never returns.
func (t *Temporal) isOccupied(id string) (runID string, is bool) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	run, err := t.find("temporal-sys-scheduler:"+id, "")
	if err != nil {
		return "", false
	}
	return run.Info.GetExecution().GetRunId(), true
}

// CreateSchedule stores a new schedule.
func (s service) CreateSchedule(_ context.Context, request *workflowservice.CreateScheduleRequest, _ ...grpc.CallOption) (*workflowservice.CreateScheduleResponse, error) {
	if runID, is := s.of.isOccupied(request.GetScheduleId()); is {
		return nil, serviceerror.NewWorkflowExecutionAlreadyStarted("running", "", runID)
	}
	kept := &s.of.Schedules
	defer kept.lock()()
	if kept.Kept[request.GetScheduleId()] != nil {
		return nil, serviceerror.NewAlreadyExists("schedule exists")
	}
	return &workflowservice.CreateScheduleResponse{}, kept.put(request.GetScheduleId(), request.GetSchedule())
}

// UpdateSchedule replaces a schedule. As on a server, a conflicting update does
// nothing and returns no error.
func (s service) UpdateSchedule(_ context.Context, request *workflowservice.UpdateScheduleRequest, _ ...grpc.CallOption) (*workflowservice.UpdateScheduleResponse, error) {
	kept := &s.of.Schedules
	defer kept.lock()()
	if token := request.GetConflictToken(); len(token) > 0 && string(token) != string(kept.token()) {
		return &workflowservice.UpdateScheduleResponse{}, nil
	}
	return &workflowservice.UpdateScheduleResponse{}, kept.put(request.GetScheduleId(), request.GetSchedule())
}

// DescribeSchedule returns a schedule with its next times.
func (s service) DescribeSchedule(ctx context.Context, request *workflowservice.DescribeScheduleRequest, _ ...grpc.CallOption) (*workflowservice.DescribeScheduleResponse, error) {
	kept := &s.of.Schedules
	if _, is := s.of.isOccupied(request.GetScheduleId()); is && kept.Err == nil {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	defer kept.lock()()
	schedule := kept.Kept[request.GetScheduleId()]
	switch {
	case kept.Err != nil:
		return nil, kept.Err
	case schedule == nil:
		return nil, serviceerror.NewNotFound("schedule not found")
	}
	return &workflowservice.DescribeScheduleResponse{Schedule: schedule, ConflictToken: kept.token(),
		Info: &schedulepb.ScheduleInfo{FutureActionTimes: kept.futureTimes(schedule)}}, nil
}

// DeleteSchedule deletes a schedule.
func (s service) DeleteSchedule(_ context.Context, request *workflowservice.DeleteScheduleRequest, _ ...grpc.CallOption) (*workflowservice.DeleteScheduleResponse, error) {
	kept := &s.of.Schedules
	defer kept.lock()()
	delete(kept.Kept, request.GetScheduleId())
	return &workflowservice.DeleteScheduleResponse{}, nil
}

// ListSchedules lists all schedules on one page.
func (s service) ListSchedules(context.Context, *workflowservice.ListSchedulesRequest, ...grpc.CallOption) (*workflowservice.ListSchedulesResponse, error) {
	kept := &s.of.Schedules
	defer kept.lock()()
	response := &workflowservice.ListSchedulesResponse{}
	for _, id := range slices.Sorted(maps.Keys(kept.Kept)) {
		schedule := kept.Kept[id]
		response.Schedules = append(response.Schedules, &schedulepb.ScheduleListEntry{ScheduleId: id, Info: &schedulepb.ScheduleListInfo{
			WorkflowType: &commonpb.WorkflowType{Name: latch.WorkflowTrigger}, Notes: schedule.GetState().GetNotes(),
			Paused: schedule.GetState().GetPaused(), FutureActionTimes: kept.futureTimes(schedule)}})
	}
	return response, nil
}
