package activities

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/delivery"
)

// These are the error types of failed attempts, which Temporal UI shows.
const (
	errorUnreachable   = "Unreachable"
	errorStatus        = "BadStatus"
	errorUndeliverable = "Undeliverable"
	errorExhausted     = "Exhausted"
	errorBusy          = "EndpointBusy"
	errorWithdrawn     = "Withdrawn"
	errorUnread        = "RegistryUnread"
	errorWaits         = "WaitsForItsTurn"
	errorKept          = "EndpointDisabled"
	errorNotYet        = "NotYet"
)

const (
	// jitter is the largest relative deviation of a delay from the computed one (contract,
	// "Responses").
	jitter = 0.1
	// longestDelay is the longest wait between two attempts.
	longestDelay = 24 * time.Hour
)

// An attempt is the data for classifying a failed HTTP attempt.
type attempt struct {
	// number counts from 1.
	number int
	// retry is nil if there are no retries.
	retry *latch.Retry
	// deadline is when retries end; zero means never.
	deadline time.Time
	now      time.Time
}

// A judgement says what happens after a failed attempt.
type judgement struct {
	kind    string
	message string
	// final reports that there is no further attempt. Otherwise delay is the wait.
	final bool
	delay time.Duration
	// gone reports that the endpoint answered 410 Gone.
	gone bool
	// answered reports that the endpoint answered, and that its answer is not final.
	answered bool
}

// judge decides whether and when a failed attempt is retried. Only judge and failure convert a
// delivery's error to Temporal's.
func (a attempt) judge(err error) judgement {
	verdict := judgement{kind: kindOf(err), message: err.Error()}
	if !delivery.Retryable(err) || a.retry == nil {
		var status *delivery.StatusError
		verdict.final, verdict.gone = true, errors.As(err, &status) && status.Gone
		return verdict
	}
	if limit := a.retry.AttemptLimit(); limit > 0 && a.number >= limit {
		why := fmt.Sprintf("given up after %d of %d attempts", a.number, limit)
		if a.number > limit {
			why += ", some of which ended without a word"
		}
		return exhausted(why, err)
	}
	verdict.delay = delayAfter(err, a.retry, a.number, rand.Float64())
	if remaining := a.deadline.Sub(a.now); !a.deadline.IsZero() {
		if asked, ok := delivery.RetryAfter(err); ok && asked <= remaining {
			verdict.delay = min(verdict.delay, remaining) // jitter alone does not exceed the deadline
		}
	}
	if !a.deadline.IsZero() && a.now.Add(verdict.delay).After(a.deadline) {
		return exhausted(fmt.Sprintf("given up after %d attempts: the next one, in %s, would come after the deadline",
			a.number, verdict.delay.Round(time.Second)), err)
	}
	return verdict
}

func exhausted(why string, err error) judgement {
	return judgement{kind: errorExhausted, message: why + "; the last one: " + err.Error(), final: true}
}

func kindOf(err error) string {
	var unreachable *delivery.UnreachableError
	var status *delivery.StatusError
	switch {
	case errors.As(err, &unreachable):
		return errorUnreachable
	case errors.As(err, &status):
		return errorStatus
	default:
		return errorUndeliverable
	}
}

// delayAfter returns the wait before the next attempt; chance is in [0,1). It never shortens
// what a receiver asked for, up to 24h. No wait is longer than that: Temporal would shorten it,
// and the record would be wrong.
func delayAfter(err error, retry *latch.Retry, number int, chance float64) time.Duration {
	delay := float64(retry.Delay(number)) * (1 - jitter + 2*jitter*chance)
	if asked, ok := delivery.RetryAfter(err); ok {
		delay = float64(asked) * (1 + jitter*chance)
	}
	return time.Duration(min(delay, float64(longestDelay)))
}

// failure returns the judgement as Temporal's error, with details for the run.
func (j judgement) failure(details ...any) error {
	options := temporal.ApplicationErrorOptions{NonRetryable: j.final, Details: details}
	if !j.final {
		options.NextRetryDelay = j.delay
	}
	return temporal.NewApplicationErrorWithOptions(j.message, j.kind, options)
}
