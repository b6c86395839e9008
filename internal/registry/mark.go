package registry

import (
	"context"
	"time"

	"github.com/latch-run/latch/internal/runs"
)

// A mark tells states of a schedule apart. To describe a schedule, Temporal's server has a worker
// of its own ask the workflow that it runs for each. The mark is what the server knows of that
// workflow by itself, at a fraction of the cost: its run, how many events that has, and how often
// its state was written. Each change of a schedule adds to these. The zero mark tells nothing.
type mark struct {
	runID          string
	events, writes int64
}

const (
	// markWithin bounds the wait for a mark. A description may take its time, but follows in any
	// case.
	markWithin = suspicion
	// markless is for how long a shelf asks for no marks after it got none.
	markless = time.Minute
	// believed bounds how long a document is known by marks alone. A schedule that an operator
	// has moved to another way of keeping schedules may leave its workflow behind.
	believed = time.Minute
)

// mark returns the mark of a schedule, and whether it can have one now. A server may also keep
// schedules without a workflow.
func (s *Store) mark(ctx context.Context, id string) (mark, bool) {
	ctx, cancel := context.WithTimeout(ctx, markWithin)
	defer cancel()
	described, err := s.jobs.Describe(ctx, schedulerPrefix+id, "")
	info := described.GetWorkflowExecutionInfo()
	if err != nil || runs.HasClosed(info) || !isScheduler(info) {
		return mark{}, false
	}
	if described.GetPendingWorkflowTask() != nil {
		return mark{}, true // it changes at the moment
	}
	return mark{info.GetExecution().GetRunId(), info.GetHistoryLength(), info.GetStateTransitionCount()}, true
}
