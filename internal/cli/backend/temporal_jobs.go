package backend

import (
	"context"

	"github.com/latch-run/latch/internal/registry"
)

// Jobs lists the registered jobs with their last runs.
func (t *Temporal) Jobs(ctx context.Context, filter JobFilter) ([]Job, error) {
	rows, err := t.registry.List(ctx)
	if err != nil {
		return nil, err
	}
	last, err := t.registry.Runs(ctx)
	if err != nil {
		return nil, err
	}
	jobs := []Job{}
	for i := range rows {
		job := jobOf(&rows[i])
		if run, ran := last[job.ID]; ran {
			job.LastRun = jobRunOf(run)
		}
		if filter.takes(&job) {
			jobs = append(jobs, job)
		}
	}
	return jobs, nil
}

// Job returns a registered job with its last run.
func (t *Temporal) Job(ctx context.Context, id string) (*JobDetails, error) {
	entry, err := t.registry.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	run, err := t.registry.LastRun(ctx, id)
	if err != nil {
		return nil, err
	}
	details := DetailsOf(entry)
	if run != nil {
		details.LastRun = jobRunOf(*run)
	}
	return details, nil
}

// StartJob starts a run of a registered job on the job's task queue.
func (t *Temporal) StartJob(ctx context.Context, id string) (*Run, error) {
	entry, err := t.registry.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	runID, err := t.registry.Start(ctx, entry, "", nil)
	return t.started(registry.WorkflowID(id), runID, entry.TaskQueue, err)
}
