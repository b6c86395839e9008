package workflows

import (
	"strings"

	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// compensate undoes the steps taken, in reverse order, under a disconnected context. It
// outlives the run's cancellation, does not stop at an undo that fails, and names the steps
// that remain, or returns "". If its error is errContinues, the next run of the chain undoes the
// others. For an ended run it stops once a newer run of the same workflow exists.
func (r *releaseRun) compensate(ctx workflow.Context) (string, error) {
	r.event = "" // the event that decided is over
	r.enter("rolling back")
	var standing []string
	because := ""
	for at := len(r.undos) - 1; at >= 0; at-- {
		i := r.undos[at]
		step, result := &r.taken[i], &r.result.Steps[i]
		switch result.Status { // an earlier run of the chain has tried
		case latch.StepUndone:
			continue
		case latch.StepUndoFailed:
			standing = append(standing, step.Name)
			continue
		}
		if err := r.continuesAtEnd(ctx); err != nil {
			return "", err
		}
		if because == "" {
			newer, err := r.newerRun(ctx)
			if err != nil {
				return "", err
			}
			because = newer
		}
		if because != "" {
			standing = append(standing, step.Name)
			continue
		}
		r.step = step.Name
		r.enter("undoing step")
		_, err := taskRun{session: r.session, task: step.Undo, variables: r.variablesAt(i),
			summary: "Undo step " + step.Name, retry: undoRetry, awaitCancellation: true}.do(ctx)
		if err != nil {
			result.Status, result.Error = latch.StepUndoFailed, rootMessage(err)
			standing = append(standing, step.Name)
			continue
		}
		result.Status = latch.StepUndone
	}
	r.step = ""
	return strings.Join(standing, ", ") + because, nil
}

// newerRun returns why an ended release may no longer be undone, for people, or "".
func (r *releaseRun) newerRun(ctx workflow.Context) (string, error) {
	if r.of == nil || !knows(ctx, looksForNewerRuns) {
		return "", nil
	}
	var newer protocol.NewerAnswer
	err := ask(ctx, "Look for a newer run of "+r.of.ID, protocol.ActivityNewerRun,
		protocol.NewerRequest{WorkflowID: r.of.ID, RunID: r.of.RunID}, &newer)
	if err != nil || newer.RunID == "" {
		return "", err
	}
	return cameAfter(newer.RunID), nil
}

// cameAfter says that a newer run of the same workflow keeps an ended release from being undone.
func cameAfter(runID string) string {
	return ", because run " + runID + " of the same workflow came after it"
}
