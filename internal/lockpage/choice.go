package lockpage

import (
	"encoding/json"
	"net/url"
	"slices"

	"github.com/latch-run/latch"
)

// A choice is a button of the page: what it writes, and what then happens.
type choice struct {
	Action string
	// Label names the button by what the run will do, Effect says it in full.
	Label, Effect string
	// Grave choices end or undo what is held; they are confirmed once more.
	Grave bool

	// asks is what the choice writes, in words.
	asks   string
	result string
	data   latch.Object
}

// choices returns what may be written by a click, for a kind of run. Only
// what may stop or roll back has choices that ask for it.
func choices(kind latch.Kind) []choice {
	yes, no := json.RawMessage("true"), json.RawMessage("false")
	all := []choice{
		{Action: "pass", asks: "Answer “pass”", result: latch.ResultPass},
		{Action: "fail", asks: "Answer “fail”", result: latch.ResultFail,
			data: latch.Object{"stop_release": no, "rollback_release": no}},
		{Action: "stop", asks: "Answer “fail”, and ask to stop", result: latch.ResultFail,
			data: latch.Object{"stop_release": yes, "rollback_release": no}},
		{Action: "rollback", asks: "Answer “fail”, and ask to roll back", result: latch.ResultFail,
			data: latch.Object{"stop_release": no, "rollback_release": yes}},
	}
	switch kind {
	case latch.JobKind:
		all = all[:2]
		all[1].data = nil
	case latch.EmissionKind:
		all = all[:2]
	}
	return all
}

// An ending is what a choice comes to: the result that the record will have,
// and what its hook will decide.
type ending struct {
	result, decision string
	// failed: an expression fails on the choice, so that on_error decides.
	failed bool
}

// foretell returns the choices as buttons. Of choices that come to the same, one
// button is shown: a button that asks to stop and could only go on would lie.
func (f *foreteller) foretell() []choice {
	all := choices(f.definition.Kind)
	for i := range all {
		e := f.ending(all[i])
		all[i].Label, all[i].Effect = f.label(e, all[i]), f.effect(e)
		all[i].Grave = e.decision == latch.Stop || e.decision == latch.Rollback ||
			e.decision == unknown && (all[i].Action == latch.Stop || all[i].Action == latch.Rollback)
	}
	return distinct(all)
}

// distinct drops what another choice of the same label stands for. Of a plain
// "fail" and a stop, the stop stays, so that its record says that a stop was wanted.
func distinct(all []choice) []choice {
	return slices.DeleteFunc(slices.Clone(all), func(c choice) bool {
		first := slices.IndexFunc(all, func(other choice) bool {
			return other.Label == c.Label && other.Action != "fail"
		})
		return first >= 0 && all[first].Action != c.Action
	})
}

// label names a button by what the run will do.
func (f *foreteller) label(e ending, c choice) string {
	what := string(f.definition.Kind)
	switch {
	case e.decision == unknown:
		return c.asks
	case f.afterFailure():
		return f.failureLabel(e.decision)
	case e.decision == latch.Rollback:
		return "Roll back the " + what
	case e.decision == latch.Stop && f.definition.Kind == latch.JobKind:
		return "Fail the job"
	case e.decision == latch.Stop:
		return "Stop the " + what
	case e.result == latch.ResultFail:
		return "Record as failed, and go on"
	default:
		return "Let pass"
	}
}

// failureLabel is for a failed step, after which the release fails anyway.
func (f *foreteller) failureLabel(decision string) string {
	if f.undoesFailure(decision) {
		return "End the release as failed, and undo its steps"
	}
	return "End the release as failed, and undo nothing"
}

// Promise is the text with which the choice was shown.
func (c choice) Promise() string { return c.Label + ": " + c.Effect }

// confirmed reports whether a form may carry the choice out: the visitor was
// shown what it does, as it stands now, and confirmed it if it is grave.
func (c choice) confirmed(form url.Values) bool {
	if c.Grave {
		return form.Get("confirmed") == c.Promise()
	}
	shown := form.Get("shown-" + c.Action)
	return shown == "" || shown == c.Promise() || form.Get("confirmed") == c.Promise()
}
