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
	wayIndent = 22
)

const (
	// maximumAlike is how many targets in a row that stand alike are drawn one by one.
	maximumAlike = 3
	// maximumOpened is of how many targets the steps are drawn.
	maximumOpened = 12
)

// A way is the picture of a release being drawn, from top to bottom. What belongs to a target,
// or is taken side by side, hangs below a box that stands for all of it, one level deeper.
type way struct {
	piece.Picture
	state *apiclient.State
	plan  *api.ReleasePlan
	// last are the boxes that were drawn last on the current level and on those above it.
	last []piece.Box
	// level is the current level. A box that hangs begins beside the one before on its level,
	// not after it.
	level int
	hangs bool
	// opened counts the targets whose steps are drawn.
	opened int
}

// wayOf draws a release: its events with gates, its targets and steps, and next to them what
// would be undone.
func wayOf(state *apiclient.State, plan *api.ReleasePlan) piece.Picture {
	w := &way{Picture: piece.Picture{ID: "way", Name: "The way of the release", Width: 4 + wayWidth + undoGap + undoWidth + 4}, state: state, plan: plan}
	w.event(latch.EventBeforeRelease, "")
	w.targets(targetsOf(state, plan))
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

// targets draws the targets: below one box for all if several are taken at a time, and one after
// the other otherwise.
func (w *way) targets(targets []target) {
	if len(targets) == 0 || targets[0].name == "" {
		for _, only := range targets {
			w.steps(only.steps)
		}
		return
	}
	if w.plan.RunID == "" { // nothing has begun, and the first target stands for all
		targets[0].state = targetNow
	}
	beside := w.plan.AtOnce > 1
	if beside {
		w.add(piece.Box{Text: counted.Of(len(targets), "target", "targets"), Look: lookOf(targets),
			Note: fmt.Sprintf("%d at a time", w.plan.AtOnce)})
		w.level++
	}
	for len(targets) > 0 {
		n := 1
		for n < len(targets) && !targets[0].isOpen() && targets[n].state == targets[0].state {
			n++
		}
		w.hangs = beside
		if n > maximumAlike {
			w.alike(targets[:n])
		} else {
			n = 1
			w.target(&targets[0])
		}
		targets = targets[n:]
	}
	if beside {
		w.level--
	}
}

// lookOf returns how a box for all targets is drawn.
func lookOf(targets []target) string {
	looks := map[string]int{}
	for i := range targets {
		looks[targets[i].look()]++
	}
	switch {
	case looks[piece.LookLater] == len(targets):
		return piece.LookLater
	case looks[piece.LookDone] == len(targets):
		return piece.LookDone
	default:
		return piece.LookNow
	}
}

// alike draws one box for targets in a row that stand alike.
func (w *way) alike(targets []target) {
	var names []string
	for i := range targets {
		names = append(names, targets[i].name)
	}
	w.add(piece.Box{Text: counted.Of(len(targets), "target", "targets") + " " + targets[0].state, Note: strings.Join(names, ", "),
		Tone: targets[0].tone(), Look: targets[0].look()})
}

// target draws a target between its gates. Its steps are drawn while it is under way, and where
// it has not come to its end.
func (w *way) target(t *target) {
	w.event(latch.EventBeforeTarget, t.name)
	w.add(piece.Box{Text: t.name, Note: t.done(), Tone: t.tone(), Look: t.look()})
	if t.isOpen() && w.opened < maximumOpened {
		w.opened++
		w.level++
		w.steps(t.steps)
		w.level--
	}
	w.event(latch.EventAfterTarget, t.name)
}

// steps draws steps with their events, those that are taken side by side below one box for all of
// them.
func (w *way) steps(steps []api.PlannedStep) {
	for i := 0; i < len(steps); {
		n := 1
		for steps[i].Group > 0 && i+n < len(steps) && steps[i+n].Group == steps[i].Group {
			n++
		}
		if n == 1 {
			w.stepWithEvents(steps[i])
		} else {
			beside := target{steps: steps[i : i+n]}
			beside.state = beside.stateIn(w.state)
			w.add(piece.Box{Text: "side by side", Note: beside.done(), Tone: beside.tone(), Look: beside.look()})
			w.level++
			for _, step := range steps[i : i+n] {
				w.hangs = true
				w.stepWithEvents(step)
			}
			w.level--
		}
		i += n
	}
}

func (w *way) stepWithEvents(step api.PlannedStep) {
	w.event(latch.EventBeforeStep, step.Name)
	w.step(step)
	w.event(latch.EventStepFailed, step.Name)
	w.event(latch.EventAfterStep, step.Name)
}

// event draws an event if a hook fired at it or a gate is there.
func (w *way) event(event, step string) {
	at := func(hook api.PlannedGate) bool { return hook.Event == event }
	gates, observers := counts(w.plan.Gates, at), counts(w.plan.Observers, at)
	var waits, fired, failed int
	for _, record := range w.state.History {
		if record.Event != event || record.Step != step {
			continue
		}
		switch fired++; {
		case observes(w.plan, record):
		case record.Result == latch.ResultPending:
			waits++
		case record.Decision == latch.Stop || record.Decision == latch.Rollback:
			failed++
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
		fallthrough
	default:
		if observers > 0 {
			box.Note += fmt.Sprintf(", %d only recorded", observers)
		}
	}
	w.add(box)
}

func counts(hooks []api.PlannedGate, is func(api.PlannedGate) bool) (n int) {
	for _, hook := range hooks {
		if is(hook) {
			n++
		}
	}
	return n
}

// observes reports whether what the record's hook decides is only recorded.
func observes(plan *api.ReleasePlan, record latch.Record) bool {
	return record.WouldDecide != "" || slices.ContainsFunc(plan.Observers, func(hook api.PlannedGate) bool {
		return hook.Webhook == record.Webhook && hook.Event == record.Event
	})
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
	tone := piece.Status(step.Status).Tone()
	if look == piece.LookLater {
		tone = ""
	}
	w.add(piece.Box{Text: short(step), Note: step.Status, Tone: tone, Look: look})
	if !step.Undo {
		return
	}
	at := w.Boxes[len(w.Boxes)-1]
	undo := piece.Box{X: at.X + at.Width + undoGap, Y: at.Y, Width: undoWidth, Height: wayHeight, Text: "undo", Look: piece.LookUndo}
	switch {
	case step.Status == latch.StepUndone:
		undo.Note, undo.Tone, undo.Look = "done", "good", piece.LookDone
	case step.Status == latch.StepUndoFailed:
		undo.Note, undo.Tone, undo.Look = "failed", "bad", piece.LookDone
	case slices.Contains(w.plan.Undoes, step.Name):
		undo.Note = "on rollback"
	}
	w.Arrows = append(w.Arrows, piece.Arrow{Points: []int{at.X + at.Width, at.Y + wayHeight/2, undo.X, at.Y + wayHeight/2}, Look: undo.Look})
	// The undo goes before its step, so that the next box is drawn below the
	// step.
	w.Boxes = slices.Insert(w.Boxes, len(w.Boxes)-1, undo)
}

// add draws a box below the one before, with an arrow from the one that it follows.
func (w *way) add(box piece.Box) {
	indent := w.level * wayIndent
	box.X, box.Y, box.Width, box.Height = 4+indent, 4, wayWidth-indent, wayHeight
	if len(w.Boxes) > 0 {
		box.Y = w.bottom() + wayGap
	}
	if points := w.arrowTo(box); points != nil {
		w.Arrows = append(w.Arrows, piece.Arrow{Points: points, Look: box.Look})
	}
	w.last = append(w.last[:min(w.level, len(w.last))], box)
	w.hangs = false
	w.Boxes = append(w.Boxes, box)
}

// arrowTo returns the points of the arrow to a new box: from the box that it hangs below, along
// what hangs below the box before, or straight from that.
func (w *way) arrowTo(box piece.Box) []int {
	below := func(from piece.Box) int { return from.X + wayIndent/3 }
	switch above := w.level - 1; {
	case len(w.last) == 0:
		return nil
	case w.hangs || len(w.last) == w.level:
		from, middle := w.last[above], box.Y+box.Height/2
		return []int{below(from), from.Y + from.Height, below(from), middle, box.X, middle}
	case len(w.last) > w.level+1:
		from := w.last[w.level]
		return []int{below(from), from.Y + from.Height, below(from), box.Y}
	default:
		from, middle := w.last[w.level], box.X+box.Width/2
		return []int{middle, from.Y + from.Height, middle, box.Y}
	}
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
