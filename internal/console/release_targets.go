package console

import (
	"fmt"
	"slices"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/apiclient"
	"github.com/latch-run/latch/internal/console/piece"
	"github.com/latch-run/latch/internal/counted"
)

// States of a target.
const (
	targetLater   = "later"
	targetNow     = "under way"
	targetWaits   = "waits"
	targetDone    = "done"
	targetFailed  = "failed"
	targetUndone  = "undone"
	targetSkipped = "skipped"
	targetPartly  = "ended half way"
)

// A target is one target of a release, with its steps and where it stands.
type target struct {
	name  string
	steps []api.PlannedStep
	state string
}

// targetsOf returns the targets of a release, in their order. A release without targets has a
// single one without a name.
func targetsOf(state *apiclient.State, plan *api.ReleasePlan) []target {
	var targets []target
	for _, step := range plan.Steps {
		if n := len(targets); n == 0 || targets[n-1].name != step.Target {
			targets = append(targets, target{name: step.Target})
		}
		last := &targets[len(targets)-1]
		last.steps = append(last.steps, step)
	}
	for i := range targets {
		targets[i].state = targets[i].stateIn(state)
	}
	return targets
}

// stateIn returns where the target stands in the release.
func (t *target) stateIn(release *apiclient.State) string {
	open := release.ClosedAt.IsZero()
	waits := slices.ContainsFunc(release.Locks, func(l latch.OpenLock) bool { return t.has(l.Step) }) ||
		slices.ContainsFunc(release.Paused, func(p latch.PausedStep) bool { return t.has(p.Step) })
	has := func(statuses ...string) bool {
		return slices.ContainsFunc(t.steps, func(s api.PlannedStep) bool { return slices.Contains(statuses, s.Status) })
	}
	switch {
	case open && waits:
		return targetWaits
	case has(latch.StepFailed, latch.StepUndoFailed):
		return targetFailed
	case !has(latch.StepDone, latch.StepRunning, latch.StepUndone, latch.StepSkipped):
		return targetLater
	case !has(latch.StepDone, latch.StepRunning, latch.StepUndone, latch.StepPending):
		return targetSkipped
	case has(latch.StepUndone) && !has(latch.StepDone, latch.StepRunning):
		return targetUndone
	case !has(latch.StepPending, latch.StepRunning, latch.StepUndone) && (open || !has(latch.StepSkipped)):
		return targetDone
	case open:
		return targetNow
	default:
		return targetPartly
	}
}

// has reports whether a step, or the name at the target's own events, is of this target.
func (t *target) has(step string) bool {
	return t.name != "" && (step == t.name || strings.HasPrefix(step, t.name+"/"))
}

// isOpen reports whether the steps of the target are worth showing one by one.
func (t *target) isOpen() bool {
	return slices.Contains([]string{targetNow, targetWaits, targetFailed, targetPartly}, t.state)
}

// done returns how many of the target's steps are done, in words.
func (t *target) done() string {
	done := 0
	for _, step := range t.steps {
		if step.Status == latch.StepDone {
			done++
		}
	}
	return fmt.Sprintf("%d of %s done", done, counted.Of(len(t.steps), "step", "steps"))
}

// short returns the name of a step within its target.
func short(step api.PlannedStep) string {
	if step.Target == "" {
		return step.Name
	}
	return strings.TrimPrefix(step.Name, step.Target+"/")
}

// tone returns the color of the target's state.
func (t *target) tone() string {
	return map[string]string{targetDone: "good", targetFailed: "bad", targetWaits: "wait"}[t.state]
}

// look returns how the target is drawn.
func (t *target) look() string {
	switch t.state {
	case targetLater, targetSkipped:
		return piece.LookLater
	case targetNow, targetWaits:
		return piece.LookNow
	default:
		return piece.LookDone
	}
}

// targetsFact says how many targets stand where; empty for a release without targets.
func targetsFact(targets []target) piece.Cell {
	if len(targets) == 0 || targets[0].name == "" {
		return piece.Cell{}
	}
	var counts []string
	for _, state := range []string{targetDone, targetNow, targetWaits, targetFailed, targetUndone, targetPartly, targetSkipped, targetLater} {
		if n := len(inState(targets, state)); n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", n, state))
		}
	}
	return piece.Text(strings.Join(counts, ", "))
}

func inState(targets []target, state string) []target {
	return slices.DeleteFunc(slices.Clone(targets), func(t target) bool { return t.state != state })
}

// targetList lists the targets, each with where its steps stand; nil for a release without
// targets.
func targetList(targets []target) *piece.List {
	if len(targets) == 0 || targets[0].name == "" {
		return nil
	}
	list := piece.List{ID: "targets", Name: "Targets", Columns: []string{"Target", "State", "Steps"},
		Count: piece.Count(len(targets), len(targets), false)}
	for i := range targets {
		var steps []string
		for _, step := range targets[i].steps {
			steps = append(steps, short(step)+" "+step.Status)
		}
		list.Rows = append(list.Rows, piece.Row{Key: targets[i].name, Cells: []piece.Cell{piece.Text(targets[i].name),
			{Text: targets[i].state, Status: targets[i].tone()}, piece.Text(strings.Join(steps, ", "))}})
	}
	return &list
}
