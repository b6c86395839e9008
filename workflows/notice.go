package workflows

import (
	"encoding/json"
	"errors"
	"fmt"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/protocol"
)

// A jobNotice is a run that fires the event for a job's run that did not take place. Its
// subject is the job, which does no work.
type jobNotice struct {
	*jobRun
	done bool
}

// JobNotice is the workflow latch.JobNotice. It fires JOB_SKIPPED or JOB_MISSED for a
// registered job (contract, "Events"). [Trigger] starts it as a separate run, so that a slow
// receiver does not delay the schedule.
func JobNotice(ctx workflow.Context, input, argument converter.RawValue) (*latch.EmissionResult, error) {
	var notice protocol.Notice
	if err := json.Unmarshal(payloadJSON(argument), &notice); err != nil || notice.Event != latch.EventJobSkipped && notice.Event != latch.EventJobMissed {
		return nil, invalidSpec(latch.Problems{{Message: fmt.Sprintf("%s is started by %s, not by hand", latch.WorkflowJobNotice, latch.WorkflowTrigger)}})
	}
	run := &jobNotice{jobRun: &jobRun{result: latch.JobResult{Status: latch.JobRunning, KVP: latch.Object{}}, lineage: notice.Lineage}}
	var err error
	if run.session, err = newSession(ctx, run); err != nil {
		return nil, err
	}
	run.fields = run.lineage.Fields
	if err := run.take(ctx, latch.JobKind, input, &run.job); err != nil {
		return nil, err
	}
	run.weigh(run.job.Vars, notice.Data)
	run.result.ID, run.webhooks = run.job.ID, run.attach(run.job.Webhooks)
	run.result.StartedAt = run.now() // no run began, but templates that use the time still render
	if err := run.tagStatus(); err != nil {
		return nil, err
	}
	if _, err := run.fire(ctx, occasion{event: notice.Event, data: notice.Data}, run.webhooks); err != nil {
		return nil, err
	}
	run.done, run.settled = true, true
	if err := run.tagStatus(); err != nil {
		return nil, err
	}
	if err := run.close(ctx); err != nil {
		return nil, err
	}
	return &latch.EmissionResult{ID: run.job.ID, Event: notice.Event, History: run.history.all()}, nil
}

func (n *jobNotice) status() string {
	if n.done {
		return "completed"
	}
	return latch.JobRunning
}

func (n *jobNotice) mayControl(string) error {
	return errors.New("nothing is under way here that could be stopped")
}

// tellNotice starts the run that fires the event. If it fails to start, the job runs all the
// same.
func tellNotice(ctx workflow.Context, definition *protocol.Definition, kind, event string, data latch.Object) {
	child := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:        excerpt.Of("latch-notice-"+definition.ID+"-"+kind+"-"+workflow.GetInfo(ctx).WorkflowExecution.RunID, 990),
		TaskQueue:         definition.TaskQueue,
		ParentClosePolicy: enums.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary:     summaryOf(event, definition.ID, definition.Job.Title),
	})
	notice := protocol.Notice{Event: event, Data: data, Lineage: definition.Lineage()}
	err := workflow.ExecuteChildWorkflow(child, latch.WorkflowJobNotice, definition.Job, notice).GetChildWorkflowExecution().Get(ctx, nil)
	if err != nil {
		workflow.GetLogger(ctx).Error("nobody was told of a run that did not take place", "job", definition.ID, "event", event, "error", err)
	}
}
