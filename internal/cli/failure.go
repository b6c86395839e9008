package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"

	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/registry"
	temporalruns "github.com/latch-run/latch/internal/runs"
)

// Exit codes; the root command's help tells of them.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitUnreachable = 3
	exitNotReleased = 4
	exitInterrupted = 5
)

// A failure is an error with its exit code and the name of its kind: an
// application error's type, or one of the names below.
type failure struct {
	Kind     string         `json:"type"`
	Message  string         `json:"message"`
	Problems latch.Problems `json:"problems,omitempty"`
	// Record is that of a lock which was used before, and stands.
	Record json.RawMessage `json:"record,omitempty"`

	code int
	// text is what a person reads; empty where all was printed already.
	text string
	// reported tells that standard output has the JSON already.
	reported bool
}

// Kinds of failures that are no application errors.
const (
	kindUsage       = "Usage"
	kindUnreachable = "Unreachable"
	kindNotFound    = "NotFound"
	kindRunning     = "AlreadyRunning"
	kindInterrupted = "Interrupted"
	kindFailed      = "Failed"
	kindRefused     = "Refused"
)

func (f *failure) Error() string { return f.Message }

func newFailure(code int, kind, format string, args ...any) *failure {
	message := fmt.Sprintf(format, args...)
	return &failure{code: code, Kind: kind, Message: message, text: message}
}

// silent ends the program with a code after everything was printed.
func silent(code int) *failure { return &failure{code: code, reported: true} }

func usageError(err error) error { return newFailure(exitUsage, kindUsage, "%v", err) }

// invalid is an input that validation refuses.
func invalid(name string, problems latch.Problems) *failure {
	f := newFailure(exitUsage, latch.ErrorInvalidSpec, "%s: %v", name, problems)
	f.Problems = problems
	return f
}

// explain returns any error its exit code and a text that says what to do.
func explain(err error) *failure {
	var known *failure
	var application *temporal.ApplicationError
	var problems latch.Problems
	var refused *registry.RefusedError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &refused):
		return newFailure(exitFailed, kindRefused, "%v", refused)
	case errors.Is(err, registry.ErrUnknown):
		return newFailure(exitFailed, kindNotFound, "%v; see what there is with: starter job list", err)
	case errors.As(err, &problems):
		f := newFailure(exitUsage, latch.ErrorInvalidArgument, "%v", problems)
		f.Problems = problems
		return f
	case errors.As(err, &application):
		return explainApplication(application)
	case errors.Is(err, context.Canceled):
		return newFailure(exitInterrupted, kindInterrupted, "interrupted")
	case isUnreachable(err):
		return newFailure(exitUnreachable, kindUnreachable, "%s", plainly(err))
	default:
		return newFailure(exitFailed, kindFailed, "%s", plainly(err))
	}
}

// cutConnection is how gRPC tells of a call that ended without an answer.
var cutConnection = regexp.MustCompile(`stream terminated by RST_STREAM( with error code: \w+)?`)

// plainly returns the error's text without the transport's own words.
func plainly(err error) string {
	return cutConnection.ReplaceAllString(err.Error(), "no answer came in time")
}

func explainApplication(err *temporal.ApplicationError) *failure {
	code := exitFailed
	if err.Type() == latch.ErrorInvalidSpec || err.Type() == latch.ErrorInvalidArgument {
		code = exitUsage
	}
	if err.Type() == "" {
		return newFailure(code, kindFailed, "%s", err.Message())
	}
	if record := json.RawMessage(nil); err.Type() == latch.ErrorTooLate && err.HasDetails() && err.Details(&record) == nil {
		return tooLate(err.Message(), record)
	}
	f := newFailure(code, err.Type(), "%s", err.Message())
	f.text = err.Type() + ": " + err.Message()
	return f
}

// tooLate is the refusal of a removal that came after another one, or after the
// lock's timeout.
func tooLate(reason string, record json.RawMessage) *failure {
	f := newFailure(exitFailed, latch.ErrorTooLate, "%s", reason)
	f.text, f.Record = latch.ErrorTooLate+": "+reason, record
	return f
}

// isUnreachable tells errors of Temporal, or of a worker that does not answer,
// from answers.
func isUnreachable(err error) bool {
	return temporalruns.IsRefused(err) || isUnanswered(err)
}

// isUnanswered tells of a wait that ended without an answer.
func isUnanswered(err error) bool {
	return temporalruns.IsUnanswered(err) || cutConnection.MatchString(err.Error())
}
