package activities

import (
	"context"
	"fmt"

	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs"
)

// EarlierJobs asks the run of a sequence for the jobs before one of its jobs, and the runs of
// the sequences around it for those before it. Workers answer, by replaying runs that have
// closed. The error is final if Temporal no longer has a run, or does not let the worker ask.
func (a *Activities) EarlierJobs(ctx context.Context, request protocol.EarlierRequest) (protocol.Siblings, error) {
	return earlierJobs(ctx, a.runsOf(ctx), request)
}

func earlierJobs(ctx context.Context, all *runs.Runs, request protocol.EarlierRequest) (protocol.Siblings, error) {
	if request.WorkflowID == "" {
		return nil, lost("no sequence has started the run, so its earlier jobs are not known")
	}
	known := protocol.Siblings{}
	for asked := &request; asked != nil; {
		var answer protocol.EarlierJobs
		err := all.Query(ctx, asked.WorkflowID, asked.RunID, protocol.QueryEarlierJobs, &answer, asked.Untold)
		if err != nil {
			return nil, unlessLost(asked, err)
		}
		if answer.Repeated {
			return nil, lost("the sequence %s has begun anew, and its earlier jobs are no longer known", asked.WorkflowID)
		}
		for id, sibling := range answer.Jobs {
			if _, nearer := known[id]; !nearer {
				known[id] = sibling
			}
		}
		asked = answer.Beyond
	}
	return known, nil
}

// unlessLost returns the error of a question about the earlier jobs of a sequence. It is final if
// these are lost.
func unlessLost(asked *protocol.EarlierRequest, err error) error {
	switch {
	case runs.IsNotFound(err):
		return lost("Temporal no longer has run %s of the sequence %s, and so not its earlier jobs", asked.RunID, asked.WorkflowID)
	case runs.IsRefused(err):
		return lost("the worker may not ask the sequence %s for its earlier jobs: %v", asked.WorkflowID, err)
	default:
		return fmt.Errorf("ask run %s of the sequence %s for its earlier jobs: %w", asked.RunID, asked.WorkflowID, err)
	}
}

// lost returns an error that no other attempt changes.
func lost(format string, args ...any) error {
	return temporal.NewNonRetryableApplicationError(fmt.Sprintf(format, args...), errorForgotten, nil)
}
