package deliveries

import (
	"slices"
	"strings"

	"github.com/latch-run/latch"
)

// Outcomes of deliveries, used by [Filter] and [Statistics].
const (
	// Delivered: the endpoint accepted it, whatever its answer means.
	Delivered = "delivered"
	// FailedOutcome: it was given up; see [Failed].
	FailedOutcome = "failed"
	// Pending: it is being sent, or its lock is open.
	Pending = "pending"
	// Skipped: its `when` was false, or somebody skipped it.
	Skipped = "skipped"
	// Settled: its result was decided although the endpoint accepted nothing:
	// by a lock, or by a `when` that failed.
	Settled = "settled"
)

// AllOutcomes lists the outcomes of deliveries, in display order.
var AllOutcomes = []string{Delivered, FailedOutcome, Pending, Skipped, Settled}

// OutcomeOf returns the outcome of a delivery. Each delivery has exactly one.
func OutcomeOf(record *latch.Record) string {
	sentWithoutLock := record.Result == latch.ResultPass && record.Lock == nil
	switch {
	case record.Result == latch.ResultPending:
		return Pending
	case record.Result == latch.ResultSkipped:
		return Skipped
	case Failed(record):
		return FailedOutcome
	case record.Attempts > 0 && (sentWithoutLock || arrived(record)):
		return Delivered
	default:
		return Settled
	}
}

// checkOutcome returns an error if no delivery can have the filter's outcome.
func (f *Filter) checkOutcome() error {
	switch {
	case f.Outcome == "":
		return nil
	case !slices.Contains(AllOutcomes, f.Outcome):
		return refused(Invalid, "outcome: %q is not an outcome; outcomes are %s.", f.Outcome, strings.Join(AllOutcomes, ", "))
	case f.Failed && f.Outcome != FailedOutcome:
		return refused(Invalid, "failed and outcome: a delivery that failed is not %s, so give one of them.", f.Outcome)
	default:
		return nil
	}
}
