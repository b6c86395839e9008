package workflows

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/attach"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/vars"
)

// A batchRun is one run that fires several events.
type batchRun struct {
	*session
	batch latch.EmissionBatch
	// vars are those of the event that is being fired.
	vars latch.Object
	done bool
	// watch is the watch that found the runs that the events are about, or "" for a batch.
	watch string
	// unfired counts the events that have not been fired yet.
	unfired int
}

// EmitBatch is the workflow latch.EmitBatch. It sends each custom event to its webhooks, as
// [Emit] does for a single event. If the input has any problem, nothing is fired. An event that
// only the registry refuses does not prevent the others from being fired; the run then fails
// with InvalidSpec at its end.
func EmitBatch(ctx workflow.Context, input converter.RawValue) (*latch.EmissionBatchResult, error) {
	run := &batchRun{}
	run.session = silentSession(ctx, run)
	run.link.since, run.link.beside = continuesLate, true
	earlier, err := carriedInto(ctx, input)
	if err != nil {
		return nil, err
	}
	if err := run.begin(ctx, latch.BatchKind, input, &run.batch, earlier, run.prepare); err != nil {
		return nil, err
	}
	if earlier == nil {
		if err := run.tagStatus(); err != nil {
			return nil, err
		}
	}
	result, err := run.carryOut(ctx)
	if errors.Is(err, errContinues) {
		return nil, run.asNew(ctx, latch.WorkflowEmitBatch, input)
	}
	return result, err
}

// carryOut fires the events after admission. Its error is errContinues if the run is to
// continue as new.
func (r *batchRun) carryOut(ctx workflow.Context) (*latch.EmissionBatchResult, error) {
	fault := r.fireAll(ctx)
	if errors.Is(fault, errContinues) {
		return nil, fault
	}
	r.done = true
	if err := r.finish(ctx); err != nil {
		return nil, err
	}
	if fault != nil {
		return nil, fault
	}
	if refused := r.refused(); len(refused) > 0 {
		return nil, invalidSpec(refused)
	}
	return r.result(), nil
}

// prepare gives every event an id, and records the size of the run's input and its webhooks.
func (r *batchRun) prepare() {
	places := map[string]int{}
	r.session.webhooksOf = func(emission string) []protocol.AttachedWebhook { return r.webhooksOf(places[emission]) }
	given := make([]latch.Object, 0, 3*len(r.batch.Events))
	known := map[string]bool{}
	for i := range r.batch.Events {
		event := &r.batch.Events[i]
		if event.ID == "" {
			event.ID = r.execution.ID + "-" + strconv.Itoa(i+1)
		}
		places[event.ID] = i
		given = append(given, event.Vars, event.Instance, event.Data)
		for _, webhook := range r.webhooksOf(i) {
			if key := string(rawjson.Encode([]any{webhook.ID, webhook.EventSettings()})); !known[key] {
				known[key] = true
				r.webhooks = append(r.webhooks, webhook)
			}
		}
	}
	r.weigh(given...)
}

// webhooksOf returns the webhooks of an event: its own, and the registered ones that apply to
// it.
func (r *batchRun) webhooksOf(event int) []protocol.AttachedWebhook {
	var registered []protocol.AttachedWebhook
	for _, i := range r.admission.Events[event].Webhooks {
		registered = append(registered, r.admission.Webhooks[i])
	}
	return attach.Merge(r.batch.Events[event].Webhooks, registered)
}

// fireAll fires the events concurrently and waits for their blocking hooks. It returns the
// first error, or errContinues if the run is to continue as new.
func (r *batchRun) fireAll(ctx workflow.Context) (fault error) {
	left, earlier := 0, slices.Clone(r.firings)
	turns := r.turns()
	for i := range r.batch.Events {
		if len(r.admission.Events[i].Problems) > 0 {
			continue
		}
		left++
		r.unfired++
		workflow.Go(ctx, func(ctx workflow.Context) {
			defer func() { left-- }()
			defer turns.pass(i)
			if err := r.fireOne(ctx, i, earlier, turns); err != nil && fault == nil {
				fault = err
			}
		})
	}
	r.enter("waiting")
	mayHold, asked := false, false
	for left > 0 {
		await(disconnect(ctx), func() bool {
			early := r.unfired == 0 && r.due(ctx) && !r.link.holds && (!asked || mayHold)
			return left == 0 || fault == nil && (early || r.mayContinue(ctx))
		})
		if left > 0 && r.unfired == 0 && r.due(ctx) && !asked {
			mayHold, asked = knows(ctx, carriesSignals), true
		}
		if left > 0 && (mayHold || r.mayContinue(ctx)) && r.leaves(ctx) {
			takeMessages(ctx)
			if fault == nil && r.mayContinue(ctx) && r.quiet(ctx) && r.pack(ctx) {
				return errContinues
			}
			if !r.link.able {
				r.takeUp()
			}
		}
	}
	return fault
}

// turns make the events of a batch take their places in its order. If nil, each event takes its
// place as soon as it is planned.
type turns []bool

// turns returns the turns of the batch. Its order matters only if a webhook is ordered.
func (r *batchRun) turns() turns {
	passed, ordered := make(turns, len(r.batch.Events)), false
	for i, admission := range r.admission.Events {
		passed[i] = len(admission.Problems) > 0
		ordered = ordered || slices.ContainsFunc(r.webhooksOf(i), func(w protocol.AttachedWebhook) bool { return w.Ordered })
	}
	if !ordered {
		return nil
	}
	return passed
}

// pass marks an event as placed, or as taking no place.
func (t turns) pass(i int) {
	if t != nil {
		t[i] = true
	}
}

// take returns once all previous events have passed.
func (t turns) take(ctx workflow.Context, i int) {
	if t != nil {
		await(disconnect(ctx), func() bool { return !slices.Contains(t[:i], false) })
		t.pass(i)
	}
}

// mayContinue reports whether the run should continue as new, and no event is being fired or
// decided.
func (r *batchRun) mayContinue(ctx workflow.Context) bool {
	busy := func(f *firing) bool { return f.awaited && !f.decided && (f.changed || f.deciding) }
	return r.unfired == 0 && r.mayLeave(ctx) && !slices.ContainsFunc(r.firings, busy)
}

// fireOne fires an event and waits for its blocking hooks. If an earlier run of the chain has
// fired it, it only continues to wait.
func (r *batchRun) fireOne(ctx workflow.Context, i int, earlier []*firing, turns turns) error {
	event := &r.batch.Events[i]
	fired := slices.IndexFunc(earlier, func(f *firing) bool { return f.emission == event.ID })
	if fired < 0 {
		r.vars = event.Vars // the code below reads it before anything waits
		about := occasion{event: event.Event, emission: event.ID, data: event.Data, instance: event.Instance, watch: r.watch,
			turn: func(ctx workflow.Context) { turns.take(ctx, i) }}
		firing, err := r.fire(ctx, about, r.webhooksOf(i))
		r.unfired--
		if err != nil {
			return fmt.Errorf("event %s: %w", event.ID, err)
		}
		_, err = firing.await(ctx)
		return err
	}
	r.unfired--
	turns.pass(i)
	if earlier[fired].decided { // in an earlier run of the chain
		return nil
	}
	_, err := earlier[fired].await(ctx)
	return err
}

// refused returns the registry's problems with events, with their paths.
func (r *batchRun) refused() latch.Problems {
	var all latch.Problems
	for i, event := range r.admission.Events {
		for _, problem := range event.Problems {
			all.Addf(fmt.Sprintf("events[%d].%s", i, problem.Path), "%s", problem.Message)
		}
	}
	return all
}

// result returns the result of each event with its records.
func (r *batchRun) result() *latch.EmissionBatchResult {
	records := map[string][]latch.Record{}
	for _, record := range r.history.all() {
		records[record.Emission] = append(records[record.Emission], record)
	}
	result := &latch.EmissionBatchResult{Events: make([]latch.EmissionResult, len(r.batch.Events))}
	for i, event := range r.batch.Events {
		history := records[event.ID]
		if history == nil {
			history = []latch.Record{}
		}
		result.Events[i] = latch.EmissionResult{ID: event.ID, Event: event.Event, History: history}
	}
	return result
}

func (r *batchRun) id() string                      { return r.execution.ID }
func (r *batchRun) title() string                   { return "" }
func (r *batchRun) mark(*latch.Record)              {}
func (r *batchRun) steps() []latch.StepResult       { return nil }
func (r *batchRun) mayControl(message string) error { return mayEnd(message) }

func (r *batchRun) status() string { return runningUntil(r.done) }

func (r *batchRun) addVariables(variables expr.Variables) {
	variables["vars"] = rawjson.Encode(vars.OrEmpty(r.vars))
}
