package workflows

import (
	"fmt"
	"maps"
	"slices"

	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/verdict"
)

// carried returns the state for the next run of the chain.
func (s *session) carried() *protocol.State {
	state := &protocol.State{
		First: workflow.GetInfo(s.detached).FirstRunID, RunID: s.runID, Started: s.started, Admission: s.admission, Records: s.history.all(), Streams: s.streams.carried(),
		Signals: s.unread.carried(), LockNews: s.carriedNews(), Kept: s.kept, TaggedWebhooks: s.taggedWebhooks, Rejected: s.rejected,
		Phase: s.phase, Event: s.event, Step: s.step, ShownLocks: s.shownLocks, ShownPauses: s.shownPauses,
	}
	if subject, progresses := s.subject.(interface{ progress(*protocol.State) }); progresses {
		subject.progress(state)
	}
	places := map[*latch.Record]int{}
	for i, record := range s.history.records {
		places[record.Record] = i
	}
	for _, firing := range s.firings {
		state.Firings = append(state.Firings, firing.carried(places))
	}
	return state
}

func (f *firing) carried(places map[*latch.Record]int) protocol.FiringState {
	if f.isUnplanned() {
		return protocol.FiringState{Event: f.event, Step: f.step, Emission: f.emission, Unplanned: true}
	}
	state := protocol.FiringState{Event: f.event, Step: f.step, Emission: f.emission, Scope: f.scope,
		Awaited: f.awaited, NothingDone: f.nothingDone, Decided: f.decided, Frozen: f.frozen}
	if f.lockOf != nil {
		state.LockOf = f.lockOf.record.DeliveryID
	}
	var needed []string
	for _, hook := range f.hooks {
		place, held := places[hook.record]
		if !held && f.isOver() {
			continue // its record was dropped, and nothing can change it any more
		}
		state.Hooks = append(state.Hooks, hook.carried(place, held))
		if !f.isOver() {
			needed = append(needed, neededBy(verdict.ForEvent(hook.settings, f.scope))...)
		}
		if hook.state == verdict.UnderWay && state.Hooks[len(state.Hooks)-1].UnderWay == nil {
			needed = append(needed, neededByDelivery(hook.webhook, hook.settings)...)
		}
	}
	if len(f.listeners) > 0 && !f.isOver() {
		needed = append(needed, variablesAtLocks...)
	}
	state.Variables = only(f.variables, needed)
	return state
}

// isUnplanned reports whether the event is being planned: its hooks have no records yet. No run
// continues as new meanwhile, but one may be ended from outside.
func (f *firing) isUnplanned() bool {
	return f.unplanned || slices.ContainsFunc(f.hooks, func(h *hook) bool { return h.record == nil })
}

// isOver reports whether nothing can change the event's records any more.
func (f *firing) isOver() bool {
	return !f.mayStillChange() && !slices.ContainsFunc(f.hooks, func(h *hook) bool { return h.state == verdict.UnderWay })
}

func (h *hook) carried(place int, held bool) protocol.HookState {
	state := protocol.HookState{Webhook: h.webhook.ID, Record: place, Delivery: h.state, LockRemoved: h.lockRemoved,
		Decision: h.decision, Skipped: h.skipped, WhenFailed: h.whenFailed, Rule: h.rule, Since: h.since,
		Waits: h.turn == laidBy || h.turn == waiting, UnderWay: h.underWay()}
	state.Spare = h.spare
	if h.record.Lock.Open() { // of a decided lock the record tells the votes
		state.Votes = h.votes
	}
	if !held {
		state.Gone = h.record
	}
	if !h.firing.isOver() {
		state.Answered, state.Brought, state.Answer = h.answered, h.brought, h.answer
		state.Verdict, state.Reconsider = h.verdict, h.reconsider
	}
	return state
}

// underWay returns what is needed to continue the delivery. A run that continues as new has
// taken it down before; a run that was ended from outside has not.
func (h *hook) underWay() *protocol.Delivery {
	send := h.attempt.send
	if h.kept != nil || !isOwn(h) || send == nil || send.Request.DeliveryID != h.record.DeliveryID {
		return h.kept
	}
	return &protocol.Delivery{Send: *send, NotBefore: send.NotBefore}
}

// takeOver makes the run continue where the previous one ended. It needs the subject and its
// webhooks. Deliveries continue once takeUp is called.
func (s *session) takeOver(state *protocol.State) error {
	s.runID, s.started, s.kept = state.RunID, state.Started, state.Kept
	s.taggedWebhooks, s.rejected = state.TaggedWebhooks, state.Rejected
	s.phase, s.event, s.step = state.Phase, state.Event, state.Step
	s.shownLocks, s.shownPauses = state.ShownLocks, state.ShownPauses
	s.streams.takeOver(state.Streams)
	s.unread = takenOver(state.Signals)
	for _, record := range state.Records {
		s.history.add(record)
	}
	for i := range state.Firings {
		if err := s.refire(&state.Firings[i]); err != nil {
			return err
		}
	}
	s.takeOverNews(state.LockNews)
	return nil
}

// refire recreates a firing from the state of an earlier run of the chain.
func (s *session) refire(state *protocol.FiringState) error {
	f := &firing{session: s, subject: s.subject, sequence: len(s.firings), event: state.Event, step: state.Step, emission: state.Emission,
		scope: state.Scope, awaited: state.Awaited, nothingDone: state.NothingDone, decided: state.Decided,
		unplanned: state.Unplanned, variables: expr.Variables{}, frozen: state.Frozen}
	webhooks := s.webhooks
	switch {
	case f.isFreeze():
		webhooks = state.Frozen
	case s.webhooksOf != nil:
		webhooks = s.webhooksOf(state.Emission)
	}
	f.operators = operatorsOf(state.Event, webhooks)
	maps.Copy(f.variables, state.Variables)
	s.firings = append(s.firings, f)
	for i := range state.Hooks {
		if err := f.rehook(&state.Hooks[i], webhooks); err != nil {
			return err
		}
	}
	if f.isFreeze() {
		webhooks = s.webhooks
	}
	f.listeners, f.lockOf = f.listenersOf(webhooks), s.byDelivery(state.LockOf)
	return nil
}

func (f *firing) rehook(state *protocol.HookState, webhooks []protocol.AttachedWebhook) error {
	s := f.session
	i := slices.IndexFunc(webhooks, func(w protocol.AttachedWebhook) bool { return w.ID == state.Webhook })
	if i < 0 || state.Gone == nil && (state.Record < 0 || state.Record >= len(s.history.records)) {
		return invalidSpec(latch.Problems{{Message: fmt.Sprintf("what the earlier run left does not fit: webhook %q at %s", state.Webhook, f.event)}})
	}
	settings, _ := webhooks[i].On(f.event)
	h := newHook(f, &webhooks[i], settings)
	h.state, h.lockRemoved, h.decision = state.Delivery, state.LockRemoved, state.Decision
	h.skipped, h.whenFailed, h.rule, h.since, h.kept = state.Skipped, state.WhenFailed, state.Rule, state.Since, state.UnderWay
	h.answered, h.brought, h.answer = state.Answered, state.Brought, state.Answer
	h.verdict, h.reconsider = state.Verdict, state.Reconsider
	h.record = state.Gone
	if h.record == nil {
		h.record = s.history.records[state.Record].Record
	}
	h.spare, h.votes = state.Spare, state.Votes
	if h.webhook.Analysis != nil && h.record.Lock != nil {
		h.settings.Blocking = true // because its analysis was inconclusive
	}
	if state.Waits {
		h.turn = laidBy
	}
	h.enterStream()
	f.hooks = append(f.hooks, h)
	return nil
}

// undecided returns the event that the earlier run waited for, or nil.
func (s *session) undecided() *firing {
	for _, firing := range slices.Backward(s.firings) {
		switch {
		case firing.awaited && !firing.decided:
			return firing
		case !latch.IsLockEvent(firing.event):
			return nil
		}
	}
	return nil
}
