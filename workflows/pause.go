package workflows

import (
	"fmt"
	"slices"
	"strings"

	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/verdict"
)

// A pausing subject has steps that wait for a person after they have failed.
type pausing interface {
	paused() []latch.PausedStep
	turnStatus() *latch.TurnStatus
	checkRetry(data []byte, from sender) error
	retry(ctx workflow.Context, data []byte, from sender) (any, error)
	// mayChoose refuses a choice about a step that does not wait for one.
	mayChoose(choice, step string) (int, error)
	// choose carries out a choice.
	choose(step int, choice latch.StepChoice)
}

// work does a step's work. If the release pauses at a failure, it repeats the work as often as
// a person requests it. Its error is errContinues, or that of the memo.
func (r *releaseRun) work(ctx workflow.Context, i int) error {
	result := &r.result.Steps[i]
	for {
		if result.Status == latch.StepPending { // otherwise an earlier run of the chain did it
			r.do(ctx, i)
			if result.Status == latch.StepFailed && ctx.Err() == nil {
				if err := r.fireStepFailed(ctx, i); err != nil {
					return err
				}
			}
		}
		if result.Status != latch.StepFailed || r.release.OnFailure != latch.Pause || r.isOver(ctx) {
			return nil
		}
		if err := r.awaitChoice(ctx, i); err != nil || result.Status == latch.StepFailed {
			return err
		}
	}
}

// fireStepFailed fires STEP_FAILED, which decides nothing.
func (r *releaseRun) fireStepFailed(ctx workflow.Context, i int) error {
	listens := func(w protocol.AttachedWebhook) bool { _, is := w.On(latch.EventStepFailed); return is }
	if !slices.ContainsFunc(r.webhooks, listens) || !knows(ctx, stepFailed) {
		return nil
	}
	_, err := r.fire(ctx, occasion{event: latch.EventStepFailed, step: r.at(i).step, target: r.at(i).target, scope: verdict.Tells}, r.webhooks)
	return err
}

// awaitChoice waits until a person has chosen what happens to a failed step, or the run is
// stopped, rolled back or cancelled, which leaves the step failed. Its error is errContinues, or
// that of the memo.
func (r *releaseRun) awaitChoice(ctx workflow.Context, i int) error {
	if !slices.ContainsFunc(r.pauses, func(p protocol.PauseState) bool { return p.Step == i }) {
		r.pauses = append(r.pauses, protocol.PauseState{Step: i, Since: r.now()})
	}
	r.step = r.result.Steps[i].Name
	r.enter("paused at failed step")
	if err := r.showPauses(ctx); err != nil {
		return err
	}
	chosen := func() bool {
		return r.result.Steps[i].Status != latch.StepFailed || r.control.pending() || r.halting != nil
	}
	for !chosen() {
		if !r.link.beside {
			if err := r.continues(ctx); err != nil {
				return err
			}
		}
		if err := workflow.Await(ctx, func() bool { return chosen() || !r.link.beside && r.mayLeave(ctx) }); err != nil {
			break // the run was cancelled
		}
	}
	r.pauses = slices.DeleteFunc(r.pauses, func(p protocol.PauseState) bool { return p.Step == i })
	return r.showPauses(ctx)
}

// showPauses writes the failed steps that wait for a person to the run's memo, so that they can
// be listed across runs.
func (r *releaseRun) showPauses(ctx workflow.Context) error {
	paused, shown := r.paused(), ""
	for i := range paused {
		paused[i].Error = excerpt.Of(paused[i].Error, maximumChoiceError)
	}
	if len(paused) > 0 {
		shown = string(rawjson.Encode(paused))
	}
	if shown == r.shownPauses || !knows(ctx, showsPauses) {
		return nil
	}
	r.shownPauses = shown
	if err := workflow.UpsertMemo(r.detached, map[string]any{latch.MemoPaused: paused}); err != nil {
		return fmt.Errorf("memo %s: %w", latch.MemoPaused, err)
	}
	return r.tagWaiting()
}

// paused returns the failed steps that wait for a person.
func (r *releaseRun) paused() []latch.PausedStep {
	var paused []latch.PausedStep
	for _, pause := range r.pauses {
		if result := r.result.Steps[pause.Step]; result.Status == latch.StepFailed {
			paused = append(paused, latch.PausedStep{Release: r.release.ID, Title: r.release.Title,
				Step: result.Name, Error: result.Error, Since: pause.Since})
		}
	}
	return paused
}

// mayChoose returns the index of the failed step that a choice is about: the one with that
// name, or the only one that waits.
func (r *releaseRun) mayChoose(choice, step string) (int, error) {
	paused := r.paused()
	var names []string
	for _, each := range paused {
		names = append(names, each.Step)
	}
	known := slices.IndexFunc(r.result.Steps, func(s latch.StepResult) bool { return s.Name == step })
	switch {
	case step != "" && known < 0:
		return 0, refusal(latch.ErrorInvalidArgument, "step: the release has no step %q", step)
	case len(paused) == 0 && r.release.OnFailure != latch.Pause:
		return 0, refusal(latch.ErrorTooLate, "%s: no failed step waits, since on_failure of release %s is not %q",
			choice, r.release.ID, latch.Pause)
	case len(paused) == 0 || r.control.pending():
		return 0, refusal(latch.ErrorTooLate, "%s: no failed step of release %s waits", choice, r.release.ID)
	case step == "" && len(paused) > 1:
		return 0, refusal(latch.ErrorInvalidArgument, "step: required, since several failed steps wait: %s", strings.Join(names, ", "))
	case step != "" && !slices.Contains(names, step):
		return 0, refusal(latch.ErrorTooLate, "%s: step %q is %s; these wait: %s", choice, step,
			r.result.Steps[known].Status, strings.Join(names, ", "))
	case step == "":
		step = names[0]
	}
	return slices.IndexFunc(r.result.Steps, func(s latch.StepResult) bool { return s.Name == step }), nil
}

// maximumChoiceError bounds the error that a choice and the memo keep, in bytes.
const maximumChoiceError = 1 << 10

func (r *releaseRun) choose(step int, choice latch.StepChoice) {
	result := &r.result.Steps[step]
	choice.At, choice.Error = r.now(), excerpt.Of(result.Error, maximumChoiceError)
	result.Choices = append(result.Choices, choice)
	if over := len(result.Choices) - latch.MaximumChoices; over > 0 {
		result.Choices = result.Choices[over:]
	}
	result.Status = latch.StepSkipped
	if choice.Choice == latch.MessageRetry {
		result.Status = latch.StepPending
		result.Attempts = max(result.Attempts, 1) + 1
	}
	r.show()
}

func (r *releaseRun) decodeRetry(data []byte) (latch.StepRetry, int, error) {
	var given latch.StepRetry
	if err := given.Decode(data); err != nil {
		return given, 0, invalidArgument(err)
	}
	step, err := r.mayChoose(latch.MessageRetry, given.Step)
	return given, step, err
}

func (r *releaseRun) checkRetry(data []byte, _ sender) error {
	_, _, err := r.decodeRetry(data)
	return err
}

// retry retries a failed step, and answers with the status.
func (r *releaseRun) retry(_ workflow.Context, data []byte, from sender) (any, error) {
	given, step, err := r.decodeRetry(data)
	if err != nil {
		return nil, err
	}
	r.choose(step, latch.StepChoice{Choice: latch.MessageRetry, By: given.By, IdentifiedBy: from.knows(given.By), Reason: given.Reason})
	return r.snapshot(), nil
}

// stepToSkip returns the message if it is about a failed step.
func stepToSkip(data []byte) (latch.Skip, bool) {
	var skip latch.Skip
	if err := skip.Decode(data); err != nil {
		return skip, false
	}
	return skip, skip.OfStep()
}

func (s *session) checkSkipStep(skip latch.Skip) error {
	_, _, err := s.stepChosen(skip)
	return err
}

func (s *session) stepChosen(skip latch.Skip) (pausing, int, error) {
	release, is := s.subject.(pausing)
	if !is {
		return nil, 0, refusal(latch.ErrorInvalidArgument, "lock: required: only a release has steps to skip")
	}
	step, err := release.mayChoose(latch.MessageSkip, skip.Step)
	return release, step, err
}

// skipStep makes the release continue without a failed step, and answers with the status.
func (s *session) skipStep(skip latch.Skip, from sender) (any, error) {
	release, step, err := s.stepChosen(skip)
	if err != nil {
		return nil, err
	}
	release.choose(step, latch.StepChoice{Choice: latch.MessageSkip, By: skip.By, IdentifiedBy: from.knows(skip.By), Reason: skip.Reason})
	return s.snapshot(), nil
}
