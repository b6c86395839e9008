package latch

import (
	"strings"
	"time"
)

// An Approval is one requirement of an event whose lock people decide by votes: so many of those
// whom it names have to approve (contract, "Approvals").
type Approval struct {
	// Groups and Users are who may approve: whoever is in one of the groups, or has one of the
	// names. Without both, everybody may who may remove locks.
	Groups []string `json:"groups,omitempty" latch:"plain"`
	Users  []string `json:"users,omitempty" latch:"plain"`
	// Count is how many of them have to approve; 1 by default.
	Count *int `json:"count,omitempty" unset:"1"`
}

// People returns how many people have to approve.
func (a *Approval) People() int { return *WithDefaults(*a).Count }

// These say how many rejections close a lock with approvals.
const (
	// RejectAny closes the lock at the first rejection of somebody who may approve.
	RejectAny = "any"
	// RejectQuorum closes the lock once as many people have rejected as one of the requirements
	// needs approvals, all of them people who may approve it.
	RejectQuorum = "quorum"
)

// These are the votes about a lock with approvals.
const (
	VoteApprove = "approve"
	VoteReject  = "reject"
	// VoteWithdraw takes back the sender's earlier vote.
	VoteWithdraw = "withdraw"
)

// A Vote is what a person has said about a lock with approvals.
type Vote struct {
	By string `json:"by"`
	At Time   `json:"at"`
	// Via is the way in which the vote came: [ViaAPI] and the like. IdentifiedBy says how the
	// name is known.
	Via          string `json:"via"`
	IdentifiedBy string `json:"identified_by"`
	// Result is [VoteApprove] or [VoteReject].
	Result string `json:"result"`
	// Groups are those of the person's groups that the requirements name.
	Groups []string `json:"groups,omitempty"`
	Reason string   `json:"reason,omitempty"`
}

// A MissingApproval is a requirement that does not hold yet, with how many people it still needs.
type MissingApproval struct {
	Groups []string `json:"groups,omitempty"`
	Users  []string `json:"users,omitempty"`
	Count  int      `json:"count"`
}

// HasApprovals reports whether people decide the hook's lock by votes.
func (e *Event) HasApprovals() bool { return len(e.Approvals) > 0 }

// AllowsSelf reports whether the person who started the run may approve.
func (e *Event) AllowsSelf() bool { return e.AllowSelf == nil || *e.AllowSelf }

// refusedByVotes says why a vote comes too late for a lock that votes have decided, or returns "" if
// the sender's vote is among those that decided it.
func (m *LockRelease) refusedByVotes(record *Record) string {
	decisive, decided := VoteApprove, "approved"
	if record.Lock.Result == ResultFail {
		decisive, decided = VoteReject, "rejected"
	}
	for _, vote := range record.Approvals {
		if strings.EqualFold(vote.By, m.By) && vote.Result == decisive && m.Choice() == decisive {
			return ""
		}
	}
	return "the lock was decided at " + record.Lock.RemovedAt.UTC().Format(time.RFC3339) + ": its votes have " + decided + " it"
}
