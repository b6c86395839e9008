package workflows

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"

	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/vars"
	"github.com/latch-run/latch/internal/verdict"
)

// maximumInFlight bounds the concurrent deliveries of one event.
const maximumInFlight = 500

// A firing is one event of a run, from its plan to its decision.
type firing struct {
	session *session
	// subject is what the event is about: the session's subject, except around a user's own
	// workflow.
	subject  subject
	sequence int
	event    string
	step     string
	emission string
	// unplanned reports that the run which this one reports was ended while it planned the event.
	unplanned bool
	// watch is the watch that found the run that the event is about. That run's id is the
	// emission.
	watch string
	// variables are the variables of all hooks, from the time when the event fired.
	variables expr.Variables
	hooks     []*hook
	// scope says what hooks at this event decide.
	scope verdict.Scope
	// awaited reports that something waits for the decision.
	awaited bool
	// nothingDone reports that no step has started. A stop is then final at once.
	nothingDone bool
	decided     bool
	inFlight    int
	// listeners are the webhooks that are told of the event's locks.
	listeners []protocol.AttachedWebhook
	// lockOf is the hook whose lock the event is about, or nil.
	lockOf *hook
	// operators are the webhooks to notify about deliveries that fail permanently.
	operators []protocol.AttachedWebhook
	// frozen are the locks of freezes that the event consists of. It is nil for any other event.
	frozen []protocol.AttachedWebhook
	// changed reports that something happened since the hooks were last examined. deciding
	// reports that they are being examined.
	changed, deciding bool
}

// An occasion describes the event to fire.
type occasion struct {
	event       string
	step        *vars.Step
	target      *vars.Target
	scope       verdict.Scope
	nothingDone bool
	// data and instance are those of an emission.
	data, instance latch.Object
	// emission is the id of one event of several in the run. Its hooks then see only its own
	// records.
	emission string
	// watch is the watch that found the run that the event is about.
	watch string
	// turn waits until the event may take its place among the run's others. It is nil for an
	// event that fires alone.
	turn func(workflow.Context)
	// about is what the event is about. It is nil for the session's subject.
	about subject
	// lockOf is the hook whose lock the event is about, or nil.
	lockOf *hook
	// tells are the webhooks that are told of the event's locks. It is nil if they are those that
	// the event fires to.
	tells []protocol.AttachedWebhook
}

// An informing subject has variables that it reads only if an event needs them.
type informing interface {
	inform(ctx workflow.Context, f *firing)
}

// fire plans the event's deliveries, makes the locks, writes the records and sends. It returns
// once everything is being sent.
func (s *session) fire(ctx workflow.Context, o occasion, webhooks []protocol.AttachedWebhook) (*firing, error) {
	f, err := s.ready(ctx, o, webhooks)
	if err != nil || len(f.hooks) == 0 {
		return f, err
	}
	return f, workflow.Await(disconnect(ctx), f.dispatch())
}

// ready makes a firing whose deliveries only have to be dispatched: it plans them, makes the locks
// and writes the records.
func (s *session) ready(ctx workflow.Context, o occasion, webhooks []protocol.AttachedWebhook) (*firing, error) {
	f := s.newFiring(o, webhooks)
	if len(f.hooks) == 0 {
		return f, nil
	}
	if about, informs := f.subject.(informing); informs {
		about.inform(ctx, f)
	}
	plan, err := f.plan(ctx)
	if err != nil {
		return nil, err
	}
	if o.turn != nil {
		o.turn(ctx)
	}
	for i, hook := range f.hooks {
		hook.begin(plan[i])
	}
	f.tellOpenLocks()
	if err := s.showLocks(); err != nil {
		return nil, err
	}
	return f, nil
}

// newFiring adds the event to the run's, with the hooks of the webhooks that listen to it.
func (s *session) newFiring(o occasion, webhooks []protocol.AttachedWebhook) *firing {
	f := &firing{session: s, subject: cmp.Or(o.about, s.subject), sequence: len(s.firings), event: o.event, emission: o.emission,
		watch: o.watch, scope: o.scope, nothingDone: o.nothingDone}
	f.step = place{step: o.step, target: o.target}.name()
	if o.lockOf != nil {
		f.step = o.lockOf.firing.step
	}
	s.enlist(f)
	f.variables = s.variablesOf(f.subject, o.step)
	f.variables["event"] = rawjson.Encode(o.event)
	if o.target != nil {
		f.variables["target"] = rawjson.Encode(o.target)
	}
	if o.data != nil {
		f.variables["data"] = rawjson.Encode(o.data)
	}
	if o.instance != nil {
		f.variables["instance"] = rawjson.Encode(o.instance)
	}
	if o.lockOf != nil {
		f.beAbout(o.lockOf)
	} else {
		s.event = o.event
	}
	f.operators = operatorsOf(o.event, webhooks)
	for i := range webhooks {
		if settings, listens := webhooks[i].On(o.event); listens {
			f.hooks = append(f.hooks, newHook(f, &webhooks[i], settings))
		}
	}
	f.listeners = f.listenersOf(webhooks)
	if o.tells != nil {
		f.listeners = f.listenersOf(o.tells)
	}
	return f
}

// plan asks for what needs randomness or an expression: locks and `when`. An event without
// either needs no question.
func (f *firing) plan(ctx workflow.Context) ([]protocol.PlannedHook, error) {
	needed := slices.ContainsFunc(f.hooks, func(h *hook) bool { return h.settings.Blocking || h.mayAsk() || h.settings.When != "" })
	planned := make([]protocol.PlannedHook, len(f.hooks))
	if !needed {
		return planned, nil
	}
	request := protocol.PlanRequest{WorkflowID: f.session.execution.ID}
	for _, hook := range f.hooks {
		ask := protocol.PlanHook{Webhook: hook.lockName(), Blocking: hook.settings.Blocking || hook.mayAsk(), When: hook.settings.When}
		if ask.When != "" {
			ask.Variables = hook.variables(mentioned(ask.When))
		}
		if ask.Blocking {
			ask.Shows = hook.shows()
		}
		request.Hooks = append(request.Hooks, ask)
	}
	err := ask(ctx, "Plan "+f.event, protocol.ActivityPlan, request, &planned)
	if err == nil && len(planned) != len(f.hooks) {
		err = fmt.Errorf("plan of %s: %d hooks answered of %d", f.event, len(planned), len(f.hooks))
	}
	return planned, err
}

// deliveryID returns an id that is the same for every attempt of one delivery and unique among
// deliveries. It is derived from the run, the firing with its event, and the webhook. The run's id suffices,
// and is all that a replayer of a history file knows. For a run that a watch has found, it is
// derived from that run and the watch.
func (f *firing) deliveryID(webhook string) string {
	if f.watch != "" {
		return protocol.WatchDeliveryID(f.watch, f.emission, webhook)
	}
	origin := fmt.Sprintf("%s\x00%d\x00%s", f.session.originalRunID, f.sequence, webhook)
	if f.session.admission.SafeToRedo {
		origin += "\x00" + f.event + "\x00" + f.step
	}
	if f.session.admission.RunInDeliveryIDs {
		return protocol.DeliveryID(f.session.originalRunID, origin)
	}
	sum := sha256.Sum256([]byte(origin))
	return "dlv_" + base64.RawURLEncoding.EncodeToString(sum[:18])
}

// dispatch sends all deliveries that are not settled. The caller waits until hasBegun reports that
// as many as possible have begun, so that its next actions come later.
func (f *firing) dispatch() (hasBegun func() bool) {
	dispatched, begun := 0, 0
	for _, hook := range f.hooks {
		if hook.state != verdict.UnderWay {
			continue
		}
		f.session.inFlight++
		switch {
		case hook.mustWait():
			f.session.queue(hook)
		case hook.inVolley():
			f.session.volleys.add(hook)
		default:
			dispatched++
			hook.setOut(func() { begun++ })
		}
	}
	atOnce := min(dispatched, maximumInFlight)
	return func() bool { return begun >= atOnce && f.session.volleys.begun() }
}

// setOut sends the hook's delivery by its own activity, once its event has a place for it, and
// then calls begun.
func (h *hook) setOut(begun func()) {
	f := h.firing
	workflow.Go(f.session.detached, func(ctx workflow.Context) {
		if f.inFlight >= maximumInFlight {
			if err := workflow.Await(ctx, func() bool { return f.inFlight < maximumInFlight }); err != nil {
				return // the context is never cancelled
			}
		}
		f.inFlight++
		begun()
		h.send(ctx)
		f.release()
	})
}

// release passes the place of a delivery that has ended, or was handed over, to the next one.
func (f *firing) release() {
	f.inFlight--
	f.session.inFlight--
	f.changed = true
}

// A ruling is an event's decision with its reason.
type ruling struct {
	decision string
	by       latch.DecidedBy
	reason   string
}

// await waits for the event's decision. It ends early if a person stops or rolls back. It
// returns an error if ctx is cancelled, and errContinues if the run is to continue as new.
func (f *firing) await(ctx workflow.Context) (_ ruling, err error) {
	if !slices.ContainsFunc(f.hooks, (*hook).takesPart) {
		return ruling{decision: latch.Continue}, nil
	}
	f.awaited = true
	defer func() { f.ends(err) }()
	alarm := &alarm{}
	defer alarm.cancel()
	for {
		f.changed, f.deciding = false, true
		f.heedTime(ctx)
		err := f.decideHooks(ctx)
		if f.deciding = false; err != nil {
			return ruling{}, err
		}
		decision, final := verdict.Combine(f.decisions(), f.nothingDone)
		if !final && !f.session.control.pending() && f.session.halted != "" {
			return ruling{}, f.override(ruling{reason: f.session.halted})
		}
		if final || f.session.control.pending() {
			result := f.rule(decision)
			f.count(decision)
			return result, f.override(result)
		}
		if err := f.session.showLocks(); err != nil {
			return ruling{}, err
		}
		if !f.session.link.beside && f.session.leaves(ctx) {
			takeMessages(ctx)
			switch {
			case f.changed || f.session.control.pending():
				continue
			case f.session.mayLeave(ctx) && f.session.pack(ctx):
				return ruling{}, errContinues
			}
		}
		alarm.set(ctx, f, f.nextDeadline())
		err = workflow.Await(ctx, func() bool {
			return f.changed || f.session.control.pending() || f.session.halted != "" || alarm.rings() || !f.session.link.beside && f.session.mayLeave(ctx)
		})
		if err != nil {
			if failed := f.override(ruling{reason: "the run was cancelled"}); failed != nil {
				return ruling{}, failed
			}
			return ruling{}, err
		}
	}
}

// count counts the event's decision in the metrics. If a person stopped or rolled back, the
// decision is that person's.
func (f *firing) count(decision string) {
	pending := f.session.control.pending()
	if pending {
		decision = f.session.control.decision
	}
	counts{f.session.detached}.decided(f.event, decision, pending)
}

// ends records that nothing waits for the event's decision any more, unless the next run of the
// chain continues to wait.
func (f *firing) ends(err error) {
	if errors.Is(err, errContinues) {
		return
	}
	f.decided = true
	f.session.takeUp()
}

// decideHooks decides every hook that is settled.
func (f *firing) decideHooks(ctx workflow.Context) error {
	for _, hook := range f.hooks {
		if hook.takesPart() && hook.needsDecision() {
			if err := hook.decide(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// decisions returns the decisions so far of the hooks that take part.
func (f *firing) decisions() []string {
	var decisions []string
	for _, hook := range f.hooks {
		if hook.takesPart() {
			decisions = append(decisions, hook.decision)
		}
	}
	return decisions
}

// rule names the hook that determined the decision.
func (f *firing) rule(decision string) ruling {
	result := ruling{decision: decision}
	if decision == latch.Continue {
		return result
	}
	for _, hook := range f.hooks {
		if hook.takesPart() && hook.decision == decision {
			result.by = hook.decidedBy()
			result.reason = hook.reason()
			return result
		}
	}
	return result
}

// override ends the waits of hooks that are still open. Their records are skipped, with the
// reason.
func (f *firing) override(because ruling) error {
	f.decided = true
	reason := because.reason
	if because.decision != "" {
		reason = "the event was decided: " + because.decision
	}
	if f.session.control.pending() {
		reason = f.session.control.describe()
	}
	for _, hook := range f.hooks {
		hook.overridden(reason)
	}
	return f.session.showLocks()
}

// mayStillChange reports whether records of the event can still be changed.
func (f *firing) mayStillChange() bool { return !f.awaited || !f.decided }

// with returns variables with additional ones.
func with(variables expr.Variables, added expr.Variables) expr.Variables {
	merged := maps.Clone(variables)
	maps.Copy(merged, added)
	return merged
}
