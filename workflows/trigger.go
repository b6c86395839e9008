package workflows

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/protocol"
)

// Trigger is the workflow latch.Trigger. It starts the run of a registered job, unless one is
// open. A schedule passes it the job. If a service or an earlier job passes only an id, it
// looks up the job.
func Trigger(ctx workflow.Context, input converter.RawValue) (*latch.TriggerResult, error) {
	given, err := readTrigger(payloadJSON(input))
	if err != nil {
		return nil, invalidSpec(latch.Problems{{Message: err.Error()}})
	}
	if given.Holds != "" {
		return &latch.TriggerResult{Skipped: true, Reason: "this schedule holds " + given.Holds + " and runs nothing"}, nil
	}
	if given.ID == "" {
		return nil, invalidSpec(latch.Problems{{Path: "id", Message: "required: the id of a registered job"}})
	}
	job := &given.Definition
	if bringsJob(job) {
		if err := checkBringing(ctx); err != nil {
			return nil, err
		}
	} else {
		found, err := findJob(ctx, given.ID)
		if err != nil {
			return nil, err
		}
		job = found
	}
	if reason := skipsAfter(job, given); reason != "" {
		return &latch.TriggerResult{ID: given.ID, Skipped: true, Reason: reason}, nil
	}
	result, err := startRegistered(ctx, job)
	if err != nil {
		return nil, err
	}
	account(ctx, job, result)
	return result, nil
}

// bringsJob reports whether the definition was passed, and need not be looked up.
func bringsJob(definition *protocol.Definition) bool {
	return definition.Job != nil || definition.Lacks != ""
}

// versionBringing is the change since which a child may not pass a definition.
const versionBringing = "trigger-brings-no-job"

// checkBringing refuses a definition from another workflow, such as a task of a release: it
// would run in the place of the job that is registered under the id. A schedule, which passes
// one, is not a parent.
func checkBringing(ctx workflow.Context) error {
	if workflow.GetInfo(ctx).ParentWorkflowExecution == nil ||
		workflow.GetVersion(ctx, versionBringing, workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return nil
	}
	return invalidSpec(latch.Problems{{Path: "job", Message: "a workflow gives the id of a registered job alone; its schedule brings the job"}})
}

// readTrigger reads a schedule's argument, or {"id": …} from any other caller.
func readTrigger(data []byte) (protocol.Trigger, error) {
	var given protocol.Trigger
	if json.Unmarshal(data, &given) == nil {
		return given, nil
	}
	var byID struct {
		ID string `json:"id" latch:"id"`
	}
	err := latch.Unmarshal(data, &byID)
	return protocol.Trigger{Definition: protocol.Definition{ID: byID.ID}}, err
}

// findJob looks a registered job up.
func findJob(ctx workflow.Context, id string) (*protocol.Definition, error) {
	var answer protocol.ResolveAnswer
	if err := ask(ctx, "Find job "+id, protocol.ActivityResolve, protocol.ResolveRequest{ID: id}, &answer); err != nil {
		return nil, err
	}
	if answer.Definition == nil {
		return nil, invalidSpec(latch.Problems{{Path: "id", Message: fmt.Sprintf("%q names no registered job", id)}})
	}
	return answer.Definition, nil
}

// skipsAfter returns why a job must not follow the one that has ended: its definition may have
// changed since that one's run began.
func skipsAfter(job *protocol.Definition, given protocol.Trigger) string {
	switch {
	case given.After == "":
		return ""
	case job.Paused:
		return "the job is paused"
	case job.Job == nil || job.Job.Schedule == nil || job.Job.Schedule.After != given.After:
		return fmt.Sprintf("the job does not run after %s any more", given.After)
	case !job.Job.Schedule.Follows(given.After, given.Outcome):
		return fmt.Sprintf("the job runs after %s of %s, which ended in %s", job.Job.Schedule.On, given.After, cmp.Or(given.Outcome, "a way that is not known"))
	default:
		return ""
	}
}

// startRegistered starts the run and does not wait for it.
func startRegistered(ctx workflow.Context, definition *protocol.Definition) (*latch.TriggerResult, error) {
	if definition.Job == nil {
		return nil, invalidSpec(latch.Problems{{Message: fmt.Sprintf("job %q cannot run: %s", definition.ID, definition.Lacks)}})
	}
	result := &latch.TriggerResult{ID: definition.ID, WorkflowID: latch.JobKind.WorkflowID(definition.ID)}
	ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:        result.WorkflowID,
		TaskQueue:         definition.TaskQueue,
		ParentClosePolicy: enums.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary:     summaryOf("Job", definition.ID, definition.Job.Title),
	})
	var started workflow.Execution
	err := workflow.ExecuteChildWorkflow(ctx, latch.WorkflowJobRun, definition.Job, protocol.Siblings{}, definition.Lineage()).
		GetChildWorkflowExecution().Get(ctx, &started)
	var running *temporal.ChildWorkflowExecutionAlreadyStartedError
	switch {
	case errors.As(err, &running):
		result.Skipped, result.Reason = true, result.WorkflowID+" is running, and one runs at a time"
		return result, nil
	case err != nil:
		return nil, err
	}
	result.RunID = started.RunID
	return result, nil
}

// triggerFollowers starts the registered jobs that run after this one. Their outcome does not
// affect this job.
func (r *jobRun) triggerFollowers(ctx workflow.Context) {
	ctx = disconnect(ctx)
	outcome := latch.OnFailure
	if r.result.Status == latch.JobSucceeded {
		outcome = latch.OnSuccess
	}
	for _, follower := range r.lineage.Followers {
		child := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
			WorkflowID:            excerpt.Of("latch-trigger-"+follower+"-after-"+r.endedRunID(), 990),
			WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
			ParentClosePolicy:     enums.PARENT_CLOSE_POLICY_ABANDON,
			StaticSummary:         summaryOf("Trigger job", follower, "after "+r.job.ID),
		})
		trigger := protocol.Trigger{Definition: protocol.Definition{ID: follower}, After: r.job.ID, Outcome: outcome}
		err := workflow.ExecuteChildWorkflow(child, latch.WorkflowTrigger, trigger).GetChildWorkflowExecution().Get(ctx, nil)
		if err != nil {
			workflow.GetLogger(ctx).Error("a job that runs after this one was not triggered", "job", follower, "error", err)
		}
	}
}
