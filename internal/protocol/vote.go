package protocol

import (
	"encoding/json"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/voucher"
)

// An ExamineRequest asks who sent a message about a lock with approvals, and whether what they
// filled in is right; or who sent a message that skips a hook.
type ExamineRequest struct {
	Message latch.LockRelease `json:"message"`
	// Extension is the message instead if it is to move the lock's deadline.
	Extension *latch.LockExtension `json:"extension,omitempty"`
	// Form is the lock's form; empty if it has none.
	Form json.RawMessage `json:"form,omitempty"`
	// AllowUnproven reports that the lock counts names that nobody has proven.
	AllowUnproven bool `json:"allow_unproven,omitempty"`
	// Skip is set for a message that skips a hook. Nothing else counts then.
	Skip *SkipToExamine `json:"skip,omitempty"`
}

// A SkipToExamine is a message that skips a hook which only members of groups may skip.
type SkipToExamine struct {
	Message latch.Skip `json:"message"`
	// DeliveryID is that of the hook. Groups are those whose members may skip it.
	DeliveryID string   `json:"delivery_id"`
	Groups     []string `json:"groups"`
}

// An Examined is the answer.
type Examined struct {
	Sender voucher.Holder `json:"sender"`
	// Forged says why the message's voucher does not count.
	Forged string `json:"forged,omitempty"`
	// Problems are those of the data that was filled in.
	Problems latch.Problems `json:"problems,omitempty"`
}
