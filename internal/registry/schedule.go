package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	schedulepb "go.temporal.io/api/schedule/v1"
	sdkpb "go.temporal.io/api/sdk/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/overload"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs"
)

const (
	// schedulePrefix begins the ids of jobs' schedules.
	schedulePrefix = protocol.SchedulePrefix
	// defaultCatchup is how late a missed run may still start. Temporal's own
	// default is a year.
	defaultCatchup = time.Minute
)

// build returns the schedule of a job.
func (s *Store) build(definition *Definition) (*schedulepb.Schedule, error) {
	if s.fields != nil {
		definition.Fields = s.fields(definition)
	}
	encoded, err := encodeDefinition(definition)
	if err != nil {
		return nil, err
	}
	title := text(definition, "title", func(j *latch.Job) string { return j.Title })
	built, err := s.scheduleStarting(encoded, "latch-trigger-"+definition.ID, "Trigger job "+definition.ID+" "+title, definition.TaskQueue)
	if err != nil {
		return nil, err
	}
	catchup := defaultCatchup
	if schedule := scheduleOf(definition); schedule != nil {
		if schedule.Cron != "" {
			built.Spec.CronString = []string{schedule.Cron}
			built.Spec.TimezoneName = schedule.Timezone
		}
		if schedule.Catchup > 0 {
			catchup = time.Duration(schedule.Catchup)
		}
	}
	built.Policies.CatchupWindow = durationpb.New(catchup)
	built.State = &schedulepb.ScheduleState{
		Notes: note(definition),
		// Temporal closes a schedule that is not paused and has no next time.
		Paused: definition.Paused || !hasTimes(definition),
	}
	return built, nil
}

// scheduleStarting returns a schedule that starts latch.Trigger with the input.
func (s *Store) scheduleStarting(input json.RawMessage, workflowID, summary, taskQueue string) (*schedulepb.Schedule, error) {
	payloads, err := s.converter.ToPayloads(input)
	if err != nil {
		return nil, fmt.Errorf("encode the schedule's input: %w", err)
	}
	described, err := s.converter.ToPayload(runs.Summary(summary))
	if err != nil {
		return nil, fmt.Errorf("encode the schedule's summary: %w", err)
	}
	return &schedulepb.Schedule{
		Spec:     &schedulepb.ScheduleSpec{},
		Policies: &schedulepb.SchedulePolicies{OverlapPolicy: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP},
		Action: &schedulepb.ScheduleAction{Action: &schedulepb.ScheduleAction_StartWorkflow{StartWorkflow: &workflowpb.NewWorkflowExecutionInfo{
			WorkflowId:   workflowID,
			WorkflowType: &commonpb.WorkflowType{Name: latch.WorkflowTrigger},
			TaskQueue:    &taskqueuepb.TaskQueue{Name: taskQueue},
			Input:        payloads,
			UserMetadata: &sdkpb.UserMetadata{Summary: described},
		}}},
		State: &schedulepb.ScheduleState{Paused: true},
	}, nil
}

// A kept is a schedule that was read, with the input of its action.
type kept struct {
	schedule *schedulepb.Schedule
	info     *schedulepb.ScheduleInfo
	token    []byte
	input    json.RawMessage
}

// hasWorkflow is true if Temporal's server runs a workflow for the schedule. Only for schedules
// without one does it give the size of their state.
func (k *kept) hasWorkflow() bool { return k.info.GetStateSizeBytes() == 0 }

// read reads a schedule. Its error is ErrUnknown if there is no such schedule,
// and a [*NamesakeError] if another workflow occupies its id.
func (s *Store) read(ctx context.Context, id string) (*kept, error) {
	response, err := s.describeSchedule(ctx, id)
	var missing *serviceerror.NotFound
	var without *serviceerror.Unimplemented // a server without schedules stores none of ours
	switch {
	case errors.As(err, &missing), errors.As(err, &without):
		return nil, ErrUnknown
	case err != nil:
		return nil, err
	}
	found := &kept{schedule: response.GetSchedule(), info: response.GetInfo(), token: response.GetConflictToken()}
	payloads := found.schedule.GetAction().GetStartWorkflow().GetInput()
	if err := s.converter.FromPayloads(payloads, &found.input); err != nil {
		return nil, fmt.Errorf("schedule %q is not one of Latch's, or was written with another payload codec: %w", id, err)
	}
	return found, nil
}

// create creates a schedule. Its error is ErrExists if the id is taken.
func (s *Store) create(ctx context.Context, id string, schedule *schedulepb.Schedule) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	request := &workflowservice.CreateScheduleRequest{Namespace: s.namespace, ScheduleId: id, Schedule: schedule, Identity: s.identity, RequestId: uuid.NewString()}
	_, err := overload.Again(ctx, func(ctx context.Context) (*workflowservice.CreateScheduleResponse, error) {
		return s.service().CreateSchedule(ctx, request)
	})
	var exists *serviceerror.AlreadyExists
	var started *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &exists) || errors.As(err, &started) {
		if namesake := s.namesakeOfSchedule(ctx, id); namesake != nil {
			return namesake
		}
		return ErrExists
	}
	return refused(err)
}

// write replaces the schedule that was read. Temporal does not report whether
// somebody else was faster, so the caller must read it again.
func (s *Store) write(ctx context.Context, id string, schedule *schedulepb.Schedule, token []byte) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	request := &workflowservice.UpdateScheduleRequest{Namespace: s.namespace, ScheduleId: id, Schedule: schedule, ConflictToken: token,
		Identity: s.identity, RequestId: uuid.NewString()}
	_, err := overload.Again(ctx, func(ctx context.Context) (*workflowservice.UpdateScheduleResponse, error) {
		return s.service().UpdateSchedule(ctx, request)
	})
	return refused(err)
}

func (s *Store) remove(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := overload.Again(ctx, func(ctx context.Context) (*workflowservice.DeleteScheduleResponse, error) {
		return s.service().DeleteSchedule(ctx, &workflowservice.DeleteScheduleRequest{Namespace: s.namespace, ScheduleId: id, Identity: s.identity})
	})
	var missing *serviceerror.NotFound
	if errors.As(err, &missing) {
		return ErrUnknown
	}
	return err
}

// refused converts the error of a schedule that Temporal rejects, for example
// because of its cron expression or time zone.
func refused(err error) error {
	var invalid *serviceerror.InvalidArgument
	if errors.As(err, &invalid) {
		return &RefusedError{Field: "schedule", Reason: invalid.Message}
	}
	return err
}

// decodeDefinition decodes the definition in a job's schedule. Paused comes
// from the schedule itself, because anybody may pause it with Temporal's tools.
func decodeDefinition(id string, found *kept) (*Definition, error) {
	var trigger protocol.Trigger
	if err := json.Unmarshal(found.input, &trigger); err != nil || trigger.ID == "" {
		return nil, fmt.Errorf("schedule %q holds no job of Latch's", schedulePrefix+id)
	}
	definition := &trigger.Definition
	if hasTimes(definition) {
		definition.Paused = found.schedule.GetState().GetPaused()
	}
	return definition, nil
}
