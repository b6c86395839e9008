package runs

import (
	"context"
	"errors"
	"strings"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

// ErrOtherRequest says that an idempotency key was used for another request.
var ErrOtherRequest = errors.New("the idempotency key was used for another request")

// RunningIn reports whether the error says that a run is under way, of which one
// runs at a time, and returns that run's id.
func RunningIn(err error) (runID string, is bool) {
	var running *serviceerror.WorkflowExecutionAlreadyStarted
	if !errors.As(err, &running) {
		return "", false
	}
	return running.RunId, true
}

// IsNotFound reports whether the error says that there is no such run.
func IsNotFound(err error) bool { return is[*serviceerror.NotFound](err) }

// IsNotBegun reports whether the error says that no worker has taken the first
// task of a run, which cannot answer a query then.
func IsNotBegun(err error) bool { return is[*serviceerror.WorkflowNotReady](err) }

// IsClosed reports whether the error says that an update came after the run's end.
func IsClosed(err error) bool {
	var application *temporal.ApplicationError
	return IsNotFound(err) || errors.As(err, &application) && application.Type() == "AcceptedUpdateCompletedWorkflow"
}

// IsForeign reports whether a workflow was asked that does not know the query or
// update: the texts are those of the SDKs, which have no type for it.
func IsForeign(err error) bool {
	var query *serviceerror.QueryFailed
	var application *temporal.ApplicationError
	return errors.As(err, &query) && strings.HasPrefix(strings.ToLower(query.Message), "unknown query") ||
		errors.As(err, &application) && strings.HasPrefix(application.Message(), "unknown update ")
}

// IsRefused reports whether the error says that the caller may not use the
// namespace, or that there is no such namespace.
func IsRefused(err error) bool {
	return is[*serviceerror.PermissionDenied](err) || is[*serviceerror.NamespaceNotFound](err)
}

// IsUnanswered reports whether the error says that neither Temporal nor a worker
// answered in time.
func IsUnanswered(err error) bool {
	return is[*serviceerror.Unavailable](err) || is[*serviceerror.DeadlineExceeded](err) || is[*serviceerror.Canceled](err) ||
		is[*client.WorkflowUpdateServiceTimeoutOrCanceledError](err) || errors.Is(err, context.DeadlineExceeded)
}

func is[T error](err error) bool {
	var target T
	return errors.As(err, &target)
}
