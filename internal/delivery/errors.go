package delivery

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// An UnreachableError reports that no complete answer arrived, because of a network error, a
// timeout, or a lost answer. It may be retried with the same delivery id.
type UnreachableError struct {
	message string
	cause   error // context.Canceled, context.DeadlineExceeded or nil
	// Timeout reports that connecting or answering took too long.
	Timeout bool
}

// Error names the target and what happened, without secrets.
func (e *UnreachableError) Error() string { return e.message }

// Unwrap returns the context's error if the caller ended the attempt.
func (e *UnreachableError) Unwrap() error { return e.cause }

// A StatusError reports that the endpoint answered with an unsuccessful status.
type StatusError struct {
	message string
	Status  int
	// RetryAfter is how long the endpoint asked not to be called, at most 24h. HasRetryAfter
	// reports whether it asked.
	RetryAfter    time.Duration
	HasRetryAfter bool
	// Gone reports that the endpoint no longer exists: it answered 410, or Slack's equivalent.
	Gone bool
	// staleToken reports that the next attempt fetches a new OAuth2 token.
	staleToken bool
	// invited reports that the endpoint said when to call again, even if at once.
	invited bool
	// again is what the webhook's retry says about the status, if anything.
	again, said bool
}

// newStatusError returns the error of a status, with what the call's retry says about it. It
// has no text yet.
func (c *call) newStatusError(status int) *StatusError {
	again, said := c.retry.Again(status)
	return &StatusError{Status: status, Gone: status == http.StatusGone && !again, again: again, said: said}
}

// Error names the target and its answer, without secrets.
func (e *StatusError) Error() string { return e.message }

// Retryable reports whether another attempt may succeed (contract, "Responses"). That includes
// a 401 to a kept OAuth2 token, and a 403 by which a rate-limiting receiver says when to call
// again. What the retry says about a status (on, not_on) takes precedence.
func (e *StatusError) Retryable() bool {
	switch {
	case e.Gone:
		return false
	case e.said:
		return e.again
	default:
		return e.staleToken || retryableStatus(e.Status) || e.Status == http.StatusForbidden && e.invited
	}
}

func retryableStatus(status int) bool {
	return status == http.StatusRequestTimeout || status == http.StatusTooEarly ||
		status == http.StatusTooManyRequests || status >= 500
}

// A PermanentError reports that no further attempt can succeed. It unwraps to the reason if
// that is a [*egress.AddressError], a [*StatusError] (of a redirect), a secret.MissingError or
// a secret.HostError.
type PermanentError struct {
	message string
	cause   error
}

// Error says what was attempted and why it cannot succeed, without secrets.
func (e *PermanentError) Error() string { return e.message }

// Unwrap returns the reason, if it has a type of its own.
func (e *PermanentError) Unwrap() error { return e.cause }

// permanentf returns a PermanentError that has only a text.
func permanentf(format string, args ...any) *PermanentError {
	return &PermanentError{message: fmt.Sprintf(format, args...)}
}

// permanent returns a PermanentError with a typed reason. The reason's text must not contain a
// secret.
func permanent(cause error) *PermanentError {
	return &PermanentError{message: cause.Error(), cause: cause}
}

// Retryable reports whether another attempt may succeed after this error of [Sender.Send] or
// [Sender.Do].
func Retryable(err error) bool {
	var final *PermanentError
	if errors.As(err, &final) {
		return false
	}
	var status *StatusError
	if errors.As(err, &status) {
		return status.Retryable()
	}
	var unreachable *UnreachableError
	return errors.As(err, &unreachable)
}

// RetryAfter returns how long the endpoint asked not to be called, or 0 if it did not ask or
// the error is permanent.
func RetryAfter(err error) (delay time.Duration, asked bool) {
	var status *StatusError
	if !Retryable(err) || !errors.As(err, &status) {
		return 0, false
	}
	return status.RetryAfter, status.HasRetryAfter
}
