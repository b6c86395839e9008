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

// Measures of the picture, in pixels. It fits a phone.
const (
	wayWidth  = 220
	undoWidth = 92
	undoGap   = 16
	wayHeight = 46
	wayGap    = 20
)

// A way is the picture of a release being drawn, from top to bottom.
type way struct {
	piece.Picture
	state *apiclient.Release
	plan  *api.ReleasePlan
	// besideBefore reports that the step being drawn runs in parallel with the previous one.
	besideBefore bool
}

// wayOf draws a release: its events with gates, its steps, and next to them
// what would be undone.
func wayOf(state *apiclient.Release, plan *api.ReleasePlan) piece.Picture {
	w := &way{Picture: piece.Picture{ID: "way", Name: "The way of the release", Width: 4 + wayWidth + undoGap + undoWidth + 4}, state: state, plan: plan}
	w.event(latch.EventBeforeRelease, "")
	w.steps()
	w.event(latch.EventBeforeReleaseComplete, "")
	if state.Status.Status != latch.ReleaseRunning {
		w.add(piece.Box{Text: state.Status.Status, Tone: piece.Status(state.Status.Status).Tone(), Look: piece.LookDone})
	} else {
		w.add(piece.Box{Text: latch.ReleaseReleased, Look: piece.LookLater})
	}
	w.Height = w.bottom() + 4
	w.Describe = w.inWords()
	return w.Picture
}

// steps draws the steps with their events, those of each target below its name. For a target
// that is completed, or has not begun, only the name is drawn.
func (w *way) steps() {
	steps := w.plan.Steps
	for len(steps) > 0 {
		n := slices.IndexFunc(steps, func(s api.PlannedStep) bool { return s.Target != steps[0].Target })
		if n < 0 {
			n = len(steps)
		}
		target := steps[0].Target
		if target != "" {
			w.target(target, steps[:n])
		}
		if target == "" || w.isOpen(target, steps[:n]) {
			for i, step := range steps[:n] {
				w.besideBefore = step.Group > 0 && i > 0 && steps[i-1].Group == step.Group
				w.event(latch.EventBeforeStep, step.Name)
				w.step(step)
				w.besideBefore = false
				w.event(latch.EventStepFailed, step.Name)
				w.event(latch.EventAfterStep, step.Name)
			}
		}
		if target != "" {
			w.event(latch.EventAfterTarget, target)
		}
		steps = steps[n:]
	}
}

// isOpen reports whether a target is in progress, or something failed there.
func (w *way) isOpen(target string, steps []api.PlannedStep) bool {
	quiet := func(status string) bool {
		return slices.IndexFunc(steps, func(s api.PlannedStep) bool { return s.Status != status }) < 0
	}
	waits := slices.ContainsFunc(w.state.Locks, func(l latch.OpenLock) bool { return strings.HasPrefix(l.Step, target+"/") })
	return waits || !quiet(latch.StepPending) && !quiet(latch.StepDone) && !quiet(latch.StepSkipped) && !quiet(latch.StepUndone)
}

// target draws a target, after its first gate.
func (w *way) target(target string, steps []api.PlannedStep) {
	w.event(latch.EventBeforeTarget, target)
	done := 0
	for _, step := range steps {
		if step.Status == latch.StepDone {
			done++
		}
	}
	box := piece.Box{Text: target, Note: fmt.Sprintf("%d of %s done", done, counted.Of(len(steps), "step", "steps")), Look: piece.LookLater}
	switch {
	case done == len(steps):
		box.Tone, box.Look = "good", piece.LookDone
	case !w.state.ClosedAt.IsZero() && done > 0:
		box.Look = piece.LookDone
	case w.state.ClosedAt.IsZero() && w.isOpen(target, steps):
		box.Look = piece.LookNow
	}
	w.add(box)
}

// event draws an event if a hook fired at it or a gate is there.
func (w *way) event(event, step string) {
	var waits, fired, failed int
	for _, record := range w.state.History {
		if record.Event != event || record.Step != step {
			continue
		}
		switch fired++; {
		case record.Result == latch.ResultPending:
			waits++
		case record.Decision == latch.Stop || record.Decision == latch.Rollback:
			failed++
		}
	}
	gates := 0
	for _, gate := range w.plan.Gates {
		if gate.Event == event {
			gates++
		}
	}
	if fired+gates == 0 {
		return
	}
	box := piece.Box{Text: event, Note: counted.Of(gates, "gate", "gates"), Look: piece.LookLater}
	switch {
	case waits > 0 && w.state.ClosedAt.IsZero():
		box.Note, box.Tone, box.Look = "waits for "+counted.Of(waits, "hook", "hooks"), "wait", piece.LookNow
	case failed > 0:
		box.Note, box.Tone, box.Look = counted.Of(failed, "hook", "hooks")+" decided against it", "bad", piece.LookDone
	case fired > 0:
		box.Note, box.Tone, box.Look = counted.Of(fired, "hook", "hooks")+" done", "good", piece.LookDone
	}
	w.add(box)
}

// step draws a step, with its undo next to it.
func (w *way) step(step api.PlannedStep) {
	look := piece.LookDone
	switch {
	case step.Status == latch.StepRunning, step.Status == latch.StepPending && w.state.Step == step.Name && w.state.Phase != "waiting":
		look = piece.LookNow
	case step.Status == latch.StepPending || step.Status == latch.StepSkipped:
		look = piece.LookLater
	}
	note := step.Status
	if w.besideBefore {
		note += ", beside the one above"
	}
	w.add(piece.Box{Text: step.Name, Note: note, Tone: piece.Status(step.Status).Tone(), Look: look})
	if !step.Undo {
		return
	}
	at := w.Boxes[len(w.Boxes)-1]
	undo := piece.Box{X: at.X + wayWidth + undoGap, Y: at.Y, Width: undoWidth, Height: wayHeight, Text: "undo", Look: piece.LookUndo}
	switch {
	case step.Status == latch.StepUndone:
		undo.Note, undo.Tone, undo.Look = "done", "good", piece.LookDone
	case step.Status == latch.StepUndoFailed:
		undo.Note, undo.Tone, undo.Look = "failed", "bad", piece.LookDone
	case slices.Contains(w.plan.Undoes, step.Name):
		undo.Note = "on rollback"
	}
	w.Arrows = append(w.Arrows, piece.Arrow{Points: []int{at.X + wayWidth, at.Y + wayHeight/2, undo.X, at.Y + wayHeight/2}, Look: undo.Look})
	// The undo goes before its step, so that the next box is drawn below the
	// step.
	w.Boxes = slices.Insert(w.Boxes, len(w.Boxes)-1, undo)
}

// add draws a box below the one before.
func (w *way) add(box piece.Box) {
	box.X, box.Y, box.Width, box.Height = 4, w.bottom(), wayWidth, wayHeight
	if len(w.Boxes) > 0 {
		before := w.Boxes[len(w.Boxes)-1]
		box.Y += wayGap
		middle := box.X + wayWidth/2
		w.Arrows = append(w.Arrows, piece.Arrow{Points: []int{middle, before.Y + before.Height, middle, box.Y}, Look: box.Look})
	} else {
		box.Y = 4
	}
	w.Boxes = append(w.Boxes, box)
}

func (w *way) bottom() int {
	if len(w.Boxes) == 0 {
		return 0
	}
	last := w.Boxes[len(w.Boxes)-1]
	return last.Y + last.Height
}

// inWords describes the picture in text.
func (w *way) inWords() string {
	var words []string
	for _, box := range w.Boxes {
		words = append(words, box.Whole())
	}
	return "From top to bottom: " + strings.Join(words, "; ") + "."
}
