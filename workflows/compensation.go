package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
)

// compensate undoes the steps taken, in reverse order, under a disconnected context. It
// outlives the run's cancellation, does not stop at an undo that fails, and names the steps
// that remain. If its error is errContinues, the next run of the chain undoes the others.
func (r *releaseRun) compensate(ctx workflow.Context) ([]string, error) {
	r.event = "" // the event that decided is over
	r.enter("rolling back")
	var standing []string
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
			return nil, err
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
	return standing, nil
}
