package latch

import (
	"encoding/json"
	"fmt"
	"maps"
	"time"
)

// A Released is the answer to [MessageReleaseLock].
type Released struct {
	Record
	// Unchanged reports that the lock had already been removed by a removal that asked for the
	// same. The record is then unchanged.
	Unchanged bool `json:"unchanged,omitempty"`
	// Missing is what a lock with approvals still needs. It is absent once the lock is removed.
	Missing []MissingApproval `json:"missing,omitempty"`
}

// Asks returns the result that the removal asks for, pass or fail. It returns "" if the removal
// leaves the result to the endpoint's answer, or else pass.
func (m *LockRelease) Asks() string {
	switch m.Vote {
	case VoteApprove:
		return ResultPass
	case VoteReject:
		return ResultFail
	}
	return m.said()
}

// WithoutApprovals returns the removal as a lock without approvals takes it, which the first one
// decides. A vote to approve is the result pass. A vote to reject is the result fail, and in data it
// asks to stop: a fail alone lets a release go on whose hook has no rule about the result. The error,
// [Problems], is that of a vote which means nothing there: one that is withdrawn, and a rejection
// whose data says not to stop.
func (m *LockRelease) WithoutApprovals() (LockRelease, error) {
	plain := *m
	var problems Problems
	switch m.Vote {
	case VoteWithdraw:
		problems.Addf("vote", "withdraw: this lock has no approvals, and the first removal decides it")
	case VoteApprove:
		plain.Result = ResultPass
	case VoteReject:
		plain.Result = ResultFail
		value, given := m.Data.given(KeyStopRelease)
		stops, err := m.Data.Truth(KeyStopRelease)
		switch {
		case !given:
			plain.Data = Object{}
			maps.Copy(plain.Data, m.Data)
			plain.Data[KeyStopRelease] = json.RawMessage("true")
		case err == nil && !stops:
			problems.Addf("data."+KeyStopRelease, "%s, and the vote reject, which asks to stop; leave out one of them, "+
				"or give the result fail instead of the vote", abbreviate(value))
		}
	}
	return plain, problems.Err()
}

// said returns the result in the message itself, or "".
func (m *LockRelease) said() string {
	if m.Result != "" {
		return m.Result
	}
	said, _ := m.Data.Result() // a value without a meaning asks for nothing
	return said
}

// RefusedBy says why a removal comes too late for a used lock, or returns "" if it asks for the
// same as the removal that was accepted. A different one is refused, because its sender must
// not mistake the answer for theirs: one that asks for another result, or for another decision
// by stop_release or rollback_release, and any removal if the lock timed out, if another
// decision closed it, or if its hook was skipped.
func (m *LockRelease) RefusedBy(record *Record) string {
	lock := record.Lock
	if other := m.OtherDigest(lock); other != "" {
		return other
	}
	at := lock.RemovedAt.UTC().Format(time.RFC3339)
	by := ""
	if lock.RemovedBy != "" {
		by = " by " + lock.RemovedBy
	}
	switch {
	case lock.Via == ViaTimeout:
		return fmt.Sprintf("the lock timed out at %s, and on_timeout decided: %s", at, record.Decision)
	case lock.Via == ViaOverride:
		return fmt.Sprintf("the lock was closed at %s: %s", at, lock.Reason)
	case record.Result == ResultSkipped:
		return fmt.Sprintf("the hook was skipped at %s%s: %s", at, by, lock.Reason)
	case len(record.Approvals) > 0:
		return m.refusedByVotes(record)
	}
	plain, err := m.WithoutApprovals()
	if err != nil {
		return err.Error() // it can ask for the same as no other
	}
	if came, asks := cameTo(record), plain.asksOf(record); came != asks {
		return fmt.Sprintf("the lock was removed at %s%s with the result %s, and this asks for %s", at, by, came, asks)
	}
	for _, key := range []string{KeyStopRelease, KeyRollbackRelease} {
		asked, _ := plain.Data.Truth(key)
		stands, _ := record.Data.Truth(key)
		if _, given := plain.Data[key]; given && asked != stands {
			return fmt.Sprintf("the lock was removed at %s%s with another %s than this asks for", at, by, key)
		}
	}
	return ""
}

// OtherDigest says that the removal is about something else than the lock shows, or returns "". A
// removal that names no digest is about whatever the lock shows.
func (m *LockRelease) OtherDigest(lock *RecordLock) string {
	switch {
	case m.Digest == "" || m.Digest == lock.Digest:
		return ""
	case lock.Digest == "":
		return "the lock has no digest, since an earlier version made it; leave digest out"
	default:
		return fmt.Sprintf("the lock shows something else than what this decides about: its digest is %s, and this names %s", lock.Digest,
			m.Digest)
	}
}

// cameTo returns the result that the removal in the record asked for, or the actual result if
// it asked for none.
func cameTo(record *Record) string {
	if record.Lock.Result != "" {
		return record.Lock.Result
	}
	switch said, err := record.Data.Result(); {
	case err != nil: // the hook's own expression interprets it
		return record.Result
	case said == ResultFail:
		return ResultFail
	default:
		return ResultPass
	}
}

// asksOf returns the result that a later removal asks for. If it has no result, it asks for the
// result of an earlier removal without one, or else for pass.
func (m *LockRelease) asksOf(record *Record) string {
	switch asks := m.Asks(); {
	case asks != "":
		return asks
	case record.Lock.Result == "":
		return cameTo(record)
	default:
		return ResultPass
	}
}
