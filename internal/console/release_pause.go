package console

import (
	"fmt"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/apiclient"
	"github.com/latch-run/latch/internal/console/piece"
)

// skipStepAction is the action that has a release go on without a failed step.
const skipStepAction = "skip-step"

// pausedForms returns a form for each failed step that waits for a person.
func (v *visit) pausedForms(state *apiclient.State) []piece.Form {
	var forms []piece.Form
	for i, paused := range state.Paused {
		form := v.form(fmt.Sprint("paused-", i))
		form.Hidden = hookFields("", "", paused.Step)
		form.Buttons = []piece.Button{
			{Value: latch.MessageRetry, Label: "Retry step " + paused.Step + " …", Look: piece.LookFirst, Help: retryEffect(paused.Step)},
			{Value: skipStepAction, Label: "Skip step " + paused.Step + " …", Help: skipEffect(paused.Step)}}
		forms = append(forms, form)
	}
	return forms
}

func retryEffect(step string) string { return "Step " + step + " is taken again." }

func skipEffect(step string) string {
	return "The release goes on without step " + step + ". A rollback later still undoes it."
}

// retryStep has a failed step taken again, once the person has confirmed that.
func (v *visit) retryStep() (*answer, error) {
	step := v.sent.Get("step")
	if v.sent.Get("confirmed") != retryEffect(step) {
		return v.ask("Retry the step?", retryEffect(step), latch.MessageRetry, hookFields("", "", step), nil)
	}
	return v.tellRun(latch.ReleaseKind, latch.MessageRetry, "Retry the step?",
		latch.StepRetry{Step: step, Reason: v.sent.Get("reason")}, "The step is taken again.")
}

// skipStep has the release go on without a failed step, once the person has confirmed
// that and said why.
func (v *visit) skipStep() (*answer, error) {
	skip := latch.Skip{Step: v.sent.Get("step"), Reason: v.sent.Get("reason")}
	if v.sent.Get("confirmed") != skipEffect(skip.Step) || strings.TrimSpace(skip.Reason) == "" {
		return v.ask("Skip the step?", skipEffect(skip.Step), skipStepAction, hookFields("", "", skip.Step), nil)
	}
	return v.tellRun(latch.ReleaseKind, latch.MessageSkip, "Skip the step?", skip, "The step was skipped.")
}
