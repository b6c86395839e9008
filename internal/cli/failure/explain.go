package failure

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"

	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/deliveries"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/runs"
)

// Explain converts any error into a failure.
func Explain(err error) *Error {
	var known *Error
	var application *temporal.ApplicationError
	var problems latch.Problems
	var refused *registry.RefusedError
	var delivery *deliveries.RefusedError
	var old *runs.OldWorkerError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &old):
		return New(Unreachable, "%v", old)
	case errors.As(err, &refused):
		return New(Refused, "%v", refused)
	case errors.As(err, &delivery):
		return ofDelivery(delivery)
	case errors.Is(err, registry.ErrUnknown):
		return New(NotFound, "%v; see what there is with: starter job list", err)
	case errors.As(err, &problems):
		f := New(latch.ErrorInvalidArgument, "%v", problems)
		f.Problems = problems
		return f
	case errors.As(err, &application):
		return ofApplication(application)
	case errors.Is(err, context.Canceled):
		return New(Interrupted, "interrupted")
	case runs.IsRefused(err) || IsUnanswered(err):
		return New(Unreachable, "%s", Plainly(err))
	default:
		return New(Failed, "%s", Plainly(err))
	}
}

// ofDelivery returns the failure for a delivery that cannot be sent again.
func ofDelivery(refused *deliveries.RefusedError) *Error {
	kind := Refused
	switch refused.Reason {
	case deliveries.Unknown:
		kind = NotFound
	case deliveries.UnderWay:
		kind = Running
	case deliveries.Invalid:
		kind = latch.ErrorInvalidArgument
	}
	return New(kind, "%v", refused)
}

// ofApplication returns the failure for an update that a run refused, or for a run that failed.
func ofApplication(err *temporal.ApplicationError) *Error {
	if err.Type() == "" {
		return New(Failed, "%s", err.Message())
	}
	f := New(err.Type(), "%s", err.Message())
	f.Text = err.Type() + ": " + err.Message()
	if record := json.RawMessage(nil); err.Type() == latch.ErrorTooLate && err.HasDetails() && err.Details(&record) == nil {
		f.Record = record
	}
	return f
}

// TooLate returns the failure for a removal that came after another one, or after the lock's
// timeout, with the record that stands.
func TooLate(reason string, record json.RawMessage) *Error {
	f := New(latch.ErrorTooLate, "%s", reason)
	f.Text, f.Record = latch.ErrorTooLate+": "+reason, record
	return f
}

// unanswered matches what gRPC and Go say of a call that ended without an answer.
var unanswered = regexp.MustCompile(`stream terminated by RST_STREAM( with error code: \w+)?|context deadline exceeded`)

// Plainly returns the error's text without the transport's own wording.
func Plainly(err error) string {
	return unanswered.ReplaceAllString(err.Error(), "no answer came in time")
}

// IsUnanswered reports whether neither Temporal nor a worker answered in time.
func IsUnanswered(err error) bool {
	return runs.IsUnanswered(err) || unanswered.MatchString(err.Error())
}
