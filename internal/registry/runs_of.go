package registry

import (
	"context"
	"fmt"

	workflowpb "go.temporal.io/api/workflow/v1"
	"golang.org/x/sync/errgroup"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs"
)

// A RunPart is one page of a job's runs.
type RunPart struct {
	// Runs lists the running run first, then those that ended, the most recent
	// first. Their KVP is empty.
	Runs []Run
	// Count is the number of the job's runs that Temporal keeps.
	Count int64
	// NextCursor begins the next page; "" on the last.
	NextCursor string
}

// RunsOf returns at most limit runs of a job that Temporal keeps, from the
// cursor on. It makes a call for each run that ended, because the outcome is in
// its last event. An invalid cursor is a [*runs.ArgumentError].
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

// addListedOutcome reads the outcome of a listed run. If one cannot be read,
// the others are still listed.
func (s *Store) addListedOutcome(ctx context.Context, info *workflowpb.WorkflowExecutionInfo, run *Run) error {
	if run.Status == latch.JobRunning {
		return nil
	}
	end, err := s.jobs.Closing(ctx, info.GetExecution())
	switch {
	case runs.IsNotFound(err): // deleted meanwhile
		return nil
	case err != nil:
		return err
	}
	if s.readOutcome(end, run) != nil {
		run.Error = "its outcome cannot be read here"
	}
	run.KVP = nil
	return nil
}
