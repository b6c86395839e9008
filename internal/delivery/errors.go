package delivery

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// An UnreachableError says that no complete answer came: a network error, a
// timeout, or an answer that was lost. It is worth another attempt with the
// same delivery id.
type UnreachableError struct {
	message string
	cause   error // context.Canceled, context.DeadlineExceeded or nil
	// Timeout reports that connecting or answering took too long.
	Timeout bool
}

// Error says what was called and what happened to it, without secrets.
func (e *UnreachableError) Error() string { return e.message }

// Unwrap returns the context's error where the caller ended the attempt.
func (e *UnreachableError) Unwrap() error { return e.cause }

// A StatusError says that the endpoint answered with a status that is no
// success.
type StatusError struct {
	message string
	Status  int
	// RetryAfter is how long the endpoint asked to be left alone, at most 24h;
	// HasRetryAfter reports whether it asked.
	RetryAfter    time.Duration
	HasRetryAfter bool
	// Gone reports that the endpoint is gone: 410, or Slack's words for it.
	Gone bool
	// staleToken reports that another attempt gets a new OAuth2 token.
	staleToken bool
	// invited reports that the endpoint said when to come again, even if at once.
	invited bool
	// again is what the retry says of the status, where it says something.
	again, said bool
}

// newStatusError makes the error of a status, with what the call's retry says
// of it and no text yet.
func (c *call) newStatusError(status int) *StatusError {
	again, said := c.retry.Again(status)
	return &StatusError{Status: status, Gone: status == http.StatusGone && !again, again: again, said: said}
}

// Error says what was called and what it answered, without secrets.
func (e *StatusError) Error() string { return e.message }

// Retryable reports whether another attempt may do better (contract,
// "Responses"): also after a 401 to an OAuth2 token that had been kept, and
// after a 403 by which a receiver that limits rates says when to come again.
// What the retry says of a status (on, not_on) counts before all of these.
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

// A PermanentError says that no further attempt can succeed. It unwraps to a
// [*egress.AddressError], a [*StatusError] (of a redirect), a secret.MissingError or
// a secret.HostError where one of these is the reason.
type PermanentError struct {
	message string
	cause   error
}

// Error says what was tried and why it cannot succeed, without secrets.
func (e *PermanentError) Error() string { return e.message }

// Unwrap returns the reason, where it has a type of its own.
func (e *PermanentError) Unwrap() error { return e.cause }

// permanentf makes a PermanentError of text alone.
func permanentf(format string, args ...any) *PermanentError {
	return &PermanentError{message: fmt.Sprintf(format, args...)}
}

// permanent makes a PermanentError of a typed reason, whose text has no secret.
func permanent(cause error) *PermanentError {
	return &PermanentError{message: cause.Error(), cause: cause}
}

// Retryable reports whether an error of [Sender.Send] or [Sender.Do] may be
// gone at another attempt.
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

// RetryAfter returns how long the endpoint asked to be left alone before another
// attempt, if it did and there is to be one.
func RetryAfter(err error) (delay time.Duration, asked bool) {
	var status *StatusError
	if !Retryable(err) || !errors.As(err, &status) {
		return 0, false
	}
	return status.RetryAfter, status.HasRetryAfter
}
