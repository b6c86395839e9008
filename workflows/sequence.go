package workflows

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// sequence runs the jobs one after the other as children, starting after those that are done.
// The first failure ends it, unless that job continues on error.
func (r *jobRun) sequence(ctx workflow.Context) error {
	r.result.Jobs, r.result.Truncated = r.done.list, r.done.truncated
	for _, item := range r.job.Jobs[min(r.done.count, len(r.job.Jobs)):] {
		if err := r.continues(ctx); err != nil {
			return err
		}
		job, err := r.member(ctx, item)
		var result *latch.JobResult
		if err == nil {
			result, err = r.child(ctx, job)
		} else {
			result = &latch.JobResult{ID: job.ID, Status: latch.JobFailed, Error: err.Error(), KVP: latch.Object{}}
		}
		message := result.Error
		r.done.add(*result)
		r.result.Jobs, r.result.Truncated = r.done.list, r.done.truncated
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil && !job.Job.ContinueOnError {
			return fmt.Errorf("job %s: %s", job.ID, cmp.Or(message, rootMessage(err)))
		}
	}
	return nil
}

// member returns a job of the sequence: the job itself, or the current version of the
// registered job that is named.
func (r *jobRun) member(ctx workflow.Context, item latch.SequenceJob) (*protocol.Definition, error) {
	if item.Job != nil {
		return &protocol.Definition{ID: item.Job.ID, Job: item.Job}, nil
	}
	missing := &protocol.Definition{ID: item.Registered, Job: &latch.Job{ID: item.Registered}}
	path := append(slices.Clone(r.lineage.Ancestors), r.job.ID)
	if slices.Contains(path, item.Registered) {
		return missing, fmt.Errorf("the sequences %s contain each other", strings.Join(append(path, item.Registered), ", "))
	}
	found, err := findJob(ctx, item.Registered)
	switch {
	case err != nil:
		return missing, errors.New(rootMessage(err))
	case found.Job == nil:
		return missing, fmt.Errorf("it cannot run: %s", found.Lacks)
	default:
		return found, nil
	}
}

// child runs one job of the sequence, with webhooks of its own.
func (r *jobRun) child(ctx workflow.Context, definition *protocol.Definition) (*latch.JobResult, error) {
	job, id := definition.Job, r.execution.ID+"/"+definition.ID
	if err := checkWorkflowID(id); err != nil {
		return &latch.JobResult{ID: job.ID, Status: latch.JobFailed, Error: err.Error(), KVP: latch.Object{}}, err
	}
	ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:          id,
		TaskQueue:           definition.TaskQueue,
		WaitForCancellation: true,
		ParentClosePolicy:   enums.PARENT_CLOSE_POLICY_REQUEST_CANCEL,
		StaticSummary:       summaryOf("Job", job.ID, job.Title),
	})
	result := &latch.JobResult{ID: job.ID, KVP: latch.Object{}}
	lineage := definition.Lineage()
	lineage.Ancestors = append(slices.Clone(r.lineage.Ancestors), r.job.ID)
	err := workflow.ExecuteChildWorkflow(ctx, latch.WorkflowJobRun, job, r.argumentFor(job), lineage).Get(ctx, result)
	result.History = nil
	if err == nil {
		return result, nil
	}
	var application *temporal.ApplicationError
	var canceled *temporal.CanceledError
	switch {
	case errors.As(err, &application) && application.HasDetails() && application.Type() == latch.ErrorJobFailed:
		if application.Details(result) == nil {
			return result, err
		}
	case errors.As(err, &canceled) && canceled.HasDetails():
		if canceled.Details(result) == nil && result.Status != "" {
			return result, err
		}
		result.Status = latch.JobCancelled
	}
	if result.Status == "" {
		result.Status = latch.JobFailed
	}
	result.Error = rootMessage(err)
	return result, err
}
