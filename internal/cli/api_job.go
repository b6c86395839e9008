package cli

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/apiclient"
	"github.com/latch-run/latch/internal/registry"
)

// apiJobs lists the registered jobs by the API.
func (a *app) apiJobs(ctx context.Context, wanted jobFilter) ([]listedJob, error) {
	found, err := a.api.Jobs(ctx, wanted.tag)
	if err != nil {
		return nil, a.apiFailure(err, kindFailed)
	}
	jobs := []listedJob{}
	for i := range found {
		if job := apiListed(&found[i]); wanted.takes(&job) {
			jobs = append(jobs, job)
		}
	}
	return jobs, nil
}

func apiListed(job *apiclient.Job) listedJob {
	listed := listedJob{ID: string(job.ID), Name: job.Name, Title: job.Title, Type: job.Type, Tags: job.Tags, Schedule: job.Schedule.Latch(),
		NextTime: job.NextTime, Paused: job.Paused, CannotRun: job.CannotRun != nil && *job.CannotRun}
	if len(job.NextTimes) > 0 {
		listed.NextTime = job.NextTimes[0]
	}
	if job.Status != nil {
		listed.LastRun = apiRun(job.Status)
	}
	return listed
}

func apiRun(run *apiclient.Run) *jobRun {
	return &jobRun{RunID: run.ID, Status: run.Status(), StartedAt: run.StartedAt, CompletedAt: run.CompletedAt, Error: run.Error, KVP: run.KVP}
}

// apiShowJob shows a job as the API has it.
func (a *app) apiShowJob(ctx context.Context, id string) error {
	job, whole, err := a.api.Job(ctx, id)
	if err != nil {
		return a.apiFailure(err, kindFailed)
	}
	a.printShown(&shownJob{listedJob: apiListed(job), NextTimes: job.NextTimes, CreatedAt: job.CreatedAt, UpdatedAt: job.UpdatedAt, Job: whole})
	return nil
}

// apiStartJob starts a registered job by the API.
func (a *app) apiStartJob(ctx context.Context, id string, watch bool) error {
	run, err := a.api.Start(ctx, id)
	var problem *apiclient.Problem
	if errors.As(err, &problem) && problem.Status == http.StatusUnprocessableEntity {
		return newFailure(exitFailed, kindRefused, "%s", oneLine(problem.Error())) // the job, and not the call, is wrong
	}
	if err != nil {
		return a.apiFailure(err, kindRunning)
	}
	if watch {
		return a.follow(ctx, a.apiJobRun(id, run.ID))
	}
	a.printStarted(registry.WorkflowID(id), run.ID, "")
	return nil
}

// apiStopJob cancels the run of a registered job by the API.
func (a *app) apiStopJob(ctx context.Context, id string, argument any) error {
	if control, is := argument.(latch.Control); is && control.Reason != "" {
		a.warn("the API takes no reason for stopping a job: it is not recorded")
	}
	run, err := a.api.Stop(ctx, id)
	if err != nil {
		return a.apiFailure(err, latch.ErrorTooLate)
	}
	a.printAnswer(registry.WorkflowID(id), latch.MessageStop, run)
	return nil
}

// apiJobRun is a run of a job that the API is asked about. It tells of its end
// alone.
func (a *app) apiJobRun(id, runID string) watched {
	ended, workflowID := newEnd(), registry.WorkflowID(id)
	return watched{workflowID: workflowID, runID: runID, end: ended.wait,
		ask: func(ctx context.Context) (*latch.Status, []latch.Record, error) {
			run, err := a.api.LastRun(ctx, id)
			switch {
			case err != nil:
				err = a.apiFailure(err, kindFailed)
				ended.failFor(err)
				return nil, nil, err
			case run == nil || run.ID != runID:
				ended.tell(outcome{}, newFailure(exitFailed, kindFailed, "run %s of %s is not its last one any more, and the API tells of the last one alone", runID, workflowID))
			case run.ReturnCode != nil:
				ended.tell(jobOutcome(id, run))
			}
			return &latch.Status{ID: id, Status: latch.JobRunning}, nil, nil
		}}
}

func jobOutcome(id string, run *apiclient.Run) (outcome, error) {
	result, err := json.Marshal(latch.JobResult{ID: id, Status: run.Status(), Error: run.Error,
		StartedAt: run.StartedAt, CompletedAt: run.CompletedAt, KVP: run.KVP})
	return outcome{WorkflowID: registry.WorkflowID(id), RunID: run.ID, Status: run.Status(), Error: run.Error, Result: result}, err
}
