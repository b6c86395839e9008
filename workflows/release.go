package workflows

import (
	"errors"
	"maps"
	"slices"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/vars"
	"github.com/latch-run/latch/internal/verdict"
)

// A releaseRun is one run of a release.
type releaseRun struct {
	*session
	release latch.Release
	result  latch.ReleaseResult
	// taken are the steps that it runs, separately for each target.
	taken []latch.TakenStep
	// working are the indexes of the steps in progress.
	working map[int]bool
	// finished are the parallel parts that are completed, by the index of their first step.
	// halting is how the release ends, which makes the parallel parts end too.
	finished []int
	halting  *ending
	// undos are the steps to undo, in the order in which they were registered.
	undos []int
	// stepsTaken reports that a step was started.
	stepsTaken bool
	// gates counts the gates that were reached since the run began. passed counts those that
	// have let the release pass, also in earlier runs of the chain. reopened is the event at
	// which the earlier run waited.
	gates, passed int
	reopened      *firing
	// turn is where a release with a concurrency key stands; nil for one without.
	turn *latch.TurnStatus
	// pauses are the failed steps that wait for a person.
	pauses []protocol.PauseState
	frozen frozen
	// ending is how the release ends, once that is decided.
	ending *ending
}

// Release is the workflow latch.Release. It takes the steps in order, lets webhooks hold it,
// and stops or rolls back as they decide (contract, "Release").
func Release(ctx workflow.Context, input converter.RawValue) (*latch.ReleaseResult, error) {
	run := &releaseRun{result: latch.ReleaseResult{Status: latch.ReleaseRunning, Steps: []latch.StepResult{}}}
	run.session = silentSession(ctx, run)
	earlier, err := carriedInto(ctx, input)
	if err != nil {
		return nil, err
	}
	if err := run.begin(ctx, latch.ReleaseKind, input, &run.release, earlier, func() { run.prepare(earlier) }); err != nil {
		return nil, err
	}
	run.reopened = run.undecided()
	if earlier == nil {
		if err := run.tagStatus(); err != nil {
			return nil, err
		}
	}
	err = run.carryOut(ctx)
	if errors.Is(err, errContinues) {
		return nil, run.asNew(ctx, latch.WorkflowRelease, input)
	}
	if err != nil {
		return nil, err
	}
	return run.end(ctx)
}

// carryOut runs the release from the first gate to the final events.
func (r *releaseRun) carryOut(ctx workflow.Context) error {
	if r.ending == nil {
		end, err := r.forward(ctx)
		if err != nil {
			return err
		}
		r.ending = end
	}
	return r.finish(ctx, r.ending)
}

// prepare creates the result of a run that begins, or takes that of the earlier run of the
// chain.
func (r *releaseRun) prepare(earlier *protocol.State) {
	r.weigh(r.release.Vars, r.release.Instance)
	r.taken, r.working = r.release.AllSteps(), map[int]bool{}
	r.result.ID, r.result.Title, r.webhooks = r.release.ID, r.release.Title, r.attach(r.release.Webhooks)
	if earlier != nil && earlier.Release != nil {
		state := earlier.Release
		r.result, r.undos, r.stepsTaken, r.passed = state.Result, state.Undos, state.StepsTaken, state.Gates
		r.pauses, r.finished, r.turn, r.frozen.lifted = state.Pauses, state.Finished, state.Turn, state.Lifted
		if end := state.Ending; end != nil {
			r.ending, r.settled = &ending{status: end.Status, rollBack: end.RollBack, reason: end.Reason, by: end.By}, true
		}
		return
	}
	for _, step := range r.taken {
		r.result.Steps = append(r.result.Steps, latch.StepResult{Name: step.Name, Status: latch.StepPending})
	}
}

// progress saves the progress of the release.
func (r *releaseRun) progress(state *protocol.State) {
	state.Release = &protocol.ReleaseState{Result: r.result, Undos: r.undos, StepsTaken: r.stepsTaken, Gates: r.passed,
		Pauses: r.pauses, Finished: r.finished, Turn: r.turn, Lifted: r.frozen.lifted, Working: slices.Sorted(maps.Keys(r.working))}
	if end := r.ending; end != nil {
		state.Release.Ending = &protocol.EndingState{Status: end.status, RollBack: end.rollBack, Reason: end.reason, By: end.by}
	}
}

// An ending is how a release ends, before anything is undone.
type ending struct {
	status string
	// rollBack reports that the steps taken are to be undone.
	rollBack bool
	reason   string
	by       *latch.DecidedBy
}

var released = &ending{status: latch.ReleaseReleased}

// forward runs gates and steps until the release is complete, or something ends it. Its error
// is the run's own, not the release's.
func (r *releaseRun) forward(ctx workflow.Context) (*ending, error) {
	if end, err := r.awaitTurn(ctx); end != nil || err != nil {
		return end, err
	}
	if end, err := r.gate(ctx, latch.EventBeforeRelease, place{}); end != nil || err != nil {
		return end, err
	}
	if end, err := r.takeAll(ctx); end != nil || err != nil {
		return end, err
	}
	r.step = "" // the next event concerns no step
	if end, err := r.gate(ctx, latch.EventBeforeReleaseComplete, place{}); end != nil || err != nil {
		return end, err
	}
	return released, nil
}

// A place is the step or the target that an event of a release is about. The zero value is
// neither.
type place struct {
	step   *vars.Step
	target *vars.Target
}

// name returns the step's name in records.
func (p place) name() string {
	switch {
	case p.step != nil:
		return p.step.Name
	case p.target != nil:
		return p.target.Name
	default:
		return ""
	}
}

// at returns the place of a step.
func (r *releaseRun) at(i int) place {
	return place{step: r.stepVariable(i), target: r.targetVariable(r.taken[i].Target)}
}

func (r *releaseRun) targetVariable(t int) *vars.Target {
	if t < 0 {
		return nil
	}
	return vars.NewTarget(&r.release, t)
}

// gate fires an event and waits for its decision. It returns nil if the release continues, and
// also if an earlier run of the chain has passed the gate. No run of a chain ends between
// parallel gates, so those are not counted.
func (r *releaseRun) gate(ctx workflow.Context, event string, at place) (*ending, error) {
	counts := !r.link.beside
	if counts {
		r.gates++
	}
	if counts && r.gates <= r.passed {
		return nil, nil
	}
	if end, err := r.thaw(ctx, event, at); end != nil || err != nil {
		return end, err
	}
	firing, err := r.open(ctx, event, at)
	if err != nil {
		return nil, err
	}
	end, err := r.awaitDecision(ctx, firing, event)
	if counts && end == nil && err == nil {
		r.passed = r.gates
	}
	return end, err
}

// awaitDecision waits for the decision of a gate's event. It returns how the release ends, or nil
// if it continues.
func (r *releaseRun) awaitDecision(ctx workflow.Context, firing *firing, event string) (*ending, error) {
	ruling, err := firing.await(ctx)
	if errors.Is(err, errContinues) {
		return nil, err
	}
	takeMessages(ctx)
	switch {
	case ctx.Err() != nil && !r.control.pending():
		return r.cancelled(), nil
	case err != nil:
		return nil, err
	case r.control.pending():
		return r.controlled(event), nil
	case r.halting != nil:
		return r.halting, nil
	case ruling.decision == latch.Continue:
		return nil, nil
	}
	end := &ending{status: latch.ReleaseStopped, reason: ruling.reason, by: &ruling.by}
	if ruling.decision == latch.Rollback {
		end.status, end.rollBack = latch.ReleaseRolledBack, true
	}
	return end, nil
}

// open fires the event of a gate, unless the earlier run of the chain has fired it.
func (r *releaseRun) open(ctx workflow.Context, event string, at place) (*firing, error) {
	if firing := r.reopened; firing != nil {
		r.reopened = nil
		return firing, nil
	}
	return r.openWith(ctx, occasion{event: event, step: at.step, target: at.target, scope: verdict.Decides,
		nothingDone: !r.stepsTaken}, r.webhooks)
}

// openWith fires an event that the release waits for, or ends the run to continue as new before.
func (r *releaseRun) openWith(ctx workflow.Context, o occasion, webhooks []protocol.AttachedWebhook) (*firing, error) {
	if !r.link.beside {
		if err := r.continues(ctx); err != nil {
			return nil, err
		}
	}
	r.event = o.event
	r.enter("waiting")
	return r.fire(ctx, o, webhooks)
}

// takeStep takes one step between its two gates. The undo is registered
// before the step starts: one that fails half way is undone too.
func (r *releaseRun) takeStep(ctx workflow.Context, i int) (*ending, error) {
	if r.halting != nil {
		return r.halting, nil
	}
	step, result := &r.taken[i], &r.result.Steps[i]
	r.step = step.Name
	if end, err := r.gate(ctx, latch.EventBeforeStep, r.at(i)); end != nil || err != nil {
		return end, err
	}
	if err := r.work(ctx, i); err != nil {
		return nil, err
	}
	r.step = step.Name
	end, err := r.gate(ctx, latch.EventAfterStep, r.at(i))
	if err != nil || result.Status != latch.StepFailed {
		return end, err
	}
	if ctx.Err() != nil {
		return r.cancelled(), nil
	}
	return r.failed(step.Name, result.Error, end), nil
}

// do does a step's work. A step that is retried is undone as if it was taken last.
func (r *releaseRun) do(ctx workflow.Context, i int) {
	step, result := &r.taken[i], &r.result.Steps[i]
	r.step = step.Name
	r.working[i] = true
	defer delete(r.working, i)
	r.enter("taking step")
	r.stepsTaken = true
	if step.Undo != nil {
		r.undos = append(slices.DeleteFunc(r.undos, func(other int) bool { return other == i }), i)
	}
	kvp, failure := taskRun{session: r.session, task: step.Do, variables: r.variablesAt(i),
		summary: "Step " + step.Name, awaitCancellation: true}.do(ctx)
	result.Status, result.Error, result.KVP = latch.StepDone, "", r.keep(kvp)
	if failure != nil {
		result.Status, result.Error = latch.StepFailed, rootMessage(failure)
	}
}

func (r *releaseRun) id() string                { return r.release.ID }
func (r *releaseRun) title() string             { return r.release.Title }
func (r *releaseRun) status() string            { return r.result.Status }
func (r *releaseRun) mark(record *latch.Record) { record.Release = r.release.ID }
func (r *releaseRun) mayControl(string) error   { return nil }

func (r *releaseRun) stepVariable(i int) *vars.Step { return vars.NewStep(i, r.result.Steps[i]) }

// steps returns the progress of the steps.
func (r *releaseRun) steps() []latch.StepResult {
	if len(r.working) == 0 {
		return r.result.Steps
	}
	steps := slices.Clone(r.result.Steps)
	for i := range steps {
		if r.working[i] {
			steps[i].Status = latch.StepRunning
		}
	}
	return steps
}

// variablesAt returns the template variables of a step's task, and of its undo.
func (r *releaseRun) variablesAt(i int) expr.Variables {
	at := r.at(i)
	variables := r.variables(at.step)
	if at.target != nil {
		variables["target"] = rawjson.Encode(at.target)
	}
	return variables
}

func (r *releaseRun) addVariables(variables expr.Variables) {
	stands := vars.ReleaseStatus{Status: r.result.Status, Steps: r.result.Steps, StartedAt: latch.NewTime(r.started)}
	if r.ending != nil && r.ending.by != nil && r.ending.by.By == r.by {
		stands.By = r.by
	}
	vars.AddRelease(variables, &r.release, stands)
}
