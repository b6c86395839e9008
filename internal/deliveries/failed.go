package deliveries

import (
	"net/http"
	"slices"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/verdict"
)

// Failed reports whether a delivery was given up: its record's result is "fail"
// because the endpoint never took it. It is not so of
//
//   - an endpoint that answered, and whose answer means "fail", or cannot be
//     read or understood, or of which an expression failed: the last attempt was
//     answered 2xx;
//   - a hook whose `when` failed, and a lock without an address to call: nothing
//     was to be sent;
//   - a hook that somebody settled by removing its lock, or took out: its
//     delivery's failure counts no more (contract, "Blocking and locks");
//   - a record that is pending: its delivery is under way, or its run was
//     terminated, so that nobody knows.
//
// If a record's attempts and answer were cut to keep the history in bounds, its
// error decides.
func Failed(record *latch.Record) bool {
	if record.Result != latch.ResultFail || removedBySomebody(record.Lock) {
		return false
	}
	if record.Attempts == 0 && strings.HasPrefix(record.Error, "when: ") {
		return false
	}
	return !arrived(record)
}

// arrived reports whether the endpoint took the delivery, as the last attempt has
// it. An answer of 2xx that is a refusal still has an error there; one that
// cannot be read has one too, and says so.
func arrived(record *latch.Record) bool {
	if n := len(record.Tries); n > 0 {
		last := record.Tries[n-1]
		return last.Unreadable || succeeded(last.Status) && last.Error == ""
	}
	if record.Response != nil {
		return succeeded(record.Response.Status)
	}
	return record.Error == "" || slices.ContainsFunc(errorsOfAnswers, func(begins string) bool { return strings.HasPrefix(record.Error, begins) })
}

// errorsOfAnswers begin the errors of records whose delivery arrived: what was
// wrong with the answer, and which expression over it failed.
var errorsOfAnswers = []string{verdict.AboutAnswer, latch.KeyResult + ": ", latch.KeyStopRelease + ": ", latch.KeyRollbackRelease + ": "}

func succeeded(status int) bool {
	return status >= http.StatusOK && status < http.StatusMultipleChoices
}

// removedBySomebody reports whether the lock was removed from outside of its run.
func removedBySomebody(lock *latch.RecordLock) bool {
	if lock == nil || lock.Open() {
		return false
	}
	return lock.Via != latch.ViaTimeout && lock.Via != latch.ViaOverride
}
