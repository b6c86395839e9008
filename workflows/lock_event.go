package workflows

import (
	"encoding/json"
	"maps"
	"slices"

	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/locklink"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/verdict"
)

// The events about locks, LOCK_OPENED and the like. The run that holds a lock fires them, to those
// of its webhooks that listen. A run to which nobody listens does nothing here: no earlier version
// accepted a webhook for these events, so no recorded history has a listener.
//
// They fire in a coroutine of their own, one after the other: whatever opens or closes a lock goes
// on at once. While the run is about to continue as new they wait, and the next run fires them.

// A lockNews is an event about a lock that is to fire.
type lockNews struct {
	hook  *hook
	event string
	data  latch.Object
}

// A lockNewsQueue holds the events about locks that are to fire, in order.
type lockNewsQueue struct {
	waiting []lockNews
	// open reports that a coroutine fires them.
	open bool
}

// variablesAtLocks are the variables of an event that the events about its locks have too.
var variablesAtLocks = []string{"step", "target", "instance"}

// listenersOf returns the webhooks, if the event may have a lock and one of them is told of locks.
func (f *firing) listenersOf(webhooks []protocol.AttachedWebhook) []protocol.AttachedWebhook {
	if !slices.ContainsFunc(f.hooks, func(h *hook) bool { return h.settings.Blocking || h.mayAsk() }) {
		return nil
	}
	listens := func(w protocol.AttachedWebhook) bool {
		return slices.ContainsFunc(w.EventSettings(), func(e latch.Event) bool { return latch.IsLockEvent(e.Event) })
	}
	if !slices.ContainsFunc(webhooks, listens) {
		return nil
	}
	return webhooks
}

// beAbout makes the event one about a hook's lock, at the step of the event that is held.
func (f *firing) beAbout(h *hook) {
	f.lockOf = h
	maps.Copy(f.variables, only(h.firing.variables, variablesAtLocks))
}

// isHeard reports whether a webhook listens to an event about the hook's lock.
func (h *hook) isHeard(event string) bool {
	return slices.ContainsFunc(h.firing.listeners, func(w protocol.AttachedWebhook) bool { _, listens := w.On(event); return listens })
}

// tellOpenLocks tells of the locks with which the event begins.
func (f *firing) tellOpenLocks() {
	for _, hook := range f.hooks {
		if hook.record.Lock.Open() {
			hook.tellLock(latch.EventLockOpened, latch.LockEvent{})
		}
	}
}

// tellLockClosed tells how the hook's lock was closed.
func (h *hook) tellLockClosed() {
	lock := h.record.Lock
	if lock.Via == latch.ViaTimeout {
		h.tellLock(latch.EventLockTimedOut, latch.LockEvent{TimedOut: &latch.LockTimedOut{At: lock.RemovedAt,
			Decision: h.record.Decision, Rule: h.record.Rule}})
		return
	}
	h.tellLock(latch.EventLockRemoved, latch.LockEvent{Removed: &latch.LockRemoved{At: lock.RemovedAt, By: lock.RemovedBy,
		IdentifiedBy: lock.IdentifiedBy, Via: lock.Via, Reason: lock.Reason, Result: h.record.Result}})
}

// tellLock has an event about the hook's lock fire, if somebody listens to it.
func (h *hook) tellLock(event string, about latch.LockEvent) {
	if !h.isHeard(event) {
		return
	}
	about.Lock = h.lockTold()
	var data latch.Object
	if err := json.Unmarshal(rawjson.Encode(about), &data); err != nil {
		panic("latch: data of " + event + ": " + err.Error()) // our own type is an object
	}
	s := h.firing.session
	s.news.waiting = append(s.news.waiting, lockNews{hook: h, event: event, data: data})
	s.tellOfLocks()
}

// lockTold returns the lock as events tell of it. What opens it stays out: it goes only to those
// who are asked to remove it.
func (h *hook) lockTold() latch.LockTold {
	lock := h.openLock()
	return latch.LockTold{DeliveryID: h.record.DeliveryID, Webhook: lock.Webhook, Event: lock.Event, Step: lock.Step, Job: lock.Job,
		Release: lock.Release, Title: lock.Title, URL: locklink.Unsigned(lock.URL), Since: lock.Since, Until: lock.Until,
		OnTimeout: lock.OnTimeout, Enforced: lock.Enforced, Digest: lock.Digest, Extensions: lock.Extensions,
		Escalates: lock.Escalates, Escalated: lock.Escalated, Approvals: lock.Approvals, Missing: lock.Missing}
}

// lockToOpen returns the lock that the hook's receiver may open: its own, or, at an event about a
// lock, that of a hook of the same webhook, which has the lock and its link already. It is nil for
// any other.
func (h *hook) lockToOpen() *latch.RecordLock {
	if h.record != nil && h.record.Lock != nil {
		return h.record.Lock
	}
	if about := h.firing.lockOf; about != nil && about.webhook.ID == h.webhook.ID {
		return about.record.Lock
	}
	return nil
}

// tellOfLocks fires the events that wait, unless the run is about to continue as new.
func (s *session) tellOfLocks() {
	if s.news.open || s.link.down || len(s.news.waiting) == 0 {
		return
	}
	s.news.open = true
	s.inFlight++ // the run does not close meanwhile
	workflow.GoNamed(s.detached, "events about locks", func(ctx workflow.Context) {
		for len(s.news.waiting) > 0 && !s.link.down {
			news := s.news.waiting[0]
			s.news.waiting = s.news.waiting[1:]
			about := occasion{event: news.event, scope: verdict.Tells, data: news.data, emission: news.hook.firing.emission,
				about: news.hook.firing.subject, lockOf: news.hook}
			if _, err := s.fire(ctx, about, news.hook.firing.listeners); err != nil {
				workflow.GetLogger(ctx).Error("nobody was told of a lock", "event", news.event, "delivery",
					news.hook.record.DeliveryID, "error", err)
			}
		}
		s.news.open = false
		s.inFlight--
	})
}

// carriedNews returns the events that the next run of the chain fires.
func (s *session) carriedNews() []protocol.LockNews {
	var carried []protocol.LockNews
	for _, news := range s.news.waiting {
		carried = append(carried, protocol.LockNews{DeliveryID: news.hook.record.DeliveryID, Event: news.event, Data: news.data})
	}
	return carried
}

// takeOverNews makes the run fire what the earlier run left.
func (s *session) takeOverNews(left []protocol.LockNews) {
	for _, news := range left {
		if hook := s.byDelivery(news.DeliveryID); hook != nil {
			s.news.waiting = append(s.news.waiting, lockNews{hook: hook, event: news.Event, data: news.Data})
		}
	}
}

// byDelivery returns the hook with a delivery id, or nil.
func (s *session) byDelivery(id string) *hook {
	for _, firing := range s.firings {
		for _, hook := range firing.hooks {
			if hook.record != nil && hook.record.DeliveryID == id {
				return hook
			}
		}
	}
	return nil
}
