package workflows

import (
	"errors"
	"fmt"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch/internal/protocol"
)

// rootMessage returns the message of the error's root cause, without Temporal's wrapping.
func rootMessage(err error) string {
	var application *temporal.ApplicationError
	if errors.As(err, &application) {
		return application.Message()
	}
	var timeout *temporal.TimeoutError
	if errors.As(err, &timeout) {
		return "timed out: " + timeoutName(timeout)
	}
	if temporal.IsCanceledError(err) {
		return "cancelled"
	}
	var terminated *temporal.TerminatedError
	if errors.As(err, &terminated) {
		return "terminated"
	}
	return err.Error()
}

// exitStatusOf returns the exit status of the failed command, or 0 if the error is not a
// command's.
func exitStatusOf(err error) int {
	var application *temporal.ApplicationError
	var end protocol.CommandEnd
	if errors.As(err, &application) && application.Type() == protocol.ErrorCommandFailed && application.HasDetails() {
		_ = application.Details(&end) // the message already contains the reason
	}
	return end.ExitStatus
}

func timeoutName(timeout *temporal.TimeoutError) string {
	switch timeout.TimeoutType() {
	case enums.TIMEOUT_TYPE_HEARTBEAT:
		return "no heartbeat came in time; did its worker die?"
	case enums.TIMEOUT_TYPE_SCHEDULE_TO_START:
		return "no worker took it"
	case enums.TIMEOUT_TYPE_START_TO_CLOSE:
		return "an attempt took longer than its timeout"
	default:
		return "it did not end before its deadline"
	}
}

// noWorker is the error of an activity that no worker has started.
func noWorker(kind, queue, within string) error {
	return fmt.Errorf("no worker took activity %q from task queue %q within %s: is a worker running that polls this queue?", kind, queue, within)
}
