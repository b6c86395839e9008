package lockpage

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/runs"
	"github.com/latch-run/latch/internal/vars"
	"github.com/latch-run/latch/internal/verdict"
)

// unknown is the decision if it cannot be predicted here.
const unknown = "unknown"

// A foreteller holds everything about a waiting lock that its hook's decision
// depends on.
type foreteller struct {
	definition *runs.Definition
	settings   latch.Event
	record     latch.Record
	status     latch.Status
	// others is the number of other locks that wait at the same event.
	others int
	// onTimeout is the policy for the lock's timeout according to the run: the
	// hook's own, unless a gate's deadline comes first.
	onTimeout string
}

// ending predicts what the run will do after a choice.
func (f *foreteller) ending(c choice) ending {
	var scope verdict.Scope
	switch f.definition.Kind {
	case latch.ReleaseKind:
		scope = verdict.Decides
	case latch.JobKind:
		scope = verdict.Begins
	case latch.GateKind:
		scope = verdict.Admits
	case latch.EmissionKind: // the event continues whatever its hooks decide
		return ending{result: c.result, decision: latch.Continue}
	default: // a user's own workflow has its own rules
		return ending{result: c.result, decision: unknown}
	}
	answer, known := f.ask(c, verdict.ForEvent(f.settings, scope))
	if !known {
		return ending{decision: unknown}
	}
	return ending{result: answer.Result, decision: answer.Decide(f.settings, scope), failed: answer.Error != ""}
}

// effect returns a sentence that says what an ending means for the run.
func (f *foreteller) effect(e ending) string {
	switch f.definition.Kind {
	case latch.JobKind:
		return f.jobEffect(e)
	case latch.EmissionKind:
		return "The event goes on; nothing else depends on it."
	case latch.ReleaseKind:
		return f.releaseEffect(e.decision)
	case latch.GateKind:
		return f.gateEffect(e.decision)
	default:
		return "The workflow goes on by its own rules."
	}
}

func (f *foreteller) gateEffect(decision string) string {
	switch decision {
	case unknown:
		return "The webhook's own expressions decide whether the gate lets pass."
	case latch.Continue:
		return "The gate lets pass, and whoever asked goes on." + f.waitsFor()
	case latch.Rollback:
		return "The gate ends, and whoever asked is told to roll back."
	default:
		return "The gate does not let pass, and whoever asked stops." + f.waitsFor()
	}
}

func (f *foreteller) jobEffect(e ending) string {
	switch {
	case e.decision == unknown:
		return "The webhook's own expression for the result decides whether the job starts or fails."
	case e.failed:
		return "The webhook's own expression fails on this answer; the policy on_error then applies: " + e.decision + "."
	case e.decision == latch.Stop:
		return "The job ends as failed before its task starts, and notifies its webhooks."
	default:
		return "The job starts its task." + f.waitsFor()
	}
}

// ask evaluates the question on the record as the choice will leave it. The
// answer is unknown if an expression needs data that only the run has.
func (f *foreteller) ask(c choice, question verdict.Question) (verdict.Verdict, bool) {
	variables := f.variables()
	for _, use := range []struct {
		source string
		as     expr.Use
	}{{question.Result, expr.Result}, {question.StopRelease, expr.StopRelease}, {question.RollbackRelease, expr.RollbackRelease}} {
		if use.source == "" {
			continue
		}
		expression, err := expr.Compile(use.source, use.as)
		if err != nil {
			return verdict.Verdict{}, false
		}
		for _, name := range expression.Uses() {
			if _, here := variables[name]; !here && name != "history" {
				return verdict.Verdict{}, false
			}
		}
	}
	return verdict.Ask(question, f.after(c), verdict.Answer{}, variables), true
}

// after returns the record as the choice will leave it.
func (f *foreteller) after(c choice) latch.Record {
	record := f.record
	record.Data = latch.Object{}
	maps.Copy(record.Data, f.record.Data)
	maps.Copy(record.Data, c.data)
	record.Data["result"] = json.RawMessage(`"` + c.result + `"`)
	record.Result = c.result
	return record
}

// variables returns the variables that are known here. The start of the run,
// which is part of run, and the time of the firing are known only to the run.
func (f *foreteller) variables() expr.Variables {
	variables := expr.Variables{}
	for name, value := range map[string]any{
		"event": f.record.Event, "webhook": map[string]string{"id": f.record.Webhook}, "lock": f.record.Lock.Token,
		"vars": vars.OrEmpty(f.definition.Vars()), "instance": vars.OrEmpty(f.definition.Instance()),
	} {
		if encoded, err := json.Marshal(value); err == nil {
			variables[name] = encoded
		}
	}
	return variables
}

func (f *foreteller) releaseEffect(decision string) string {
	taken := f.stepsBy(latch.StepDone, latch.StepFailed)
	switch {
	case decision == unknown:
		return "The webhook's own expressions decide whether the release goes on."
	case f.afterFailure():
		return f.failureEffect(decision)
	case decision == latch.Continue:
		return "The release goes on" + f.next() + "." + f.waitsFor()
	case decision == latch.Rollback:
		return "The release is called off. " + f.undoing()
	case len(taken) == 0:
		return "The release stops here. No step was taken."
	default:
		return "The release stops here, and nothing is undone. What was done stays: " + strings.Join(taken, ", ") + "." + f.waitsFor()
	}
}

// afterFailure reports whether the lock holds a release after a failed step.
func (f *foreteller) afterFailure() bool {
	return f.record.Event == latch.EventAfterStep && slices.Contains(f.stepsBy(latch.StepFailed), f.record.Step)
}

// failureEffect is the effect after a failed step: the release fails in any
// case, and a decision can only add the undoing.
func (f *foreteller) failureEffect(decision string) string {
	text := "Step " + f.record.Step + " failed, so the release fails. "
	if f.undoesFailure(decision) {
		text += f.undoing()
	} else {
		text += "By its policy on_failure nothing is undone."
	}
	if decision == latch.Rollback {
		return text
	}
	return text + f.waitsFor()
}

// undoesFailure reports whether the steps of a failed release will be undone.
func (f *foreteller) undoesFailure(decision string) bool {
	return decision == latch.Rollback || f.definition.Release.OnFailure != latch.Stop
}

// undoing says what a rollback will do.
func (f *foreteller) undoing() string {
	undone, lasting := f.undone()
	text := "No step that could be undone was taken."
	if len(undone) > 0 {
		text = "Its steps are undone, the last first: " + strings.Join(undone, ", ") + "."
	}
	if len(lasting) > 0 {
		text += " What has no undo stays: " + strings.Join(lasting, ", ") + "."
	}
	return text
}

// next says how a release will continue.
func (f *foreteller) next() string {
	pending := f.stepsBy(latch.StepPending)
	switch {
	case f.record.Event == latch.EventBeforeStep && f.record.Step != "":
		return " with step " + f.record.Step
	case f.record.Event == latch.EventBeforeReleaseComplete:
		return ", and is released"
	case len(pending) > 0:
		return " with step " + pending[0]
	default:
		return ""
	}
}

func (f *foreteller) waitsFor() string {
	switch f.others {
	case 0:
		return ""
	case 1:
		return " It waits for one more lock of this event first."
	default:
		return fmt.Sprintf(" It waits for %d more locks of this event first.", f.others)
	}
}

func (f *foreteller) stepsBy(statuses ...string) []string {
	var names []string
	for _, step := range f.status.Steps {
		if slices.Contains(statuses, step.Status) {
			names = append(names, step.Name)
		}
	}
	return names
}

// undone returns the steps that a rollback will undo, in that order, and the
// completed steps that have no undo.
func (f *foreteller) undone() (undone, lasting []string) { return f.definition.Undone(f.status.Steps) }

// timeoutEffect says what the lock's timeout will do.
func (f *foreteller) timeoutEffect() string {
	policy := cmp.Or(f.onTimeout, latch.WithDefaults(f.settings).OnTimeout)
	switch f.definition.Kind {
	case latch.ReleaseKind:
		return f.releaseEffect(policy)
	case latch.GateKind:
		return f.gateEffect(policy)
	}
	return "The policy on_timeout applies: " + policy + "."
}
