package failure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/latch-run/latch"
)

// These are the exit codes. The root command's help has the same list.
const (
	ExitOK          = 0
	ExitFailed      = 1
	ExitUsage       = 2
	ExitUnreachable = 3
	ExitNotReleased = 4
	ExitInterrupted = 5
	ExitDiffers     = 6
)

// These are the kinds of failures. A run's application error has its type as its kind instead,
// such as [latch.ErrorTooLate].
const (
	Usage       = "Usage"
	Unreachable = "Unreachable"
	NotFound    = "NotFound"
	Running     = "AlreadyRunning"
	Interrupted = "Interrupted"
	Failed      = "Failed"
	Refused     = "Refused"
)

// An Error is a failure, as --output json prints it.
type Error struct {
	Kind     string         `json:"type"`
	Message  string         `json:"message"`
	Problems latch.Problems `json:"problems,omitempty"`
	// Record is the record of a lock that was already removed.
	Record json.RawMessage `json:"record,omitempty"`

	// Text is the message for a person. It is empty if everything was already printed.
	Text string `json:"-"`
	// RetryAfter is how long a server that is too busy asks to wait before another call.
	RetryAfter time.Duration `json:"-"`
	// Printed reports that standard output already has the JSON.
	Printed bool `json:"-"`

	// code is the exit code of a failure without a kind.
	code int
}

// New returns a failure of the kind. The message says what was attempted, on what, and what to
// do about the failure.
func New(kind, format string, args ...any) *Error {
	message := fmt.Sprintf(format, args...)
	return &Error{Kind: kind, Message: message, Text: message}
}

// Silent returns a failure that only ends the program with an exit code, after everything was
// printed.
func Silent(code int) *Error { return &Error{code: code, Printed: true} }

// OfUsage returns the failure for a command that was called wrongly.
func OfUsage(err error) *Error { return New(Usage, "%v", err) }

// OfProblems returns the failure for an invalid input.
func OfProblems(problems latch.Problems) *Error {
	f := New(latch.ErrorInvalidSpec, "%v", problems)
	f.Problems = problems
	return f
}

// OfFile is [OfProblems] for a file, which the text names.
func OfFile(name string, problems latch.Problems) *Error {
	f := New(latch.ErrorInvalidSpec, "%s: %v", name, problems)
	f.Problems = problems
	return f
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// ExitCode returns the exit code of the failure's kind.
func (e *Error) ExitCode() int {
	switch e.Kind {
	case "":
		return e.code
	case Usage, latch.ErrorInvalidSpec, latch.ErrorInvalidArgument:
		return ExitUsage
	case Unreachable:
		return ExitUnreachable
	case Interrupted:
		return ExitInterrupted
	default:
		return ExitFailed
	}
}

// IsInterrupted reports whether the person, and not a deadline, ended the wait.
func IsInterrupted(ctx context.Context) bool { return errors.Is(ctx.Err(), context.Canceled) }
