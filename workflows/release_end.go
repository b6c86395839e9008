package workflows

import (
	"fmt"
	"slices"
	"strings"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
)

// failed returns the ending for a failed step. The release's policy says whether it is rolled
// back. A gate or a person may only ask for more, except that a person may stop it.
func (r *releaseRun) failed(step, message string, gate *ending) *ending {
	end := &ending{status: latch.ReleaseFailed, rollBack: r.release.OnFailure != latch.Stop,
		reason: fmt.Sprintf("step %s failed: %s", step, message)}
	if gate != nil {
		end.by = gate.by
		end.rollBack = end.rollBack || gate.rollBack
		if r.control != nil {
			end.rollBack = gate.rollBack
		}
	}
	return end
}

func (r *releaseRun) cancelled() *ending {
	return &ending{status: latch.ReleaseCancelled, rollBack: r.release.OnCancel != latch.Stop, reason: "the run was cancelled"}
}

// controlled returns the ending that a person requested.
func (r *releaseRun) controlled(event string) *ending {
	r.control.taken = true
	by := r.control.by(event)
	end := &ending{status: latch.ReleaseStopped, reason: r.control.describe(), by: &by}
	if r.control.decision == latch.Rollback {
		end.status, end.rollBack = latch.ReleaseRolledBack, true
	}
	return end
}

// finish undoes what is to be undone and fires the events of the release's end.
func (r *releaseRun) finish(ctx workflow.Context, end *ending) error {
	r.settled = true
	r.step = ""
	r.skipSteps()
	standing := ""
	if end.rollBack {
		var err error
		if standing, err = r.compensate(disconnect(ctx)); err != nil {
			return err
		}
	}
	if err := r.continuesAtEnd(ctx); err != nil {
		return err
	}
	r.result.Status, r.result.Reason, r.result.DecidedBy = end.status, end.reason, end.by
	if standing != "" && end.status != latch.ReleaseCancelled {
		r.result.Status = latch.ReleaseFailed
	}
	if standing != "" {
		r.result.Reason = strings.TrimPrefix(end.reason+"; not undone: "+standing, "; ")
	}
	if err := r.tagStatus(); err != nil {
		return err
	}
	for _, event := range []string{latch.EventReleaseComplete, r.outcomeEvent(end)} {
		if r.hasFired(event) {
			continue
		}
		if _, err := r.fire(ctx, occasion{event: event}, r.webhooks); err != nil {
			return err
		}
	}
	return nil
}

// skipSteps marks the steps that the release did not reach as skipped.
func (r *releaseRun) skipSteps() {
	for i := range r.result.Steps {
		if r.result.Steps[i].Status == latch.StepPending {
			r.result.Steps[i].Status = latch.StepSkipped
		}
	}
}

// outcomeEvent returns the event of the outcome.
func (r *releaseRun) outcomeEvent(end *ending) string {
	switch r.result.Status {
	case latch.ReleaseReleased:
		return latch.EventReleaseSuccess
	case latch.ReleaseStopped:
		return latch.EventReleaseStopped
	case latch.ReleaseRolledBack:
		return latch.EventReleaseRolledBack
	case latch.ReleaseFailed:
		return latch.EventReleaseFailure
	}
	switch { // a cancelled release fires the event for the state of its steps
	case r.undoFailed():
		return latch.EventReleaseFailure
	case end.rollBack:
		return latch.EventReleaseRolledBack
	default:
		return latch.EventReleaseStopped
	}
}

func (r *releaseRun) undoFailed() bool {
	for _, step := range r.result.Steps {
		if step.Status == latch.StepUndoFailed {
			return true
		}
	}
	return false
}

// end closes the run with its result.
func (r *releaseRun) end(ctx workflow.Context) (*latch.ReleaseResult, error) {
	r.leaveEvidence(ctx)
	if err := r.close(ctx); err != nil {
		return nil, err
	}
	result := r.result
	switch {
	case result.Status == latch.ReleaseCancelled:
		return nil, temporal.NewCanceledError(result)
	case result.Status == latch.ReleaseFailed, slices.Contains(r.release.FailOn, result.Status):
		return nil, r.failure(result)
	}
	result.History = r.history.all()
	return &result, nil
}

// failure returns the error of a release that failed, or whose fail_on names its outcome.
func (r *releaseRun) failure(result latch.ReleaseResult) error {
	kind, how := latch.ErrorReleaseFailed, "failed"
	switch {
	case result.Status == latch.ReleaseStopped:
		kind, how = latch.ErrorReleaseStopped, "was stopped"
	case result.Status == latch.ReleaseRolledBack:
		kind, how = latch.ErrorReleaseRolledBack, "was rolled back"
	case r.undoFailed():
		kind = latch.ErrorRollbackIncomplete
	}
	return temporal.NewApplicationErrorWithOptions(fmt.Sprintf("release %s %s: %s", result.ID, how, result.Reason),
		kind, temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{result}})
}
