package deliveries

import (
	"net/http"
	"slices"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/verdict"
)

// Failed reports whether a delivery was given up: its record's result is "fail"
// because the endpoint never accepted it. It returns false for
//
//   - an endpoint that answered 2xx with an answer that means "fail", that cannot be
//     read or understood, or on which an expression failed;
//   - a hook whose `when` failed, and a lock without a URL: nothing was to be sent;
//   - a hook whose lock somebody removed, or that somebody skipped: the failure of
//     its delivery no longer counts (contract, "Blocking and locks");
//   - a pending record: its delivery is in progress, or its run was terminated, so
//     that the outcome is unknown.
//
// If a record's attempts and response were cut to bound the history, its error
// decides.
func Failed(record *latch.Record) bool {
	if record.Result != latch.ResultFail || removedBySomebody(record.Lock) {
		return false
	}
	if record.Attempts == 0 && strings.HasPrefix(record.Error, "when: ") {
		return false
	}
	return !arrived(record)
}

// arrived reports whether the endpoint accepted the delivery, according to the
// last attempt. That attempt has an error as well if a 2xx answer was a
// refusal, and if the answer could not be read; the latter is marked as
// unreadable.
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

// errorsOfAnswers are the prefixes of errors of deliveries that arrived:
// problems with the answer, and failures of expressions on it.
var errorsOfAnswers = []string{verdict.AboutAnswer, latch.KeyResult + ": ", latch.KeyStopRelease + ": ", latch.KeyRollbackRelease + ": "}

func succeeded(status int) bool {
	return status >= http.StatusOK && status < http.StatusMultipleChoices
}

// removedBySomebody reports whether the lock was removed from outside its run.
func removedBySomebody(lock *latch.RecordLock) bool {
	if lock == nil || lock.Open() {
		return false
	}
	return lock.Via != latch.ViaTimeout && lock.Via != latch.ViaOverride
}
