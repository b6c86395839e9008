package latch

import (
	"math"
	"time"

	"github.com/latch-run/latch/internal/fields"
)

const maximumCoefficient = 1000

// retryDefaults are the defaults of the individual fields.
var retryDefaults = func() (retry Retry) {
	fields.SetDefaults(&retry)
	return retry
}()

// A Retry says how a failure is retried. A zero field has its default.
type Retry struct {
	// InitialInterval is the wait before the second attempt; 5s by default.
	InitialInterval Duration `json:"initial_interval,omitempty" unset:"5s"`
	// BackoffCoefficient multiplies each further wait; 2 by default, at least 1.
	BackoffCoefficient float64 `json:"backoff_coefficient,omitempty" unset:"2"`
	// MaximumInterval bounds a wait; 1h by default.
	MaximumInterval Duration `json:"maximum_interval,omitempty" unset:"1h"`
	// MaximumAttempts bounds the attempts, including the first; 0 means no limit.
	MaximumAttempts int `json:"maximum_attempts,omitempty" unset:"0"`
	// Schedule lists the waits, one for each attempt after the first. It replaces
	// InitialInterval, BackoffCoefficient and MaximumInterval. After the last wait there is one
	// more attempt. Only webhooks and http tasks accept it.
	Schedule RetrySchedule `json:"schedule,omitempty"`
	// On lists statuses that are retried, and NotOn statuses that are not, overriding the
	// defaults (contract, "Responses"). A status takes precedence over its class. With a 2xx in
	// On, that answer is a success only if the task's or webhook's success says so. Only
	// webhooks and http tasks accept them.
	On    []StatusCode `json:"on,omitempty"`
	NotOn []StatusCode `json:"not_on,omitempty"`
	// Deadline bounds the total time from the first attempt. The default is 24h or, if that is
	// longer, twice the total of Schedule.
	Deadline Duration `json:"deadline,omitempty" unset:"24h"`
}

// WithDefaults returns the retry with every field set. It accepts nil.
func (r *Retry) WithDefaults() Retry {
	var given Retry
	if r != nil {
		given = *r
	}
	if given.InitialInterval == 0 {
		given.InitialInterval = retryDefaults.InitialInterval
		if given.MaximumInterval > 0 {
			given.InitialInterval = min(given.InitialInterval, given.MaximumInterval)
		}
	}
	if given.MaximumInterval == 0 {
		given.MaximumInterval = max(retryDefaults.MaximumInterval, given.InitialInterval)
	}
	if given.Deadline == 0 {
		given.Deadline = max(retryDefaults.Deadline, Duration(2*given.Schedule.total()))
	}
	if given.BackoffCoefficient == 0 {
		given.BackoffCoefficient = retryDefaults.BackoffCoefficient
	}
	return given
}

// Delay returns the wait after the given number of failed attempts (1 and up), without jitter:
// InitialInterval times BackoffCoefficient for each attempt after the first, at most
// MaximumInterval; or the entry of Schedule. The defaults apply.
func (r *Retry) Delay(failed int) time.Duration {
	retry := r.WithDefaults()
	if last := len(retry.Schedule); last > 0 {
		return time.Duration(retry.Schedule[min(max(failed, 1), last)-1])
	}
	delay := float64(retry.InitialInterval)
	for i := 1; i < failed && delay < float64(retry.MaximumInterval); i++ {
		delay *= retry.BackoffCoefficient
	}
	return time.Duration(min(delay, float64(retry.MaximumInterval)))
}

// AttemptLimit returns the largest number of attempts, including the first: MaximumAttempts, or
// fewer if Schedule has fewer waits; 0 means no limit.
func (r *Retry) AttemptLimit() int {
	switch {
	case r == nil:
		return 0
	case len(r.Schedule) == 0:
		return r.MaximumAttempts
	case r.MaximumAttempts == 0:
		return len(r.Schedule) + 1
	default:
		return min(r.MaximumAttempts, len(r.Schedule)+1)
	}
}

func (r *Retry) validate(problems *Problems, path string, takes schedules) {
	if r == nil {
		return
	}
	r.Schedule.validate(problems, field(path, "schedule"), takes)
	if r.Schedule != nil && (r.InitialInterval != 0 || r.BackoffCoefficient != 0 || r.MaximumInterval != 0) {
		problems.Addf(field(path, "schedule"), "give either schedule or initial_interval, backoff_coefficient and maximum_interval, not both")
	}
	r.validateStatuses(problems, path, takes)
	checkDuration(problems, field(path, "initial_interval"), r.InitialInterval)
	checkDuration(problems, field(path, "maximum_interval"), r.MaximumInterval)
	checkDuration(problems, field(path, "deadline"), r.Deadline)
	if r.BackoffCoefficient != 0 && (r.BackoffCoefficient < 1 || r.BackoffCoefficient > maximumCoefficient) {
		problems.Addf(field(path, "backoff_coefficient"), "must be between 1 and %d, not %v", maximumCoefficient, r.BackoffCoefficient)
	}
	if r.MaximumAttempts < 0 || r.MaximumAttempts > math.MaxInt32 {
		problems.Addf(field(path, "maximum_attempts"), "must be between 0 (no limit) and %d, not %d", math.MaxInt32, r.MaximumAttempts)
	}
	if r.InitialInterval > 0 && r.MaximumInterval > 0 && r.MaximumInterval < r.InitialInterval {
		problems.Addf(field(path, "maximum_interval"), "%s is less than initial_interval, %s", r.MaximumInterval, r.InitialInterval)
	}
}
