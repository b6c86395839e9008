package runs

import (
	"context"
	"errors"
	"strings"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/overload"
)

// ErrOtherRequest says that an idempotency key was used for another request.
var ErrOtherRequest = errors.New("the idempotency key was used for another request")

// RunningIn reports whether the error says that the workflow id already has a
// running run, and returns the id of that run.
func RunningIn(err error) (runID string, is bool) {
	var running *serviceerror.WorkflowExecutionAlreadyStarted
	if !errors.As(err, &running) {
		return "", false
	}
	return running.RunId, true
}

// IsNotFound reports whether the error says that the run does not exist.
func IsNotFound(err error) bool { return is[*serviceerror.NotFound](err) }

// IsNotBegun reports whether the error says that no worker has taken the run's
// first task, so that it cannot answer queries yet.
func IsNotBegun(err error) bool { return is[*serviceerror.WorkflowNotReady](err) }

// IsClosed reports whether the error says that the run closed before the
// update.
func IsClosed(err error) bool {
	var application *temporal.ApplicationError
	return IsNotFound(err) || errors.As(err, &application) && application.Type() == "AcceptedUpdateCompletedWorkflow"
}

// IsPaused reports whether the error says that somebody has paused the run by Temporal's own means: it
// answers no query and takes no update until it is unpaused. Latch sets no condition of its own under
// which a query is rejected. An update's error has no type of its own, so its text is compared.
func IsPaused(err error) bool {
	var failed *serviceerror.FailedPrecondition
	return is[*temporal.QueryRejectedError](err) ||
		errors.As(err, &failed) && strings.Contains(strings.ToLower(failed.Message), "workflow is paused")
}

// IsForeign reports whether the error says that the workflow has no such query
// or update. It compares the SDKs' messages, because they have no type for this
// error.
func IsForeign(err error) bool {
	var query *serviceerror.QueryFailed
	var application *temporal.ApplicationError
	return errors.As(err, &query) && strings.HasPrefix(strings.ToLower(query.Message), "unknown query") ||
		errors.As(err, &application) && strings.HasPrefix(application.Message(), "unknown update ")
}

// An OldWorkerError reports that the worker that was asked does not know the run's
// workflow, or does not do what the run's history says. The run itself goes on
// once another worker takes it.
type OldWorkerError struct {
	// Cause is the SDK's error.
	Cause error
}

// Error says what to do about it.
func (e *OldWorkerError) Error() string {
	return "a worker of the run's task queue cannot go on with the run: it is of an older build, or lacks Latch's plugin; " +
		"replace it by one of the newest build (" + excerpt.Of(e.Cause.Error(), maximumCause) + ")"
}

// Unwrap returns the cause.
func (e *OldWorkerError) Unwrap() error { return e.Cause }

// maximumCause bounds how much of a worker's words is repeated, in bytes.
const maximumCause = 200

// ofWorker returns the error of a query, as an [OldWorkerError] if it is one. It
// compares the SDK's messages, because they have no type for this error.
func ofWorker(err error) error {
	var query *serviceerror.QueryFailed
	if errors.As(err, &query) &&
		(strings.Contains(query.Message, "unable to find workflow type") || strings.Contains(query.Message, "[TMPRL1100]")) {
		return &OldWorkerError{err}
	}
	return err
}

// IsRefused reports whether the error says that the caller may not use the
// namespace, or that the namespace does not exist.
func IsRefused(err error) bool {
	return is[*serviceerror.PermissionDenied](err) || is[*serviceerror.NamespaceNotFound](err)
}

// IsUnanswered reports whether the error says that neither Temporal nor a worker
// answered in time.
func IsUnanswered(err error) bool {
	return is[*serviceerror.Unavailable](err) || is[*serviceerror.DeadlineExceeded](err) || overload.IsAbandoned(err) ||
		is[*client.WorkflowUpdateServiceTimeoutOrCanceledError](err) || errors.Is(err, context.DeadlineExceeded)
}

func is[T error](err error) bool {
	var target T
	return errors.As(err, &target)
}
