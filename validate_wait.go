package latch

import "slices"

// maximumReminders bounds the reminders of a lock.
const maximumReminders = 10

// validateWait checks what is about a lock that stays open: its reminders and its escalation. asks
// reports whether the hook may have a lock without blocking, since it measures.
func (e *Event) validateWait(problems *Problems, path string, asks bool) {
	e.validateReminders(problems, field(path, "remind"), asks)
	if e.Escalate != nil {
		e.validateEscalation(problems, field(path, "escalate"))
	}
}

func (e *Event) validateReminders(problems *Problems, path string, asks bool) {
	switch {
	case e.Remind == nil:
		return
	case len(e.Remind) == 0:
		problems.Addf(path, "is empty: give at least one time after the lock was opened, such as [\"2h\"], or leave it out")
	case !e.Blocking && !asks:
		problems.Addf(path, "needs blocking true: a hook that does not block has no lock to remind of")
	case len(e.Remind) > maximumReminders:
		problems.Addf(path, "there are %d; the limit is %d", len(e.Remind), maximumReminders)
		return
	}
	for i, after := range e.Remind {
		at := element(path, i)
		e.checkWithinLock(problems, at, after)
		if i > 0 && after <= e.Remind[i-1] {
			problems.Addf(at, "%s must be more than %s before it", after, e.Remind[i-1])
		}
	}
}

// checkWithinLock refuses a time after the lock's opening at which the lock is never open.
func (e *Event) checkWithinLock(problems *Problems, path string, after Duration) {
	checkDuration(problems, path, after)
	switch {
	case after == 0:
		problems.Addf(path, "must be more than 0s: a time after the lock was opened, such as 2h")
	case after > 0 && e.LockTimeout > 0 && after >= e.LockTimeout:
		problems.Addf(path, "%s must be less than lock_timeout, %s, after which the lock is gone", after, e.LockTimeout)
	}
}

func (e *Event) validateEscalation(problems *Problems, path string) {
	escalation := e.Escalate
	everybody := func(a Approval) bool { return len(a.Groups) == 0 && len(a.Users) == 0 }
	switch {
	case len(e.Approvals) == 0:
		problems.Addf(path, "needs approvals, such as [{\"groups\": [\"sre\"]}]: without votes everybody decides who may remove locks")
	case !slices.ContainsFunc(e.Approvals, func(a Approval) bool { return !everybody(a) }):
		problems.Addf(path, "changes nothing: the approvals name no groups or users, so that everybody may vote already")
	}
	e.checkWithinLock(problems, field(path, "after"), escalation.After)
	if len(escalation.Groups) == 0 && len(escalation.Users) == 0 {
		problems.Addf(field(path, "groups"), "required: at least one group, here, or one name in users, of those who may then vote")
	}
	validateNames(problems, field(path, "groups"), escalation.Groups, maximumApprovers)
	validateNames(problems, field(path, "users"), escalation.Users, maximumApprovers)
}
