package latch

import (
	"fmt"
	"time"
)

// A Released is the answer of [MessageReleaseLock].
type Released struct {
	Record
	// Unchanged says that the lock was removed before, by a removal that asked for
	// the same: then the record stands as it was.
	Unchanged bool `json:"unchanged,omitempty"`
}

// Asks returns the result that the removal asks for, pass or fail; "" where it
// leaves that to the endpoint's answer, or else pass.
func (m *LockRelease) Asks() string {
	if m.Result != "" {
		return m.Result
	}
	said, _ := m.Data.Result() // what nobody understands asks for nothing
	return said
}

// RefusedBy says why the removal comes too late for a lock that is used; "" for
// one that asks for what the lock's removal asked for. Another is refused, since
// whoever sends it must not take the answer for theirs: one that asks for another
// result, or for another decision by stop_release or rollback_release, and any
// where the lock timed out, was closed by what was decided elsewhere, or its hook
// was skipped.
func (m *LockRelease) RefusedBy(record *Record) string {
	lock := record.Lock
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
	}
	if came, asks := cameTo(record), m.asksOf(record); came != asks {
		return fmt.Sprintf("the lock was removed at %s%s with the result %s, and this asks for %s", at, by, came, asks)
	}
	for _, key := range []string{KeyStopRelease, KeyRollbackRelease} {
		asked, _ := m.Data.Truth(key)
		stands, _ := record.Data.Truth(key)
		if _, given := m.Data[key]; given && asked != stands {
			return fmt.Sprintf("the lock was removed at %s%s with another %s than this asks for", at, by, key)
		}
	}
	return ""
}

// cameTo returns the result that the removal in the record asked for, or the
// result of a removal that asked for none.
func cameTo(record *Record) string {
	if record.Lock.Result != "" {
		return record.Lock.Result
	}
	switch said, err := record.Data.Result(); {
	case err != nil: // an expression of the hook's own knows what it means
		return record.Result
	case said == ResultFail:
		return ResultFail
	default:
		return ResultPass
	}
}

// asksOf returns the result that a later removal asks for. One without a result
// asks for the result of an earlier removal without one, else for pass.
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
