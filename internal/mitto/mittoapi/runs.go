package mittoapi

import (
	"context"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/registry"
)

// A JobRun is a run of a registered job.
type JobRun struct {
	WorkflowID string `json:"workflow_id" doc:"The same for all runs of the job"`
	RunID      string `json:"run_id" doc:"The run's id in Temporal"`
	Status     string `json:"status" enum:"running,succeeded,failed,cancelled,timed_out"`
	Error      string `json:"error,omitempty" doc:"Why it did not succeed"`
	ReturnCode *int   `json:"returncode" nullable:"true" doc:"0 for a run that succeeded, the exit status of the command with which it failed, or else 1; null while it runs"`
	// CompletedAt and DurationMS are zero while the job runs.
	StartedAt   latch.Time `json:"started_at"`
	CompletedAt latch.Time `json:"completed_at,omitzero" doc:"Absent while it runs"`
	DurationMS  int64      `json:"duration_ms,omitempty" doc:"From its start to its end, in milliseconds; absent while it runs"`
}

// A JobRunPart is one page of a job's runs.
type JobRunPart struct {
	Runs       []JobRun `json:"runs" doc:"The one that goes on, then those that ended, the last one first"`
	Count      int64    `json:"count" doc:"How many runs of the job Temporal has not forgotten"`
	NextCursor string   `json:"next_cursor,omitempty" doc:"The parameter cursor of the next part; absent on the last"`
}

type runsInput struct {
	ID     string `path:"id" doc:"The job's id"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" doc:"The next_cursor of the part before"`
}

type runsOutput struct{ Body JobRunPart }

func (a *routes) listRuns(ctx context.Context, input *runsInput) (*runsOutput, error) {
	if _, err := a.registry.Get(ctx, input.ID); err != nil {
		return nil, err
	}
	part, err := a.registry.RunsOf(ctx, input.ID, input.Cursor, input.Limit)
	if err != nil {
		return nil, err
	}
	body := JobRunPart{Runs: make([]JobRun, len(part.Runs)), Count: part.Count, NextCursor: part.NextCursor}
	for i := range part.Runs {
		body.Runs[i] = showRun(input.ID, &part.Runs[i])
	}
	return &runsOutput{body}, nil
}

func showRun(job string, run *registry.Run) JobRun {
	shown := JobRun{WorkflowID: registry.WorkflowID(job), RunID: run.RunID, Status: run.Status, Error: run.Error,
		StartedAt: run.StartedAt, CompletedAt: run.CompletedAt}
	if run.Status != latch.JobRunning {
		shown.ReturnCode = statusOfRun(job, run).ReturnCode
	}
	if !run.CompletedAt.IsZero() {
		shown.DurationMS = run.CompletedAt.Sub(run.StartedAt.Time).Milliseconds()
	}
	return shown
}
