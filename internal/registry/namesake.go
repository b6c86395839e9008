package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/overload"
	"github.com/latch-run/latch/internal/runs"
)

// A NamesakeError says that another workflow runs under an id reserved for
// Latch. Only somebody with direct access to Temporal can start such a
// workflow.
type NamesakeError struct {
	// WorkflowID, RunID and Type identify the workflow.
	WorkflowID, RunID, Type string
	// stands says what the id is reserved for.
	stands string
}

// Error names the workflow, and says what to do about it.
func (e *NamesakeError) Error() string {
	return fmt.Sprintf("the workflow %q (run %s, type %q) uses the id reserved for %s; terminate it", e.WorkflowID, e.RunID, e.Type, e.stands)
}

// The workflow that Temporal's server runs for each schedule, on a task queue
// of its own.
const (
	schedulerPrefix = "temporal-sys-scheduler:"
	schedulerType   = "temporal-sys-scheduler-workflow"
	schedulerQueue  = "temporal-sys-per-ns-tq"
	// sentinelType reserves the id of a schedule that is stored elsewhere.
	sentinelType = "temporal-sys-dummy-workflow"
)

// suspicion is how long describing a schedule may take before the registry
// checks for a namesake: another workflow under that id never answers.
const suspicion = 500 * time.Millisecond

// A description is Temporal's response about a schedule.
type description struct {
	response *workflowservice.DescribeScheduleResponse
	err      error
}

// describeSchedule returns Temporal's description of a schedule.
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
	got := <-answered // within callTimeout
	return got.response, got.err
}

// suspect returns the reason for an error if that is a namesake: a workflow
// that does not have the query, or answers it in another way.
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

// namesakeOfSchedule returns an error if another workflow occupies the id of a
// schedule, which then does not exist. It returns nil if no workflow has the id,
// or if Temporal does not say.
func (s *Store) namesakeOfSchedule(ctx context.Context, id string) error {
	running := s.running(ctx, schedulerPrefix+id)
	if running == nil || isScheduler(running) || running.GetType().GetName() == sentinelType {
		return nil
	}
	return newNamesake(running, fmt.Sprintf("the schedule %q", id))
}

// isScheduler reports whether a run is one that Temporal's server runs for a schedule.
func isScheduler(info *workflowpb.WorkflowExecutionInfo) bool {
	return info.GetType().GetName() == schedulerType && info.GetTaskQueue() == schedulerQueue
}

// namesakeOfRun returns an error if another workflow occupies the id of a
// registered job's run.
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

// running describes the workflow that runs under the id, or returns nil if
// there is none.
func (s *Store) running(ctx context.Context, workflowID string) *workflowpb.WorkflowExecutionInfo {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	described, err := s.jobs.Describe(ctx, workflowID, "")
	if err != nil || runs.HasClosed(described.GetWorkflowExecutionInfo()) {
		return nil // the error that led here is reported instead
	}
	return described.GetWorkflowExecutionInfo()
}
