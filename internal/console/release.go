package console

import (
	"slices"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/apiclient"
	"github.com/latch-run/latch/internal/console/piece"
)

// release is the data of the page of a release.
type release struct {
	Title string
	Facts piece.Facts
	// Way pictures what has happened, what waits, and what comes next.
	Way piece.Picture
	// Targets lists the targets and where their steps stand; nil without targets.
	Targets *piece.List
	// Measured are the measurements of the newest analyses.
	Measured []piece.Measurements
	Records  []piece.Record
	// Paused are the forms for the failed steps that wait for a person.
	Paused []piece.Form
	// End is the form that stops or rolls back the release; nil if neither is
	// possible.
	End *piece.Form
}

// release shows a release: its progress, or its result.
func (v *visit) release() (*answer, error) {
	state, plan, err := v.readRelease()
	if err != nil {
		return nil, err
	}
	title := cmpTitle(state)
	targets := targetsOf(state, plan)
	data := release{Title: title, Facts: v.runFacts(latch.ReleaseKind, state), Way: wayOf(state, plan), Targets: targetList(targets),
		Records: v.runRecords(state, func(record latch.Record) bool { return observes(plan, record) })}
	data.Facts.Add("Targets", targetsFact(targets))
	data.Measured = piece.TakeMeasured(data.Records)
	if state.ClosedAt.IsZero() && v.may(api.RoleRun) {
		form := v.form("end")
		form.Buttons = []piece.Button{
			{Value: latch.MessageStop, Label: "Stop the release …", Look: piece.LookGrave, Help: stopEffect(plan)},
			{Value: latch.MessageRollback, Label: "Roll back the release …", Look: piece.LookGrave, Help: rollbackEffect(plan)}}
		data.End = &form
		data.Paused = v.pausedForms(state)
	}
	made := show(state.Status.Status+": "+title, "release", data)
	made.said = title + " is " + state.Status.Status
	return made, nil
}

func (v *visit) readRelease() (*apiclient.State, *api.ReleasePlan, error) {
	state, err := v.api.Release(v.request.Context(), v.path("id"))
	if err != nil {
		return nil, nil, err
	}
	plan := new(api.ReleasePlan)
	return state, plan, v.api.ReleasePlan(v.request.Context(), state.WorkflowID, plan)
}

func cmpTitle(state *apiclient.State) string {
	if state.Title != "" {
		return state.Title
	}
	return "Release " + state.ID
}

// stopEffect says what stopping the release would do now.
func stopEffect(plan *api.ReleasePlan) string {
	if taken := append(slices.Clone(plan.Undoes), plan.Leaves...); len(taken) > 0 {
		return "The release stops where it is, and nothing is undone. What was done stays: " + strings.Join(taken, ", ") + "."
	}
	return "The release stops where it is. No step was taken."
}

// rollbackEffect says what rolling the release back would do now.
func rollbackEffect(plan *api.ReleasePlan) string {
	text := "The release is called off. No step that could be undone was taken."
	if len(plan.Undoes) > 0 {
		text = "The release is called off. Its steps are undone, the last first: " + strings.Join(plan.Undoes, ", ") + "."
	}
	if len(plan.Leaves) > 0 {
		text += " What has no undo stays: " + strings.Join(plan.Leaves, ", ") + "."
	}
	return text
}

// stopRelease stops a release if the person confirmed its current effect.
func (v *visit) stopRelease() (*answer, error) {
	return v.endRelease(latch.MessageStop, "Stop the release?", "The release was told to stop.", stopEffect)
}

// rollbackRelease rolls a release back if the person confirmed its current
// effect.
func (v *visit) rollbackRelease() (*answer, error) {
	return v.endRelease(latch.MessageRollback, "Roll back the release?", "The release was told to roll back.", rollbackEffect)
}

// endRelease sends a message to the release if the person confirmed its current
// effect; otherwise it asks.
func (v *visit) endRelease(message, question, done string, effect func(*api.ReleasePlan) string) (*answer, error) {
	_, plan, err := v.readRelease()
	if err != nil {
		return nil, err
	}
	if v.sent.Get("confirmed") != effect(plan) {
		return v.ask(question, effect(plan), message, nil, nil)
	}
	return v.tellRun(latch.ReleaseKind, message, question, latch.Control{Reason: v.sent.Get("reason")}, done)
}
