package protocol

import "github.com/latch-run/latch"

// An AttachedFreeze is a freeze that applies to a release.
type AttachedFreeze struct {
	latch.Freeze
	// Error says why its expression when could not be evaluated. Such a freeze applies.
	Error string `json:"error,omitempty"`
}

// A FreezesRequest asks for the states of freezes. The answer has one [latch.FreezeState] for each,
// in order.
type FreezesRequest struct {
	Freezes []latch.Freeze `json:"freezes"`
	Now     latch.Time     `json:"now"`
}

// A HeldFreeze is what the lock of a freeze needs.
type HeldFreeze struct {
	ID string `json:"id"`
	// Until is when the freeze ends by itself. It is zero if it never does.
	Until latch.Time `json:"until,omitzero"`
	// Nobody reports that nobody may remove the lock, and Reason that a removal needs a reason.
	Nobody bool `json:"nobody,omitempty"`
	Reason bool `json:"reason,omitempty"`
	// Error has the same meaning as in [AttachedFreeze].
	Error string `json:"error,omitempty"`
}

// A LiftedFreeze is a freeze that a person has overridden for a release, until it ends.
type LiftedFreeze struct {
	ID    string     `json:"id"`
	Until latch.Time `json:"until,omitzero"`
}
