package latch

import (
	"encoding/json"
	"strings"
)

// A Freeze holds releases within windows of time (contract, "Freeze"): one that begins within a
// window waits before its first event, with a lock that only the people of Override may remove,
// until the window ends.
type Freeze struct {
	// ID names the freeze. The records of its locks have the webhook freeze:<id>.
	ID string `json:"id" latch:"id"`
	// When is an expression over the release's variables when it begins. If it is false, the
	// release is not held. If it cannot be evaluated, the release is held.
	When    string         `json:"when,omitempty" latch:"expression,when"`
	Windows []FreezeWindow `json:"windows"`
	// Override says who may remove the lock. Without it nobody may.
	Override *FreezeOverride `json:"override,omitempty"`
	// UnderWay says what happens to a release that has taken a step when a window begins:
	// [FreezeHold] or [FreezeContinue].
	UnderWay string `json:"under_way,omitempty" latch:"plain" unset:"continue"`
}

// A FreezeWindow is a period that comes again: from each time of Start until the next time of
// End. Both are cron expressions of local times.
type FreezeWindow struct {
	Start    string `json:"start" latch:"plain"`
	End      string `json:"end" latch:"plain"`
	Timezone string `json:"timezone,omitempty" latch:"plain" unset:"UTC"`
}

// A FreezeOverride names the people who may remove a freeze's lock, each alone.
type FreezeOverride struct {
	Groups []string `json:"groups,omitempty" latch:"plain"`
	Users  []string `json:"users,omitempty" latch:"plain"`
	// Reason makes a removal need a reason.
	Reason bool `json:"reason,omitempty" unset:"false"`
}

// These say what happens to a release that has taken a step when a window begins.
const (
	// FreezeHold lets the step end and holds the release before the next one.
	FreezeHold = "hold"
	// FreezeContinue lets the release go on.
	FreezeContinue = "continue"
)

// A RegisteredFreeze is a freeze that applies to the releases of a task queue. A release
// determines the freezes that apply to it when it begins.
type RegisteredFreeze struct {
	Freeze
	// ManagedBy names the owner who declares the freeze in files (starter apply --owner). It is
	// empty for a freeze that was registered by hand.
	ManagedBy string `json:"managed_by,omitempty" latch:"plain"`
	CreatedAt Time   `json:"created_at,omitzero"`
	UpdatedAt Time   `json:"updated_at,omitzero"`
	// State is the freeze's state when it was read. It is not stored.
	State *FreezeState `json:"state,omitempty"`
}

// A FreezeState is the state of a freeze at a time.
type FreezeState struct {
	// InForce reports that the time is within a window. Since is when the windows around it
	// began, and Until when the last of them ends; it is absent if none of them ever does.
	InForce bool `json:"in_force"`
	Since   Time `json:"since,omitzero"`
	Until   Time `json:"until,omitzero"`
	// Next is the next window after the time, or after Until, or nil if no window follows.
	Next *FreezePeriod `json:"next,omitempty"`
}

// A FreezePeriod is the time from the start of a window to its end. Windows that overlap or adjoin
// are one period. Until is absent if it never ends.
type FreezePeriod struct {
	Since Time `json:"since"`
	Until Time `json:"until,omitzero"`
}

// prefixFreeze begins the webhook in the records of a freeze's locks. No webhook has such an id.
const prefixFreeze = "freeze:"

// LockName returns the webhook in the records of the freeze's locks.
func (f *Freeze) LockName() string { return prefixFreeze + f.ID }

// IsFreezeLock reports whether the webhook in a record or a lock stands for a freeze.
func IsFreezeLock(webhook string) bool { return strings.HasPrefix(webhook, prefixFreeze) }

// Holds reports whether the freeze holds releases that have taken a step.
func (f *Freeze) Holds() bool { return f.UnderWay == FreezeHold }

// MayOverride reports whether anybody may remove the freeze's lock.
func (f *Freeze) MayOverride() bool {
	return f.Override != nil && len(f.Override.Groups)+len(f.Override.Users) > 0
}

// freezeInput is the accepted input. It may contain the state, the times and the warnings, which
// are ignored.
type freezeInput struct {
	Freeze
	ManagedBy string          `json:"managed_by,omitempty"`
	CreatedAt json.RawMessage `json:"created_at,omitempty"`
	UpdatedAt json.RawMessage `json:"updated_at,omitempty"`
	State     json.RawMessage `json:"state,omitempty"`
	Warnings  json.RawMessage `json:"warnings,omitempty"`
}

// DecodeFreeze strictly decodes a freeze to register. Its error is [Problems].
func DecodeFreeze(data []byte) (*RegisteredFreeze, error) {
	var input freezeInput
	problems := decodeStrict(data, &input)
	freeze := &RegisteredFreeze{Freeze: input.Freeze, ManagedBy: input.ManagedBy}
	problems = problems.Merge(freeze.Validate())
	validateOwner(&problems, freeze.ManagedBy)
	return freeze, problems.Err()
}
