package workflows

import (
	"encoding/json"
	"errors"
	"slices"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/vars"
)

// An emitRun is one run of an emission.
type emitRun struct {
	*session
	emission latch.Emission
	done     bool
}

// Emit is the workflow latch.Emit. It sends a custom event to its webhooks, waits for its
// blocking hooks, and completes even if deliveries fail (contract, "Emission").
func Emit(ctx workflow.Context, input, origin converter.RawValue) (*latch.EmissionResult, error) {
	run := &emitRun{}
	run.session = silentSession(ctx, run)
	earlier, err := carriedInto(ctx, input)
	if err != nil {
		return nil, err
	}
	from := originOf(origin)
	run.about = from.Endpoint
	run.link.given = len(payloadJSON(origin))
	if err := run.begin(ctx, from.kind(), input, &run.emission, earlier, func() { run.prepare(from) }); err != nil {
		return nil, err
	}
	firing := run.undecided()
	if firing == nil {
		if firing, err = run.fireIt(ctx); err != nil {
			return nil, err
		}
	}
	run.enter("waiting")
	_, waiting := firing.await(ctx)
	if errors.Is(waiting, errContinues) {
		return nil, run.asNew(ctx, latch.WorkflowEmit, input, origin)
	}
	run.done = true
	if err := run.finish(ctx); err != nil {
		return nil, err
	}
	if waiting != nil {
		return nil, waiting
	}
	return &latch.EmissionResult{ID: run.emission.ID, Event: run.emission.Event, History: run.history.all()}, nil
}

func (r *emitRun) prepare(from emitOrigin) {
	if r.emission.ID == "" {
		r.emission.ID = r.execution.ID
	}
	r.webhooks = r.attach(r.emission.Webhooks)
	from.mark(r.webhooks)
	r.weigh(r.emission.Vars, r.emission.Instance, r.emission.Data)
}

func (r *emitRun) fireIt(ctx workflow.Context) (*firing, error) {
	if err := r.tagStatus(); err != nil {
		return nil, err
	}
	return r.fire(ctx, occasion{event: r.emission.Event, data: r.emission.Data, instance: r.emission.Instance}, r.webhooks)
}

// finish closes a run that fires events, once none of them waits. A later message is refused.
func (s *session) finish(ctx workflow.Context) error {
	s.settled = true
	if s.control != nil {
		s.control.taken = true
	}
	if err := s.tagStatus(); err != nil {
		return err
	}
	return s.close(ctx)
}

// An emitOrigin is the origin of an emission.
type emitOrigin protocol.EmitOrigin

func originOf(argument converter.RawValue) emitOrigin {
	var given emitOrigin
	if data := payloadJSON(argument); len(data) == 0 || json.Unmarshal(data, &given) != nil {
		return emitOrigin{} // not passed by Latch
	}
	return given
}

// kind is the kind for admission: an event about a delivery, or a custom event.
func (o emitOrigin) kind() latch.Kind {
	switch {
	case o.Endpoint != "":
		return latch.EndpointKind
	case o.Operator:
		return latch.DeliveryKind
	}
	return latch.EmissionKind
}

// mark marks the registered ones among the webhooks of an event about a delivery.
func (o emitOrigin) mark(webhooks []protocol.AttachedWebhook) {
	if !o.Operator || o.Endpoint != "" {
		return // admission says which are registered
	}
	for i := range webhooks {
		webhooks[i].Registered = slices.Contains(o.Registered, webhooks[i].ID)
	}
}

func (r *emitRun) id() string                { return r.emission.ID }
func (r *emitRun) title() string             { return "" }
func (r *emitRun) mark(*latch.Record)        {}
func (r *emitRun) steps() []latch.StepResult { return nil }

func (r *emitRun) status() string { return runningUntil(r.done) }

// runningUntil returns the status of a run that fires events.
func runningUntil(done bool) string {
	if done {
		return "completed"
	}
	return "running"
}

func (r *emitRun) mayControl(message string) error { return mayEnd(message) }

// mayEnd refuses messages that a run that fires events does not support.
func mayEnd(message string) error {
	if message == latch.MessageRollback {
		return errors.New("an emission cannot be rolled back; stop ends its waits")
	}
	return nil
}

func (r *emitRun) addVariables(variables expr.Variables) {
	variables["vars"] = rawjson.Encode(vars.OrEmpty(r.emission.Vars))
}
