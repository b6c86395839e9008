package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/deliveries"
)

const (
	// followEvery is how often a queue is asked how far it has come.
	followEvery = time.Second
	// followPatience is for how long it need not answer: its worker may be busy, or be replaced.
	followPatience = 5 * time.Minute
)

// follows reports whether the command waits until all is sent.
func (c *keptCall) follows(out *output.Printer) bool {
	return c.wait || out.Interactive && out.Terminal
}

// followQueues shows the progress of the workflows that send what was skipped, until each
// has ended. They continue if the command is interrupted or cannot ask. The error says so, or
// is silent if one of them ended and left something unsent.
func followQueues(ctx context.Context, log backend.Deliveries, out *output.Printer, bulk *deliveries.BulkRedelivery) error {
	progress := out.Progress()
	defer progress.End()
	var unsent error
	for _, workflowID := range queuesOf(bulk) {
		for answered := time.Now(); ; {
			state, err := log.Queue(ctx, workflowID)
			if failure.IsInterrupted(ctx) {
				progress.End()
				out.Notef("%s goes on sending.", output.Printable(workflowID))
				return ctx.Err()
			}
			if err != nil && failure.Explain(err).Kind == failure.Unreachable && time.Since(answered) < followPatience {
				progress.Show("%s does not answer yet", output.Printable(workflowID))
				pause(ctx, followEvery)
				continue
			}
			if err != nil {
				return fmt.Errorf("ask how far %s is, which goes on: %w", workflowID, err)
			}
			if state.Status != latch.ReleaseRunning {
				progress.End()
				sayQueue(out, state)
				if state.Left > 0 || state.Lost > 0 {
					unsent = failure.Silent(failure.ExitFailed)
				}
				break
			}
			answered = time.Now()
			progress.Show("%s: %d settled, %d to come", output.Printable(workflowID), state.Done, state.Left)
			pause(ctx, followEvery)
		}
	}
	return unsent
}

// queuesOf returns the workflows that were started, or were sending already.
func queuesOf(bulk *deliveries.BulkRedelivery) []string {
	var ids []string
	for i := range bulk.Deliveries {
		each := &bulk.Deliveries[i]
		if (each.Outcome == deliveries.OutcomeStarted || each.Reason == deliveries.ReasonUnderWay) && each.WorkflowID != "" {
			ids = append(ids, each.WorkflowID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// sayQueue says how a queue has ended.
func sayQueue(out *output.Printer, state *deliveries.QueueState) {
	id := output.Printable(state.WorkflowID)
	switch {
	case state.Kept:
		out.Warnf("%s: %d are settled, and the endpoint is disabled; %d stay skipped.", id, state.Done, state.Left)
	case state.Left > 0:
		out.Warnf("%s has ended with %d settled; %d stay skipped.", id, state.Done, state.Left)
	default:
		out.Notef("%s: %d are settled.", id, state.Done)
	}
	if state.Lost > 0 {
		out.Warnf("%d of them could not be sent; the worker's log says why.", state.Lost)
	}
}

func pause(ctx context.Context, wait time.Duration) {
	select {
	case <-time.After(wait):
	case <-ctx.Done():
	}
}
