package registry

import (
	"context"
	"time"

	"github.com/latch-run/latch/internal/runs"
)

// A mark identifies a state of a schedule. Temporal's server runs a workflow for each schedule, and
// queries it on a worker to describe the schedule. The mark costs a fraction of that, as the server
// knows it without the worker: the workflow's run, its number of events, and the number of its state
// transitions. Every change of the schedule increases them. The zero mark matches no state.
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
