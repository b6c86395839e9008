package latch_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// TestDurationsAreGoDurationStrings: "durations are Go duration strings".
func TestDurationsAreGoDurationStrings(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"90s": 90 * time.Second, "4h": 4 * time.Hour, "1h30m": 90 * time.Minute, "0s": 0, "0": 0,
		"1.5s": 1500 * time.Millisecond, "-1s": -time.Second, "100ms": 100 * time.Millisecond,
	} {
		var duration latch.Duration
		require.NoError(t, json.Unmarshal([]byte(`"`+text+`"`), &duration), text)
		require.Equal(t, latch.Duration(want), duration, text)
		encoded, err := json.Marshal(duration)
		require.NoError(t, err)
		require.Equal(t, `"`+want.String()+`"`, string(encoded))
	}
	for _, text := range []string{`"90"`, `90`, `"1d"`, `""`, `true`, `{}`} {
		require.Error(t, json.Unmarshal([]byte(text), new(latch.Duration)), text)
	}
}

// TestTimesAreUTCWithMilliseconds: "times are RFC 3339, UTC, milliseconds".
func TestTimesAreUTCWithMilliseconds(t *testing.T) {
	t.Parallel()
	berlin := time.FixedZone("CEST", 2*60*60)
	for want, given := range map[string]time.Time{
		`"2026-07-01T10:30:00.123Z"`: time.Date(2026, 7, 1, 12, 30, 0, 123987654, berlin),
		`"2026-07-01T10:30:00.000Z"`: time.Date(2026, 7, 1, 10, 30, 0, 0, time.UTC),
	} {
		encoded, err := json.Marshal(latch.NewTime(given))
		require.NoError(t, err)
		require.Equal(t, want, string(encoded))
		var decoded latch.Time
		require.NoError(t, json.Unmarshal(encoded, &decoded))
		require.Equal(t, latch.NewTime(given), decoded)
	}
}

func TestAnObjectIsNeverNull(t *testing.T) {
	t.Parallel()
	encoded, err := json.Marshal(latch.Record{})
	require.NoError(t, err)
	require.Contains(t, string(encoded), `"data":{}`)
}

// TestRetryDelays: the defaults are those under "Webhook", and "a retry given in part takes the
// defaults … for the rest".
func TestRetryDelays(t *testing.T) {
	t.Parallel()
	const s = time.Second
	for name, test := range map[string]struct {
		retry *latch.Retry
		want  []time.Duration // after 1, 2, … failed attempts
	}{
		"defaults": {nil, []time.Duration{5 * s, 10 * s, 20 * s, 40 * s, 80 * s, 160 * s, 320 * s, 640 * s,
			1280 * s, 2560 * s, 3600 * s, 3600 * s}},
		"empty":   {&latch.Retry{}, []time.Duration{5 * s, 10 * s, 20 * s}},
		"in part": {&latch.Retry{InitialInterval: latch.Duration(s)}, []time.Duration{s, 2 * s, 4 * s}},
		"steady":  {&latch.Retry{InitialInterval: latch.Duration(3 * s), BackoffCoefficient: 1}, []time.Duration{3 * s, 3 * s, 3 * s}},
		"by halves": {&latch.Retry{InitialInterval: latch.Duration(2 * s), BackoffCoefficient: 1.5},
			[]time.Duration{2 * s, 3 * s, 4500 * time.Millisecond}},
		"bounded":            {&latch.Retry{MaximumInterval: latch.Duration(12 * s)}, []time.Duration{5 * s, 10 * s, 12 * s, 12 * s}},
		"bounded below 5s":   {&latch.Retry{MaximumInterval: latch.Duration(s)}, []time.Duration{s, s}},
		"a first wait of 2h": {&latch.Retry{InitialInterval: latch.Duration(2 * time.Hour)}, []time.Duration{2 * time.Hour, 2 * time.Hour}},
		"without end":        {&latch.Retry{BackoffCoefficient: 1e308}, []time.Duration{5 * s, time.Hour, time.Hour}},
	} {
		for i, want := range test.want {
			require.Equal(t, want, test.retry.Delay(i+1), "%s, after %d", name, i+1)
		}
	}
	defaults := (&latch.Retry{MaximumAttempts: 4}).WithDefaults()
	require.Equal(t, latch.Retry{InitialInterval: latch.Duration(5 * s), BackoffCoefficient: 2, MaximumInterval: latch.Duration(time.Hour),
		MaximumAttempts: 4, Deadline: latch.Duration(24 * time.Hour)}, defaults)
}

// TestDefaultsOfHooks: the defaults are those of "Webhook" and "Task".
func TestDefaultsOfHooks(t *testing.T) {
	t.Parallel()
	given := latch.Webhook{Event: latch.EventJobStart}
	webhook := latch.WithDefaults(given)
	require.Equal(t, latch.Webhook{Event: latch.EventJobStart}, given)
	require.Equal(t, "POST", webhook.Method)
	require.Equal(t, "application/json", webhook.ContentType)
	require.Equal(t, latch.DefaultContentType, webhook.ContentType)
	require.Equal(t, "X-Latch-Secret", webhook.SecretHeader)
	require.Equal(t, latch.Duration(time.Minute), webhook.Timeout)
	require.True(t, webhook.IsEnabled())
	require.True(t, webhook.SendsSecret())
	require.True(t, given.IsEnabled())
	require.True(t, given.SendsSecret())
	require.Equal(t, latch.Duration(90*time.Second), latch.WithDefaults(latch.Event{}).AnswerTimeout)
	require.Equal(t, latch.Stop, latch.WithDefaults(latch.Event{}).OnTimeout)
	require.Equal(t, latch.Duration(10*time.Minute), latch.WithDefaults(latch.HTTPTask{}).Timeout)
	require.Equal(t, latch.Duration(10*time.Minute), latch.WithDefaults(latch.WorkflowTask{}).Timeout)
	require.Equal(t, latch.Duration(10*time.Minute), latch.WithDefaults(latch.CommandTask{}).Timeout)
	require.Equal(t, latch.Duration(10*time.Minute), latch.WithDefaults(latch.ActivityTask{}).Timeout)
	require.Equal(t, latch.Duration(5*time.Minute), latch.WithDefaults(latch.ActivityTask{}).StartTimeout)
	require.Equal(t, latch.AuthStyleHeader, latch.WithDefaults(latch.OAuth2{}).AuthStyle)
	set := latch.Webhook{Method: "PUT", Timeout: latch.Duration(time.Second)}
	require.Equal(t, "PUT", latch.WithDefaults(set).Method)
	require.Equal(t, set.Timeout, latch.WithDefaults(set).Timeout)
	for name, test := range map[string]struct {
		event latch.Event
		want  string
	}{
		"a hook that tells":              {latch.Event{}, latch.Continue},
		"a condition is not one of them": {latch.Event{When: "true"}, latch.Continue},
		"a hook that blocks":             {latch.Event{Blocking: true}, latch.Stop},
		"result":                         {latch.Event{Result: "'pass'"}, latch.Stop},
		"stop_release":                   {latch.Event{StopRelease: "true"}, latch.Stop},
		"rollback_release":               {latch.Event{RollbackRelease: "true"}, latch.Stop},
		"given":                          {latch.Event{Blocking: true, OnError: latch.Rollback}, latch.Rollback},
	} {
		require.Equal(t, test.want, latch.WithDefaults(test.event).OnError, name)
	}
}

func TestADisabledHookDoesNotListen(t *testing.T) {
	t.Parallel()
	no := false
	webhook := latch.Webhook{Events: []latch.Event{{Event: latch.EventJobStart, Enabled: &no}, {Event: latch.EventJobFailure}}}
	_, listens := webhook.On(latch.EventJobStart)
	require.False(t, listens)
	_, listens = webhook.On(latch.EventJobFailure)
	require.True(t, listens)
	webhook.Enabled = &no
	_, listens = webhook.On(latch.EventJobFailure)
	require.False(t, listens)
}

func TestProblemsAsAnErrorAreBounded(t *testing.T) {
	t.Parallel()
	var problems latch.Problems
	require.NoError(t, problems.Err())
	problems.Addf("a", "required")
	require.EqualError(t, problems.Err(), "a: required")
	problems.Addf("", "wrong")
	require.EqualError(t, problems.Err(), "2 problems:\n  a: required\n  wrong")
	for range 100_000 {
		problems.Addf("webhooks[0].url", "required")
	}
	require.Less(t, len(problems.Error()), 70<<10)
	require.Regexp(t, `… and \d+ more$`, problems.Error())
}
