package api_test

import (
	"context"
	"fmt"
	"sync"

	schedulepb "go.temporal.io/api/schedule/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
)

// schedules are the schedules of a fake Temporal.
type schedules struct {
	mutex  sync.Mutex
	kept   map[string]*schedulepb.Schedule
	writes int
}

func (s *schedules) write(id string, schedule *schedulepb.Schedule) {
	if s.kept == nil {
		s.kept = map[string]*schedulepb.Schedule{}
	}
	s.kept[id] = schedule
	s.writes++
}

func (s service) DescribeSchedule(_ context.Context, request *workflowservice.DescribeScheduleRequest, _ ...grpc.CallOption) (*workflowservice.DescribeScheduleResponse, error) {
	kept := &s.fake.schedules
	kept.mutex.Lock()
	defer kept.mutex.Unlock()
	schedule, found := kept.kept[request.GetScheduleId()]
	if !found {
		return nil, serviceerror.NewNotFound("schedule not found")
	}
	return &workflowservice.DescribeScheduleResponse{Schedule: schedule, ConflictToken: fmt.Append(nil, kept.writes)}, nil
}

func (s service) CreateSchedule(_ context.Context, request *workflowservice.CreateScheduleRequest, _ ...grpc.CallOption) (*workflowservice.CreateScheduleResponse, error) {
	kept := &s.fake.schedules
	kept.mutex.Lock()
	defer kept.mutex.Unlock()
	if _, found := kept.kept[request.GetScheduleId()]; found {
		return nil, serviceerror.NewAlreadyExists("schedule is there")
	}
	kept.write(request.GetScheduleId(), request.GetSchedule())
	return &workflowservice.CreateScheduleResponse{}, nil
}

func (s service) UpdateSchedule(_ context.Context, request *workflowservice.UpdateScheduleRequest, _ ...grpc.CallOption) (*workflowservice.UpdateScheduleResponse, error) {
	kept := &s.fake.schedules
	kept.mutex.Lock()
	defer kept.mutex.Unlock()
	if string(request.GetConflictToken()) == fmt.Sprint(kept.writes) {
		kept.write(request.GetScheduleId(), request.GetSchedule())
	}
	return &workflowservice.UpdateScheduleResponse{}, nil
}
