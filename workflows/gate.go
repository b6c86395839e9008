package workflows

import (
	"encoding/json"
	"errors"
	"fmt"

	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/vars"
	"github.com/latch-run/latch/internal/verdict"
)

// A GateResult is the decision of a gate.
type GateResult = latch.GateResult

// Gate fires a custom event in a user's own workflow and waits until its hooks have decided:
// blocking ones by their locks, others by their answers. Unlike those of an emission, the hooks
// may have stop_release and rollback_release. Without them the defaults of a release's events
// apply.
//
// The workflow answers Latch's queries, signals and updates from its first call of Gate or
// [Fire] on. Like Latch's own workflows, it closes only after every delivery has settled or was
// handed over. A person's stop or rollback decides the gate that is waiting, or else the next
// one.
//
// Gate needs the plugin in the worker. Package latchtest tests workflows that call it. The
// error for an invalid emission is InvalidSpec. If ctx is cancelled, the error is
// workflow.ErrCanceled.
func Gate(ctx workflow.Context, emission latch.Emission) (*GateResult, error) {
	s, err := sessionOf(ctx)
	if err != nil {
		return nil, err
	}
	firing, err := s.fireEmission(ctx, latch.GateKind, emission)
	if err != nil {
		return nil, err
	}
	s.enter("waiting")
	ruling, err := firing.await(ctx)
	if err != nil {
		return nil, err
	}
	result := &GateResult{Decision: ruling.decision, Reason: ruling.reason, DecidedBy: ruling.by}
	if s.control.pending() {
		s.control.taken = true
		result.Decision, result.Reason = s.control.decision, s.control.describe()
		result.DecidedBy = s.control.by(emission.Event)
		s.control = nil // another request may decide a later gate
	}
	s.enter("working")
	result.History = firing.records()
	return result, nil
}

// Fire fires a custom event in a user's own workflow. It only waits for blocking hooks, and
// returns the event's records; deliveries continue while the workflow does. Otherwise it is
// like [Gate].
func Fire(ctx workflow.Context, emission latch.Emission) ([]latch.Record, error) {
	s, err := sessionOf(ctx)
	if err != nil {
		return nil, err
	}
	firing, err := s.fireEmission(ctx, latch.EmissionKind, emission)
	if err != nil {
		return nil, err
	}
	if _, err := firing.await(ctx); err != nil {
		return nil, err
	}
	return firing.records(), nil
}

func (s *session) fireEmission(ctx workflow.Context, kind latch.Kind, emission latch.Emission) (*firing, error) {
	input, err := json.Marshal(emission)
	if err != nil {
		return nil, invalidSpec(latch.Problems{{Message: err.Error()}})
	}
	if err := s.admit(ctx, kind, input, 0); err != nil {
		s.settled, s.refused = false, false // the workflow may continue without this event
		return nil, err
	}
	if own, ok := s.subject.(*ownRun); ok {
		own.vars = emission.Vars
	}
	s.weigh(emission.Vars, emission.Instance, emission.Data)
	webhooks := s.attach(emission.Webhooks) // a copy: later calls have other webhooks
	about := occasion{event: emission.Event, data: emission.Data, instance: emission.Instance}
	if kind == latch.GateKind {
		about.scope = verdict.Decides
	}
	return s.fire(ctx, about, webhooks)
}

func (f *firing) records() []latch.Record {
	records := make([]latch.Record, len(f.hooks))
	for i, hook := range f.hooks {
		records[i] = *hook.record
	}
	return records
}

// An ownRun is a run of a user's own workflow.
type ownRun struct {
	session    *session
	workflowID string
	vars       latch.Object
	closed     bool
}

func (r *ownRun) id() string                { return r.workflowID }
func (r *ownRun) title() string             { return "" }
func (r *ownRun) mark(*latch.Record)        {}
func (r *ownRun) steps() []latch.StepResult { return nil }
func (r *ownRun) mayControl(string) error   { return nil }

func (r *ownRun) status() string { return runningUntil(r.closed) }

func (r *ownRun) addVariables(variables expr.Variables) {
	variables["vars"] = rawjson.Encode(vars.OrEmpty(r.vars))
}

type ownRunKey struct{}

// errNoPlugin is the error of a worker without the plugin.
var errNoPlugin = errors.New("latch: workflows.Gate and workflows.Fire need the plugin of github.com/latch-run/latch/plugin in the worker's options")

// sessionOf returns the run's session, which the first call creates.
func sessionOf(ctx workflow.Context) (*session, error) {
	run, ok := ctx.Value(ownRunKey{}).(*ownRun)
	if !ok {
		return nil, errNoPlugin
	}
	if run.session == nil {
		// Setting update handlers lets other coroutines run. Their gates must find this
		// session.
		run.session = silentSession(ctx, run)
		if err := run.session.answer(ctx); err != nil {
			return nil, err
		}
	}
	if run.session.guest { // made around the workflow, which now has a part in it
		run.session.guest = false
		if err := run.session.answer(ctx); err != nil {
			return nil, err
		}
	}
	return run.session, nil
}

// Interceptor holds the session of workflows that call [Gate] or [Fire], and closes it before
// they close. Around runs to whose events somebody listens it fires the events of a job. It does
// not affect other workflows.
type Interceptor struct {
	interceptor.WorkerInterceptorBase
	// Listeners knows who listens. It may be nil: then nobody does.
	Listeners Listeners
}

// InterceptWorkflow wraps a workflow in the keeper.
func (i *Interceptor) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &keeper{WorkflowInboundInterceptorBase: interceptor.WorkflowInboundInterceptorBase{Next: next}, listeners: i.Listeners}
}

type keeper struct {
	interceptor.WorkflowInboundInterceptorBase
	listeners Listeners
	// held takes messages while a hook holds the run. It is nil otherwise.
	held *heldSignal
}

// ExecuteWorkflow runs the workflow and then waits for its deliveries.
func (k *keeper) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	run := &ownRun{workflowID: workflow.GetInfo(ctx).WorkflowExecution.ID}
	work := func() (any, error) { return k.Next.ExecuteWorkflow(workflow.WithValue(ctx, ownRunKey{}, run), in) }
	around := k.lifecycleOf(ctx, run, in)
	var result any
	var err error
	if around == nil {
		result, err = work()
	} else {
		result, err = around.surround(ctx, k, work)
	}
	if run.session == nil {
		return result, err
	}
	run.closed, run.session.settled = true, true
	if closing := run.session.close(ctx); closing != nil && err == nil {
		return nil, fmt.Errorf("closing Latch's session: %w", closing)
	}
	return result, err
}
