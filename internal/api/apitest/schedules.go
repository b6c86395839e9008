package apitest

import (
	"context"
	"fmt"
	"sync"

	schedulepb "go.temporal.io/api/schedule/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
)

// Schedules are those of a [Temporal].
type Schedules struct {
	mutex  sync.Mutex
	Kept   map[string]*schedulepb.Schedule
	writes int
}

func (s *Schedules) write(id string, schedule *schedulepb.Schedule) {
	if s.Kept == nil {
		s.Kept = map[string]*schedulepb.Schedule{}
	}
	s.Kept[id] = schedule
	s.writes++
}

func (s service) DescribeSchedule(_ context.Context, request *workflowservice.DescribeScheduleRequest, _ ...grpc.CallOption) (*workflowservice.DescribeScheduleResponse, error) {
	kept := &s.fake.Schedules
	kept.mutex.Lock()
	defer kept.mutex.Unlock()
	schedule, found := kept.Kept[request.GetScheduleId()]
	if !found {
		return nil, serviceerror.NewNotFound("schedule not found")
	}
	return &workflowservice.DescribeScheduleResponse{Schedule: schedule, ConflictToken: fmt.Append(nil, kept.writes)}, nil
}

func (s service) CreateSchedule(_ context.Context, request *workflowservice.CreateScheduleRequest, _ ...grpc.CallOption) (*workflowservice.CreateScheduleResponse, error) {
	kept := &s.fake.Schedules
	kept.mutex.Lock()
	defer kept.mutex.Unlock()
	if _, found := kept.Kept[request.GetScheduleId()]; found {
		return nil, serviceerror.NewAlreadyExists("schedule is there")
	}
	kept.write(request.GetScheduleId(), request.GetSchedule())
	return &workflowservice.CreateScheduleResponse{}, nil
}

func (s service) UpdateSchedule(_ context.Context, request *workflowservice.UpdateScheduleRequest, _ ...grpc.CallOption) (*workflowservice.UpdateScheduleResponse, error) {
	kept := &s.fake.Schedules
	kept.mutex.Lock()
	defer kept.mutex.Unlock()
	if string(request.GetConflictToken()) == fmt.Sprint(kept.writes) {
		kept.write(request.GetScheduleId(), request.GetSchedule())
	}
	return &workflowservice.UpdateScheduleResponse{}, nil
}
