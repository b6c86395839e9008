package latch

import "time"

// An Escalation lets more people vote about a lock with approvals that has been open for long
// (contract, "Reminders and escalation").
type Escalation struct {
	// After is the time from the lock's opening.
	After Duration `json:"after"`
	// Groups and Users are who may then vote as well: each of them may fill any of the
	// requirements.
	Groups []string `json:"groups,omitempty" latch:"plain"`
	Users  []string `json:"users,omitempty" latch:"plain"`
}

// At returns the time of the escalation of a lock that was opened then, with whom it lets vote.
func (e *Escalation) At(opened time.Time) Escalated {
	return Escalated{At: NewTime(opened.Add(time.Duration(e.After))), Groups: e.Groups, Users: e.Users}
}

// An Escalated says from when on more people may vote, and who they are.
type Escalated struct {
	At     Time     `json:"at"`
	Groups []string `json:"groups,omitempty"`
	Users  []string `json:"users,omitempty"`
}

// MaximumExtensions is how many moves of its deadline a lock lists.
const MaximumExtensions = 10

// An Extension is a move of a lock's deadline to a later time.
type Extension struct {
	// Until is the new deadline.
	Until Time `json:"until"`
	At    Time `json:"at"`
	// By, IdentifiedBy and Via say who moved it and in which way, as those of a [RecordLock] do.
	By           string `json:"by,omitempty"`
	IdentifiedBy string `json:"identified_by,omitempty"`
	Via          string `json:"via"`
	Reason       string `json:"reason,omitempty"`
}

// A LockExtension is the argument of [MessageExtendLock]. It moves a lock's deadline to a later
// time. Exactly one of LockTimeout and Until is given.
type LockExtension struct {
	Lock string `json:"lock"`
	// LockTimeout replaces the hook's lock_timeout. It counts from the lock's opening, so that
	// the same message twice moves the deadline once.
	LockTimeout Duration `json:"lock_timeout,omitempty"`
	// Until is the new deadline.
	Until Time   `json:"until,omitzero"`
	By    string `json:"by,omitempty"`
	// Groups and Voucher are those of a [LockRelease].
	Groups  []string `json:"groups,omitempty"`
	Reason  string   `json:"reason,omitempty"`
	Voucher string   `json:"voucher,omitempty"`
}

// Deadline returns the deadline that the message asks for, of a lock that was opened then.
func (m *LockExtension) Deadline(opened time.Time) Time {
	if m.LockTimeout > 0 {
		return NewTime(opened.Add(time.Duration(m.LockTimeout)))
	}
	return NewTime(m.Until.Time)
}

// RefusedBy says why the extension comes too late for a closed lock, or returns "" for an open one.
func (m *LockExtension) RefusedBy(record *Record) string {
	if record.Lock.Open() {
		return ""
	}
	return "the lock was closed at " + record.Lock.RemovedAt.UTC().Format(time.RFC3339) + ": it has no deadline any more"
}

// Decode strictly decodes the argument. Its error is [Problems].
func (m *LockExtension) Decode(data []byte) error {
	problems := decodeStrict(data, m)
	var more Problems
	requireText(&more, "lock", m.Lock)
	checkDuration(&more, "lock_timeout", m.LockTimeout)
	switch wrong := len(problems) > 0; {
	case m.LockTimeout != 0 && !m.Until.IsZero():
		more.Addf("until", "give either lock_timeout or until, not both")
	case m.LockTimeout == 0 && m.Until.IsZero() && !wrong:
		more.Addf("until", "required: the new deadline, such as 2026-07-01T18:00:00Z, or lock_timeout, counted from the lock's opening")
	}
	boundText(&more, "by", m.By)
	boundText(&more, "reason", m.Reason)
	validateNames(&more, "groups", m.Groups, maximumApprovers)
	if len(m.Voucher) > maximumVoucher {
		more.Addf("voucher", "has %d bytes; the limit is %d", len(m.Voucher), maximumVoucher)
	}
	return problems.Merge(more).Err()
}

// LongestLock is how long after its opening a lock's deadline may be.
const LongestLock = time.Duration(maximumDuration)

// An Extended is the answer to [MessageExtendLock].
type Extended struct {
	Record
	// Until is the lock's deadline now.
	Until Time `json:"until"`
	// Unchanged reports that the lock had that deadline already.
	Unchanged bool `json:"unchanged,omitempty"`
}

// A LockEvent is the variable data of an event about a lock (contract, "Events").
type LockEvent struct {
	Lock LockTold `json:"lock"`
	// Reminder is set at LOCK_REMINDER.
	Reminder *LockReminder `json:"reminder,omitempty"`
	// Removed is set at LOCK_REMOVED, and TimedOut at LOCK_TIMED_OUT.
	Removed  *LockRemoved  `json:"removed,omitempty"`
	TimedOut *LockTimedOut `json:"timed_out,omitempty"`
}

// A LockTold is a lock as events about it tell of it: without its token, and with a link that
// opens its page only for those who log in or have a key. The fields are those of [OpenLock].
type LockTold struct {
	// DeliveryID is that of the hook's record.
	DeliveryID string            `json:"delivery_id"`
	Webhook    string            `json:"webhook"`
	Event      string            `json:"event"`
	Step       string            `json:"step,omitempty"`
	Job        string            `json:"job,omitempty"`
	Release    string            `json:"release,omitempty"`
	Title      string            `json:"title,omitempty"`
	URL        string            `json:"url,omitempty"`
	Since      Time              `json:"since"`
	Until      Time              `json:"until,omitzero"`
	OnTimeout  string            `json:"on_timeout,omitempty"`
	Enforced   bool              `json:"enforced,omitempty"`
	Digest     string            `json:"digest,omitempty"`
	Extensions []Extension       `json:"extensions,omitempty"`
	Escalates  *Escalated        `json:"escalates,omitempty"`
	Escalated  *Escalated        `json:"escalated,omitempty"`
	Approvals  []Vote            `json:"approvals,omitempty"`
	Missing    []MissingApproval `json:"missing,omitempty"`
}

// A LockReminder says which reminder of a lock this is.
type LockReminder struct {
	// Number counts the hook's times of reminding, from 1. Of is how many there are.
	Number int `json:"number"`
	Of     int `json:"of"`
}

// A LockRemoved says how a lock was removed.
type LockRemoved struct {
	At           Time   `json:"at"`
	By           string `json:"by,omitempty"`
	IdentifiedBy string `json:"identified_by,omitempty"`
	Via          string `json:"via"`
	Reason       string `json:"reason,omitempty"`
	// Result is what the removal asked for. The hook's own expressions may decide otherwise.
	Result string `json:"result"`
}

// A LockTimedOut says what a lock's timeout, or the gate's deadline, has decided.
type LockTimedOut struct {
	At Time `json:"at"`
	// Decision is continue, stop or rollback. Rule names the policy: on_timeout or on_deadline.
	Decision string `json:"decision"`
	Rule     string `json:"rule"`
}
