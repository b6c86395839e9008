package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/approval"
)

// What is due while a lock stays open: reminders, and the escalation. What has been done stands in
// the lock's record, so that a run which continues as new does nothing twice.

// lockExpires returns the deadline of a lock with a timeout.
func (h *hook) lockExpires() time.Time {
	if h.record != nil && h.record.Lock != nil {
		if moved := h.record.Lock.Extensions; len(moved) > 0 {
			return moved[len(moved)-1].Until.Time
		}
	}
	return h.since.Add(time.Duration(h.settings.LockTimeout))
}

// lockLasts returns how long a lock with a timeout is open at most.
func (h *hook) lockLasts() time.Duration {
	if len(h.record.Lock.Extensions) == 0 {
		return time.Duration(h.settings.LockTimeout)
	}
	return h.lockExpires().Sub(h.since).Round(time.Second)
}

// addWait adds to an open lock what was done about its wait, and what is to come.
func (h *hook) addWait(lock *latch.OpenLock) {
	record := h.record.Lock
	for _, extension := range record.Extensions {
		extension.Reason = ""
		lock.Extensions = append(lock.Extensions, extension)
	}
	lock.Escalated = record.Escalated
	if to := h.settings.Escalate; to != nil && lock.Escalated == nil {
		due := to.At(h.since)
		lock.Escalates = &due
	}
}

// heedTime does what is due about locks that stay open.
func (f *firing) heedTime(ctx workflow.Context) {
	for _, hook := range f.hooks {
		now := workflow.Now(ctx)
		if hook.staysOpen() && hook.escalationDue(now) {
			hook.escalate(now)
		}
		if due := hook.remindersDue(now); hook.staysOpen() && due > hook.record.Lock.Reminders {
			hook.reminded(due)
			hook.tellLock(latch.EventLockReminder, latch.LockEvent{Reminder: &latch.LockReminder{Number: due,
				Of: len(hook.settings.Remind)}})
		}
	}
}

// staysOpen reports whether something may be due about the hook's lock: it is open, and its time is
// not over.
func (h *hook) staysOpen() bool {
	if len(h.settings.Remind) == 0 && h.settings.Escalate == nil {
		return false
	}
	return h.takesPart() && h.decision == "" && h.record.Lock.Open() && !h.isExpired() && !h.firing.session.overdue()
}

// remindersDue returns how many of the times of reminding have passed, if somebody is to be
// reminded.
func (h *hook) remindersDue(now time.Time) int {
	if len(h.settings.Remind) == 0 || !h.isHeard(latch.EventLockReminder) {
		return 0
	}
	due := 0
	for due < len(h.settings.Remind) && !now.Before(h.remindsAt(due)) {
		due++
	}
	return due
}

func (h *hook) remindsAt(i int) time.Time { return h.since.Add(time.Duration(h.settings.Remind[i])) }

func (h *hook) escalationDue(now time.Time) bool {
	to := h.settings.Escalate
	return to != nil && h.record.Lock.Escalated == nil && !now.Before(to.At(h.since).At.Time)
}

// escalate lets more people vote. Votes of before may then suffice.
func (h *hook) escalate(now time.Time) {
	to := h.settings.Escalate.At(h.since)
	to.At = latch.NewTime(now)
	h.escalated(to)
	h.tellLock(latch.EventLockEscalated, latch.LockEvent{})
	state, _ := h.rules().Tally(h.votes)
	if state == approval.Open {
		return
	}
	last := h.votes[len(h.votes)-1]
	message := latch.LockRelease{Lock: h.record.Lock.Token, By: last.By, Reason: last.Reason}
	h.released(decisive(state, h.votes, message), sender{via: last.Via, identifiedBy: last.IdentifiedBy})
}

// nextNotice returns when something is due next about the hook's lock. It is zero if nothing is.
func (h *hook) nextNotice() time.Time {
	if !h.staysOpen() {
		return time.Time{}
	}
	var next time.Time
	if to := h.settings.Escalate; to != nil && h.record.Lock.Escalated == nil {
		next = to.At(h.since).At.Time
	}
	if done := h.record.Lock.Reminders; done < len(h.settings.Remind) && h.isHeard(latch.EventLockReminder) {
		next = earlier(next, h.remindsAt(done))
	}
	return next
}
