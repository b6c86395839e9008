package workflows

import (
	"fmt"
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
	// watch is the watch that has found what the events are about; "" for a batch.
	watch string
}

// EmitBatch is the workflow latch.EmitBatch: it sends each custom event to its
// webhooks, as [Emit] does with one. Nothing is fired if anything is wrong with
// the input as it stands. An event that only the registry refuses keeps none of
// the others from being fired; then the run fails with InvalidSpec at its end.
func EmitBatch(ctx workflow.Context, input converter.RawValue) (*latch.EmissionBatchResult, error) {
	run := &batchRun{}
	var err error
	if run.session, err = newSession(ctx, run); err != nil {
		return nil, err
	}
	if err := run.take(ctx, latch.BatchKind, input, &run.batch); err != nil {
		return nil, err
	}
	return run.carryOut(ctx)
}

// carryOut fires the events, once they are admitted.
func (r *batchRun) carryOut(ctx workflow.Context) (*latch.EmissionBatchResult, error) {
	r.begin()
	if err := r.tagStatus(); err != nil {
		return nil, err
	}
	fault := r.fireAll(ctx)
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

// begin gives every event its id, and notes what the run was given and which
// webhooks it has.
func (r *batchRun) begin() {
	given := make([]latch.Object, 0, 3*len(r.batch.Events))
	known := map[string]bool{}
	for i := range r.batch.Events {
		event := &r.batch.Events[i]
		if event.ID == "" {
			event.ID = r.execution.ID + "-" + strconv.Itoa(i+1)
		}
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

// webhooksOf returns the webhooks of an event: its own, and the registered ones
// that apply to it.
func (r *batchRun) webhooksOf(event int) []protocol.AttachedWebhook {
	var registered []protocol.AttachedWebhook
	for _, i := range r.admission.Events[event].Webhooks {
		registered = append(registered, r.admission.Webhooks[i])
	}
	return attach.Merge(r.batch.Events[event].Webhooks, registered)
}

// fireAll fires the events beside each other and waits for their blocking hooks.
// It returns the first error.
func (r *batchRun) fireAll(ctx workflow.Context) (fault error) {
	left := 0
	for i := range r.batch.Events {
		if len(r.admission.Events[i].Problems) > 0 {
			continue
		}
		left++
		workflow.Go(ctx, func(ctx workflow.Context) {
			defer func() { left-- }()
			if err := r.fireOne(ctx, i); err != nil && fault == nil {
				fault = err
			}
		})
	}
	r.enter("waiting")
	if err := workflow.Await(disconnect(ctx), func() bool { return left == 0 }); err != nil && fault == nil {
		fault = err
	}
	return fault
}

func (r *batchRun) fireOne(ctx workflow.Context, i int) error {
	event := &r.batch.Events[i]
	r.vars = event.Vars // which what follows reads before anything waits
	firing, err := r.fire(ctx, occasion{event: event.Event, emission: event.ID, data: event.Data, instance: event.Instance, watch: r.watch}, r.webhooksOf(i))
	if err != nil {
		return fmt.Errorf("event %s: %w", event.ID, err)
	}
	_, err = firing.await(ctx)
	return err
}

// refused returns what the registry has against events, with their places.
func (r *batchRun) refused() latch.Problems {
	var all latch.Problems
	for i, event := range r.admission.Events {
		for _, problem := range event.Problems {
			all.Addf(fmt.Sprintf("events[%d].%s", i, problem.Path), "%s", problem.Message)
		}
	}
	return all
}

// result tells of each event with its records.
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
