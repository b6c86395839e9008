package workflows

import (
	"errors"
	"fmt"
	"strings"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/attach"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/vars"
	"github.com/latch-run/latch/internal/verdict"
)

// A gateRun is one run of a gate.
type gateRun struct {
	*session
	gate   latch.Gate
	result latch.GateResult
	// cancelled reports that the run was cancelled before it was decided.
	cancelled bool
}

// GateRun is the workflow latch.Gate. It fires a custom event and completes only if every hook
// lets it pass. Otherwise it fails (contract, "Gate").
func GateRun(ctx workflow.Context, input converter.RawValue) (*latch.GateResult, error) {
	run := &gateRun{}
	run.session = silentSession(ctx, run)
	run.bounds.limit = runTimeout(ctx)
	earlier, err := carriedInto(ctx, input)
	if err != nil {
		return nil, err
	}
	if err := run.begin(ctx, latch.GateKind, input, &run.gate, earlier, run.prepare); err != nil {
		return nil, err
	}
	firing := run.undecided()
	if firing == nil {
		if firing, err = run.open(ctx); err != nil {
			return nil, err
		}
	}
	run.enter("waiting")
	ruling, waiting := firing.await(ctx)
	if errors.Is(waiting, errContinues) {
		return nil, run.asNew(ctx, latch.WorkflowGate, input)
	}
	takeMessages(ctx)
	if err := run.decide(ctx, firing, ruling, waiting); err != nil {
		return nil, err
	}
	run.leaveEvidence(ctx)
	if err := run.closeInTime(ctx); err != nil {
		return nil, err
	}
	return run.end(ctx)
}

func (r *gateRun) prepare() {
	if r.gate.ID == "" {
		r.gate.ID = r.execution.ID
	}
	r.result = latch.GateResult{ID: r.gate.ID, Event: r.gate.Event}
	r.bounds.within = r.gate.DecidesWithin(r.bounds.limit)
	r.bounds.policy = latch.WithDefaults(r.gate).OnDeadline
	r.webhooks = r.attach(r.gate.Webhooks)
	attach.AtGate(r.webhooks, r.gate.Event)
	r.weigh(r.gate.Vars, r.gate.Instance, r.gate.Data)
}

func (r *gateRun) open(ctx workflow.Context) (*firing, error) {
	if err := r.tagStatus(); err != nil {
		return nil, err
	}
	return r.fire(ctx, occasion{event: r.gate.Event, data: r.gate.Data, instance: r.gate.Instance, scope: verdict.Admits}, r.webhooks)
}

// decide sets the gate's decision. A person's request takes precedence over a cancellation, and
// a cancellation over the hooks' decisions. If no hook was asked, the decision is not a yes.
func (r *gateRun) decide(ctx workflow.Context, firing *firing, ruling ruling, waiting error) error {
	r.result.Decision, r.result.Reason, r.result.DecidedBy = ruling.decision, ruling.reason, ruling.by
	switch {
	case r.control.pending():
		r.control.taken = true
		r.result.Decision, r.result.Reason = r.control.decision, r.control.describe()
		r.result.DecidedBy = r.control.by(r.gate.Event)
	case ctx.Err() != nil:
		r.cancel()
	case waiting != nil:
		return waiting
	case len(firing.hooks) == 0:
		r.result.Decision = latch.Stop
		r.result.Reason = "no webhook listens to " + r.gate.Event + ", so nobody could let the gate pass"
	}
	r.settled = true
	return r.tagStatus()
}

func (r *gateRun) cancel() {
	r.cancelled = true
	r.result.Decision, r.result.Reason, r.result.DecidedBy = latch.Stop, "the run was cancelled", latch.DecidedBy{}
}

// end closes the run. Only a decision to continue completes it, unless the run was cancelled
// while it closed.
func (r *gateRun) end(ctx workflow.Context) (*latch.GateResult, error) {
	if ctx.Err() != nil && r.result.Decision == latch.Continue {
		r.cancel()
	}
	result := r.result
	result.Status, result.History = r.status(), r.history.all()
	kind := map[string]string{latch.Stop: latch.ErrorGateStopped, latch.Rollback: latch.ErrorGateRolledBack}[result.Decision]
	switch {
	case r.cancelled:
		return nil, temporal.NewCanceledError(result)
	case result.Decision == latch.Continue:
		return &result, nil
	}
	message := fmt.Sprintf("gate %s decided %s: %s", result.ID, result.Decision, result.Reason)
	return nil, temporal.NewApplicationErrorWithOptions(strings.ToValidUTF8(message, "\uFFFD"), kind,
		temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{result}})
}

func (r *gateRun) id() string                { return r.gate.ID }
func (r *gateRun) title() string             { return "" }
func (r *gateRun) mark(*latch.Record)        {}
func (r *gateRun) steps() []latch.StepResult { return nil }
func (r *gateRun) mayControl(string) error   { return nil }

func (r *gateRun) status() string {
	switch {
	case r.cancelled:
		return latch.GateCancelled
	case r.result.Decision == latch.Continue:
		return latch.GatePassed
	case r.result.Decision == latch.Stop:
		return latch.GateStopped
	case r.result.Decision == latch.Rollback:
		return latch.GateRolledBack
	default:
		return latch.GateRunning
	}
}

func (r *gateRun) addVariables(variables expr.Variables) {
	variables["vars"] = rawjson.Encode(vars.OrEmpty(r.gate.Vars))
}
