package latch_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// A schedule replaces the intervals, for webhooks and http tasks.
func TestRetryScheduleValidation(t *testing.T) {
	t.Parallel()
	const notHere = "webhooks and http tasks alone take a schedule; give initial_interval, backoff_coefficient and maximum_interval"
	hook := func(retry string) string { return aJob(aHook(`"event":"JOB_SUCCESS","retry":` + retry)) }
	task := func(task string) string { return `{"id":"j","task":` + task + `}` }
	hold(t, []rule{
		{"delays", "job", hook(`{"schedule":["5s","5m","24h"],"maximum_attempts":2,"deadline":"1h"}`), nil},
		{"by name", "job", hook(`{"schedule":"standard-webhooks"}`), nil},
		{"absent", "job", hook(`{"schedule":null,"initial_interval":"1s"}`), nil},
		{"http task", "job", task(`{"http":{"url":"https://example.com/","retry":{"schedule":["1s"]}}}`), nil},
		{"unknown name", "job", hook(`{"schedule":"svix"}`),
			[]string{`webhooks[0].retry.schedule: must be an array of durations such as ["5s", "5m"], or "standard-webhooks", not "svix"`}},
		{"no list", "job", hook(`{"schedule":5}`), []string{`webhooks[0].retry.schedule: must be an array, not 5`}},
		{"no duration", "job", hook(`{"schedule":["5s",5]}`),
			[]string{`webhooks[0].retry.schedule[1]: must be a Go duration such as "90s" or "4h", not 5`}},
		{"none", "job", hook(`{"schedule":[]}`),
			[]string{`webhooks[0].retry.schedule: has no delay; for a single attempt give maximum_attempts 1`}},
		{"bounds", "job", hook(`{"schedule":["0s","-1s","25h"]}`), []string{
			`webhooks[0].retry.schedule[0]: must be more than 0s and at most 24h0m0s, not 0s`,
			`webhooks[0].retry.schedule[1]: must be more than 0s and at most 24h0m0s, not -1s`,
			`webhooks[0].retry.schedule[2]: must be more than 0s and at most 24h0m0s, not 25h0m0s`}},
		{"too many", "job", hook(`{"schedule":["1s"` + strings.Repeat(`,"1s"`, 100) + `]}`),
			[]string{`webhooks[0].retry.schedule: has 101 delays; the limit is 100`}},
		{"with intervals", "job", hook(`{"schedule":["1s"],"maximum_interval":"1h"}`),
			[]string{`webhooks[0].retry.schedule: give either schedule or initial_interval, backoff_coefficient and maximum_interval, not both`}},
		{"activity", "job", task(`{"activity":{"type":"A","retry":{"schedule":["1s"]}}}`), []string{`task.activity.retry.schedule: ` + notHere}},
		{"command", "job", task(`{"command":{"argv":["true"],"retry":{"schedule":["1s"]}}}`),
			[]string{`task.command.retry.schedule: ` + notHere}},
		{"job", "job", `{"id":"j","retry":{"schedule":["1s"]},"task":{"command":{"argv":["true"]}}}`, []string{`retry.schedule: ` + notHere}},
	})
}

// The attempt after the last wait is the last one. The named schedule is that of the Standard
// Webhooks specification, and fits into the default deadline.
func TestRetrySchedule(t *testing.T) {
	t.Parallel()
	var retry latch.Retry
	require.NoError(t, json.Unmarshal([]byte(`{"schedule":"standard-webhooks"}`), &retry))
	require.Equal(t, 10, retry.AttemptLimit())
	var total time.Duration
	for i, want := range []string{"5s", "5m", "30m", "2h", "5h", "10h", "14h", "20h", "24h"} {
		delay, err := time.ParseDuration(want)
		require.NoError(t, err)
		require.Equal(t, delay, retry.Delay(i+1))
		total += delay
	}
	require.Equal(t, "75h35m5s", total.String())
	require.Greater(t, time.Duration(retry.WithDefaults().Deadline), total+total/10)

	short := latch.Retry{Schedule: latch.RetrySchedule{latch.Duration(time.Second)}}
	require.Equal(t, latch.Duration(24*time.Hour), short.WithDefaults().Deadline)
	require.Equal(t, 2, short.AttemptLimit())
	short.MaximumAttempts = 1
	require.Equal(t, 1, short.AttemptLimit())
	short.MaximumAttempts = 9
	require.Equal(t, 2, short.AttemptLimit())
	require.Equal(t, 9, (&latch.Retry{MaximumAttempts: 9}).AttemptLimit())
	require.Zero(t, (*latch.Retry)(nil).AttemptLimit())
	require.Error(t, json.Unmarshal([]byte(`{"schedule":"other"}`), &retry))
}
