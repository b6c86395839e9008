package latch

import (
	"encoding/json"
	"reflect"
	"time"
)

// ScheduleStandardWebhooks names the example schedule of Standard Webhooks ("Deliverability and
// reliability"): ten attempts in 76 hours.
const ScheduleStandardWebhooks = "standard-webhooks"

// A RetrySchedule lists the waits between attempts, in their order, each more than 0 and at
// most 24h. JSON may instead contain the name of a schedule; the only one is
// [ScheduleStandardWebhooks].
type RetrySchedule []Duration

// These are the limits of a schedule.
const (
	maximumScheduledDelays = 100
	maximumScheduledDelay  = Duration(24 * time.Hour)
)

var namedSchedules = map[string]RetrySchedule{
	ScheduleStandardWebhooks: {
		Duration(5 * time.Second), Duration(5 * time.Minute), Duration(30 * time.Minute), Duration(2 * time.Hour), Duration(5 * time.Hour),
		Duration(10 * time.Hour), Duration(14 * time.Hour), Duration(20 * time.Hour), Duration(24 * time.Hour),
	},
}

// schedules says whether a retry may have a schedule.
type schedules bool

const (
	takesSchedule schedules = true
	noSchedule    schedules = false
)

// UnmarshalJSON decodes an array of durations or the name of a schedule.
func (s *RetrySchedule) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	var problems Problems
	decodeRetrySchedule(&problems, "", data, reflect.ValueOf(s).Elem())
	return problems.Err()
}

func (s RetrySchedule) total() (sum time.Duration) {
	for _, delay := range s {
		sum += time.Duration(delay)
	}
	return sum
}

func (s RetrySchedule) validate(problems *Problems, path string, takes schedules) {
	switch {
	case s == nil:
		return
	case takes == noSchedule:
		problems.Addf(path, "webhooks and http tasks alone take a schedule; give initial_interval, backoff_coefficient and maximum_interval")
		return
	case len(s) == 0:
		problems.Addf(path, "has no delay; for a single attempt give maximum_attempts 1")
	case len(s) > maximumScheduledDelays:
		problems.Addf(path, "has %d delays; the limit is %d", len(s), maximumScheduledDelays)
		return
	}
	for i, delay := range s {
		if delay <= 0 || delay > maximumScheduledDelay {
			problems.Addf(element(path, i), "must be more than 0s and at most %s, not %s", maximumScheduledDelay, delay)
		}
	}
}

// decodeRetrySchedule decodes an array of durations or the name of a schedule.
func decodeRetrySchedule(problems *Problems, path string, data json.RawMessage, target reflect.Value) {
	if !isString(data) {
		decodeSlice(problems, path, data, target)
		return
	}
	var name string
	if err := json.Unmarshal(data, &name); err != nil || namedSchedules[name] == nil {
		problems.Addf(path, `must be an array of durations such as ["5s", "5m"], or %q, not %s`, ScheduleStandardWebhooks, abbreviate(data))
		return
	}
	target.Set(reflect.ValueOf(append(RetrySchedule{}, namedSchedules[name]...)))
}
