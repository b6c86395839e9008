package backend

import (
	"context"
	"errors"
	"net/http"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/apiclient"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/runs"
)

// Jobs lists the registered jobs.
func (a *API) Jobs(ctx context.Context, filter JobFilter) ([]Job, error) {
	found, err := a.client.Jobs(ctx, filter.Tag)
	if err != nil {
		return nil, a.failed(err, failure.Failed)
	}
	jobs := []Job{}
	for i := range found {
		if job := jobOfAPI(&found[i]); filter.takes(&job) {
			jobs = append(jobs, job)
		}
	}
	return jobs, nil
}

func jobOfAPI(job *apiclient.Job) Job {
	listed := Job{ID: string(job.ID), Name: job.Name, Title: job.Title, Type: job.Type, Tags: job.Tags, Schedule: job.Schedule.Latch(),
		NextTime: job.NextTime, Paused: job.Paused, CannotRun: job.CannotRun != nil && *job.CannotRun}
	if len(job.NextTimes) > 0 {
		listed.NextTime = job.NextTimes[0]
	}
	if run := job.Status; run != nil {
		listed.LastRun = &JobRun{RunID: run.ID, Status: run.Status(), StartedAt: run.StartedAt, CompletedAt: run.CompletedAt, Error: run.Error, KVP: run.KVP}
	}
	return listed
}

// Job returns a registered job as the API describes it.
func (a *API) Job(ctx context.Context, id string) (*JobDetails, error) {
	job, whole, err := a.client.Job(ctx, id)
	if err != nil {
		return nil, a.failed(err, failure.Failed)
	}
	return &JobDetails{Job: jobOfAPI(job), NextTimes: job.NextTimes, CreatedAt: job.CreatedAt, UpdatedAt: job.UpdatedAt, Definition: whole}, nil
}

// StartJob starts a run of a registered job.
func (a *API) StartJob(ctx context.Context, id string) (*Run, error) {
	run, err := a.client.Start(ctx, id)
	var problem *apiclient.Problem
	if errors.As(err, &problem) && problem.Status == http.StatusUnprocessableEntity {
		return nil, failure.New(failure.Refused, "%s", output.OneLine(problem.Error())) // the job is wrong, and not the call
	}
	if err != nil {
		return nil, a.failed(err, failure.Running)
	}
	return a.jobRun(id, run.ID), nil
}

// jobRun is a run of a job that is started through the API. Only its end is known.
func (a *API) jobRun(id, runID string) *Run {
	end, workflowID := newFirstEnd(), registry.WorkflowID(id)
	return &Run{WorkflowID: workflowID, RunID: runID, Wait: end.wait,
		Progress: func(ctx context.Context) (*latch.Status, []latch.Record, error) {
			run, err := a.client.LastRun(ctx, id)
			switch {
			case err != nil:
				err = a.failed(err, failure.Failed)
				end.failFor(err)
				return nil, nil, err
			case run == nil || run.ID != runID:
				end.tell(nil, failure.New(failure.Failed, "run %s of %s is not its last one any more, and the API tells of the last one alone", runID, workflowID))
			case run.ReturnCode != nil:
				end.tell(jobOutcome(id, run), nil)
			}
			return &latch.Status{ID: id, Status: latch.JobRunning}, nil, nil
		}}
}

func jobOutcome(id string, run *apiclient.Run) *runs.Outcome {
	return &runs.Outcome{WorkflowID: registry.WorkflowID(id), RunID: run.ID, Status: run.Status(), Error: run.Error,
		Result: rawjson.Encode(latch.JobResult{ID: id, Status: run.Status(), Error: run.Error,
			StartedAt: run.StartedAt, CompletedAt: run.CompletedAt, KVP: run.KVP})}
}
