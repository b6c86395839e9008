package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/overload"
)

// A NamesakeError reports that somebody runs a workflow under an id that is
// reserved for Latch. Nobody who goes through Latch can; whoever has access to
// Temporal can.
type NamesakeError struct {
	// WorkflowID, RunID and Type are those of the workflow.
	WorkflowID, RunID, Type string
	// stands says what the id is for.
	stands string
}

// Error names the workflow, and says what to do about it.
func (e *NamesakeError) Error() string {
	return fmt.Sprintf("the workflow %q (run %s, type %q) stands in the place of %s; terminate it", e.WorkflowID, e.RunID, e.Type, e.stands)
}

// What Temporal's server runs behind a schedule: such a workflow, on a task
// queue that it keeps for itself.
const (
	schedulerPrefix = "temporal-sys-scheduler:"
	schedulerType   = "temporal-sys-scheduler-workflow"
	schedulerQueue  = "temporal-sys-per-ns-tq"
	// sentinelType keeps the place of a schedule that lies elsewhere.
	sentinelType = "temporal-sys-dummy-workflow"
)

// suspicion is how long Temporal may take to describe a schedule before it is
// asked whether there is one: a workflow that is none is asked a question that
// nobody answers.
const suspicion = 500 * time.Millisecond

// A description is what Temporal answered about a schedule.
type description struct {
	response *workflowservice.DescribeScheduleResponse
	err      error
}

// describeSchedule asks Temporal for a schedule.
func (s *Store) describeSchedule(ctx context.Context, id string) (*workflowservice.DescribeScheduleResponse, error) {
	asking, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	answered := make(chan description, 1)
	go func() {
		response, err := overload.Again(asking, func(ctx context.Context) (*workflowservice.DescribeScheduleResponse, error) {
			return s.service().DescribeSchedule(ctx, &workflowservice.DescribeScheduleRequest{Namespace: s.namespace, ScheduleId: id})
		})
		answered <- description{response, err}
	}()
	timer := time.NewTimer(suspicion)
	defer timer.Stop()
	select {
	case got := <-answered:
		return got.response, s.suspect(ctx, id, got.err)
	case <-timer.C:
	}
	if namesake := s.namesakeOfSchedule(ctx, id); namesake != nil {
		return nil, namesake
	}
	got := <-answered // by callTimeout at the latest
	return got.response, got.err
}

// suspect returns the reason of an error, where that is a namesake: a workflow
// that does not know the question, or answers something else.
func (s *Store) suspect(ctx context.Context, id string, err error) error {
	var query *serviceerror.QueryFailed
	var internal *serviceerror.Internal
	if !errors.As(err, &query) && !errors.As(err, &internal) {
		return err
	}
	if namesake := s.namesakeOfSchedule(ctx, id); namesake != nil {
		return namesake
	}
	return err
}

// namesakeOfSchedule returns the workflow that stands in the place of a
// schedule; nil where there is none, or Temporal does not say. Where there is
// one there is no such schedule.
func (s *Store) namesakeOfSchedule(ctx context.Context, id string) error {
	running := s.running(ctx, schedulerPrefix+id)
	kind := running.GetType().GetName()
	genuine := kind == schedulerType && running.GetTaskQueue() == schedulerQueue || kind == sentinelType
	if running == nil || genuine {
		return nil
	}
	return newNamesake(running, fmt.Sprintf("the schedule %q", id))
}

// namesakeOfRun returns the workflow that occupies the id of a registered job's
// run, nil if none does.
func (s *Store) namesakeOfRun(ctx context.Context, id string) error {
	running := s.running(ctx, WorkflowID(id))
	if running == nil || running.GetType().GetName() == latch.WorkflowJobRun {
		return nil
	}
	return newNamesake(running, fmt.Sprintf("the run of job %q", id))
}

func newNamesake(info *workflowpb.WorkflowExecutionInfo, stands string) *NamesakeError {
	return &NamesakeError{WorkflowID: info.GetExecution().GetWorkflowId(), RunID: info.GetExecution().GetRunId(),
		Type: info.GetType().GetName(), stands: stands}
}

// running describes the workflow that runs under the id, nil where none does.
func (s *Store) running(ctx context.Context, workflowID string) *workflowpb.WorkflowExecutionInfo {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	described, err := s.jobs.Describe(ctx, workflowID, "")
	if err != nil || described.GetWorkflowExecutionInfo().GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return nil // what cannot be asked about is told by the error that led here
	}
	return described.GetWorkflowExecutionInfo()
}
