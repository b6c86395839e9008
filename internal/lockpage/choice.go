package lockpage

import (
	"encoding/json"
	"net/url"
	"slices"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/locklink"
)

// A choice is a button of the page: the answer it writes, and what then
// happens.
type choice struct {
	Action string
	// Label says what the run will do, Effect says it in full.
	Label, Effect string
	// Grave is true for choices that end or undo what the lock holds. They ask
	// for confirmation.
	Grave bool

	// asks describes the answer, if the run's reaction is unknown.
	asks   string
	result string
	data   latch.Object
	// vote is the vote that the button casts, about a lock with approvals.
	vote string
}

// choices returns the answers that a click can write, for a kind of run. Only
// kinds that can stop or roll back have choices that request it.
func choices(kind latch.Kind) []choice {
	yes, no := json.RawMessage("true"), json.RawMessage("false")
	passes := choice{Action: "pass", asks: "Answer “pass”", result: latch.ResultPass}
	if kind == latch.JobKind || kind == latch.EmissionKind {
		return []choice{passes, rejection("fail", "Answer “fail”", nil)}
	}
	return []choice{
		passes,
		{Action: "fail", asks: "Answer “fail”", result: latch.ResultFail,
			data: latch.Object{latch.KeyStopRelease: no, latch.KeyRollbackRelease: no}},
		rejection(latch.Stop, "Answer “fail”, and ask to stop", latch.Object{latch.KeyRollbackRelease: no}),
		{Action: latch.Rollback, asks: "Answer “fail”, and ask to roll back", result: latch.ResultFail,
			data: latch.Object{latch.KeyStopRelease: no, latch.KeyRollbackRelease: yes}},
	}
}

// rejection returns the choice that answers as a vote to reject does, with more data.
func rejection(action, asks string, data latch.Object) choice {
	vote := latch.LockRelease{Vote: latch.VoteReject, Data: data}
	answer, err := vote.WithoutApprovals()
	if err != nil {
		panic(err) // no data here contradicts a rejection
	}
	return choice{Action: action, asks: asks, result: answer.Result, data: answer.Data}
}

// An ending is the outcome of a choice: the result in the record, and the
// hook's decision.
type ending struct {
	result, decision string
	// failed is true if an expression fails on the choice, so that on_error
	// decides.
	failed bool
}

// foretell returns the choices as buttons. Choices with the same outcome share
// one button: a button that promises to stop a run that will go on would be
// wrong.
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

// distinct drops choices with the same label as another. Between a plain "fail"
// and a stop it keeps the stop, so that the record says that a stop was wanted.
func distinct(all []choice) []choice {
	return slices.DeleteFunc(slices.Clone(all), func(c choice) bool {
		first := slices.IndexFunc(all, func(other choice) bool {
			return other.Label == c.Label && other.Action != "fail"
		})
		return first >= 0 && all[first].Action != c.Action
	})
}

// label returns a button's text: what the run will do.
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

// failureLabel is the label after a failed step, when the release fails in any
// case.
func (f *foreteller) failureLabel(decision string) string {
	if f.undoesFailure(decision) {
		return "End the release as failed, and undo its steps"
	}
	return "End the release as failed, and undo nothing"
}

// Promise returns the text with which the choice was shown.
func (c choice) Promise() string { return c.Label + ": " + c.Effect }

// confirmed reports whether a form may carry out the choice: the visitor was
// shown its current effect, and confirmed it if it is grave.
func (c choice) confirmed(form url.Values) bool {
	if c.Grave {
		return form.Get("confirmed") == c.Promise()
	}
	shown := form.Get("shown-" + c.Action)
	return shown == "" || shown == c.Promise() || form.Get("confirmed") == c.Promise()
}

// preselected returns the button that a link is about, or nil if the visitor has to choose: an
// approval for which a form is to be filled in, a lock that is removed, another choice.
func (v *lockView) preselected(chosen string) *choice {
	actions := map[string][]string{
		locklink.ChoiceApprove: {latch.VoteApprove, "pass"},
		locklink.ChoiceReject:  {latch.VoteReject, latch.Stop, "fail"},
	}[chosen]
	if chosen == locklink.ChoiceApprove && len(v.Fields) > 0 {
		return nil
	}
	for _, action := range actions {
		if i := slices.IndexFunc(v.Choices, func(c choice) bool { return c.Action == action }); i >= 0 {
			return &v.Choices[i]
		}
	}
	return nil
}
