package console

import (
	"fmt"
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
	data := release{Title: title, Facts: v.releaseFacts(state), Way: wayOf(state, plan), Targets: targetList(targets)}
	data.Facts.Add("Targets", targetsFact(targets))
	open := state.ClosedAt.IsZero()
	for i := range state.History {
		data.Records = append(data.Records, v.releaseRecord(i, state.History[i], plan, open))
	}
	data.Measured = piece.TakeMeasured(data.Records)
	if open && v.may(api.RoleRun) {
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

func (v *visit) readRelease() (*apiclient.Release, *api.ReleasePlan, error) {
	state, err := v.api.Release(v.request.Context(), v.path("id"))
	if err != nil {
		return nil, nil, err
	}
	plan := new(api.ReleasePlan)
	return state, plan, v.api.ReleasePlan(v.request.Context(), state.WorkflowID, plan)
}

func cmpTitle(state *apiclient.Release) string {
	if state.Title != "" {
		return state.Title
	}
	return "Release " + state.ID
}

func (v *visit) releaseFacts(state *apiclient.Release) piece.Facts {
	var facts piece.Facts
	facts.Add("Release", piece.Text(state.ID))
	facts.Add("Status", piece.Status(state.Status.Status))
	facts.Add("Now", piece.Text(strings.TrimSpace(state.Phase+" "+state.Event+" "+state.Step)))
	facts.Add("Why", piece.Text(state.Reason))
	if by := state.DecidedBy; by != nil {
		facts.Add("Decided by", piece.Text(strings.TrimSpace(strings.Join([]string{by.Person(), by.Webhook, by.Event}, " "))))
	}
	if turn := state.Turn; turn != nil && turn.HeldBy != nil {
		facts.Add("Waits for its turn", piece.Link(turn.HeldBy.WorkflowID, v.link(releasePath(turn.HeldBy.WorkflowID))).
			With(fmt.Sprintf("has the key %s; %d wait before this one", turn.Key, turn.Ahead)))
	}
	for _, lock := range state.Locks {
		cell := piece.Link(lock.Webhook, v.link("/locks/"+segment(lock.Token))).WithTime("at "+lock.Event+", since", lock.Since)
		facts.Add("Waits for", cell)
	}
	for _, paused := range state.Paused {
		facts.Add("Paused", piece.Text("step "+paused.Step+" has failed: "+paused.Error).WithTime("since", paused.Since))
	}
	facts.Add("Began", piece.When(state.StartedAt))
	facts.Add("Ended", piece.When(state.ClosedAt))
	if !state.ClosedAt.IsZero() {
		facts.Add("Evidence", v.evidenceLink(state.WorkflowID))
	}
	facts.Add("Run", piece.Link(state.WorkflowID, v.runURL(state.WorkflowID, state.RunID)))
	for _, refused := range state.Rejected {
		facts.Add("Refused signal", piece.Text(refused.Name+": "+refused.Error))
	}
	return facts
}

// releaseRecord shows a record. While its hook is undecided, a form can skip
// it, unless it is the lock of a freeze, or decides nothing.
func (v *visit) releaseRecord(at int, record latch.Record, plan *api.ReleasePlan, open bool) piece.Record {
	shown := piece.RecordOf(fmt.Sprint("record-", at), record)
	if record.WouldDecide == "" && observes(plan, record) {
		shown.Facts.Add("Would decide", piece.Text(piece.NotActedOn))
		return shown
	}
	if !open || latch.IsFreezeLock(record.Webhook) || record.Decision != "" || record.Result != latch.ResultPending || !v.may(api.RoleRun) {
		return shown
	}
	form := v.form(fmt.Sprint("skip-", at))
	form.Hidden = hookFields(record.Webhook, record.Event, record.Step)
	form.Buttons = []piece.Button{{Value: latch.MessageSkip, Label: "Skip this hook …", Help: "It is taken out of the decision; the others decide."}}
	shown.Forms = append(shown.Forms, form)
	return shown
}

func hookFields(webhook, event, step string) []piece.Hidden {
	return []piece.Hidden{{Name: "webhook", Value: webhook}, {Name: "event", Value: event}, {Name: "step", Value: step}}
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
	return v.tellRelease(message, question, latch.Control{Reason: v.sent.Get("reason")}, done)
}

// skipHook takes a hook out of the decision, once the person has confirmed
// that.
func (v *visit) skipHook() (*answer, error) {
	hook := latch.Skip{Webhook: v.sent.Get("webhook"), Event: v.sent.Get("event"), Step: v.sent.Get("step"), Reason: v.sent.Get("reason")}
	promise := fmt.Sprintf("%s at %s is taken out of the decision; the others decide. An enforced one takes the role admin.", hook.Webhook, hook.Event)
	if v.sent.Get("confirmed") != promise || strings.TrimSpace(hook.Reason) == "" {
		return v.ask("Skip the hook?", promise, latch.MessageSkip, hookFields(hook.Webhook, hook.Event, hook.Step), nil)
	}
	return v.tellRelease(latch.MessageSkip, "Skip the hook?", hook, "The hook was skipped.")
}

// tellRelease sends a message and goes back to the release. If the API refuses,
// it asks again, with the reason and what was typed.
func (v *visit) tellRelease(message, question string, argument any, done string) (*answer, error) {
	if _, err := v.api.TellRelease(v.request.Context(), v.path("id"), message, argument); err != nil {
		hook := hookFields(v.sent.Get("webhook"), v.sent.Get("event"), v.sent.Get("step"))
		action := message
		if about, is := argument.(latch.Skip); is && about.OfStep() {
			action = skipStepAction
		}
		return v.ask(question, v.sent.Get("confirmed"), action, hook, err)
	}
	return v.goTo(v.link(releasePath(v.path("id"))), done), nil
}

// ask shows a confirmation. refused is the API's refusal of the previous one;
// ask returns it if it is not about what was sent.
func (v *visit) ask(question, promise, message string, more []piece.Hidden, refused error) (*answer, error) {
	form := v.form("confirm", piece.Group{Fields: []piece.Field{{Name: "reason", Label: "Reason, for the record", Kind: piece.KindLines, Rows: 2,
		Limit: 4000, Value: v.sent.Get("reason"), Required: message == latch.MessageSkip || message == skipStepAction}}})
	form.Hidden = append(more, piece.Hidden{Name: "confirmed", Value: promise})
	form.Buttons = []piece.Button{{Value: message, Label: "Yes: " + strings.ToLower(question[:1]) + strings.TrimSuffix(question[1:], "?"), Look: piece.LookGrave}}
	made := show(question, "confirm", nil)
	if refused != nil {
		status, other := v.refuse(&form, refused)
		if other != nil {
			return nil, other
		}
		made.status = status
	}
	made.data = piece.Confirmation{Title: question, Effect: promise, Form: form, Back: v.link(releasePath(v.path("id")))}
	return made, nil
}
