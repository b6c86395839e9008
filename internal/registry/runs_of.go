package registry

import (
	"context"
	"fmt"

	workflowpb "go.temporal.io/api/workflow/v1"
	"golang.org/x/sync/errgroup"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs"
)

// A RunPart is a part of a job's runs.
type RunPart struct {
	// Runs are the one that goes on, then those that ended, the last one first.
	// They are without what their tasks returned.
	Runs []Run
	// Count is how many runs Temporal knows of the job.
	Count int64
	// NextCursor is where the next part begins; "" on the last.
	NextCursor string
}

// RunsOf returns at most limit runs of a job that Temporal has not forgotten, from
// the cursor on. It costs a call for each run that ended: what it came to stands in
// its last event. A cursor that no part before gave is a [*runs.ArgumentError].
func (s *Store) RunsOf(ctx context.Context, id, cursor string, limit int) (*RunPart, error) {
	query := jobRuns + " AND WorkflowId = " + runs.Quote(WorkflowID(id))
	found, next, err := s.jobs.Part(ctx, query, cursor, limit)
	if err != nil {
		return nil, err
	}
	part := &RunPart{Runs: make([]Run, len(found)), NextCursor: next}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	group.Go(func() (err error) {
		part.Count, err = s.jobs.Count(ctx, query)
		return err
	})
	for i, info := range found {
		group.Go(func() error {
			part.Runs[i] = runOf(info)
			return s.addListedOutcome(ctx, info, &part.Runs[i])
		})
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("runs of job %q: %w", id, err)
	}
	return part, nil
}

// addListedOutcome reads what a run of a list came to. One that cannot be read
// hides no other.
func (s *Store) addListedOutcome(ctx context.Context, info *workflowpb.WorkflowExecutionInfo, run *Run) error {
	if run.Status == latch.JobRunning {
		return nil
	}
	end, err := s.jobs.Closing(ctx, info.GetExecution())
	switch {
	case runs.IsNotFound(err): // forgotten since
		return nil
	case err != nil:
		return err
	}
	if s.readOutcome(end, run) != nil {
		run.Error = "what it came to cannot be read here"
	}
	run.KVP = nil
	return nil
}
