package delivery

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Contract, Responses: Retry-After may be seconds, with or without a fraction, or a date in any
// format and zone. It counts up to 24h and is never shortened. Any other value is ignored.
func TestRetryAfterIsNeverShortened(t *testing.T) {
	t.Parallel()
	now := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	const none, at = -1, time.Minute
	for text, want := range map[string]time.Duration{
		"1": time.Second, " 90 ": 90 * time.Second, "0007": 7 * time.Second, "86400": 24 * time.Hour, "86401": 24 * time.Hour,
		"99999999999999999999999": 24 * time.Hour, "0": 0,
		"8.5": 8500 * time.Millisecond, "0.35": 350 * time.Millisecond, "8.0001": 8001 * time.Millisecond,
		"5.": 5 * time.Second, ".5": 500 * time.Millisecond, "86400.5": 24 * time.Hour,

		"Mon, 06 May 2024 07:09:09 GMT": at, "Mon, 06 May 2024 07:09:09 UTC": at, "Mon, 06 May 2024 07:09:09 UT": at,
		"Mon, 06 May 2024 07:09:09 Z":     at,
		"Mon, 06 May 2024 07:09:09 +0000": at, "Mon, 06 May 2024 09:09:09 +0200": at, "Mon, 06 May 2024 07:09:09 -0000": at,
		"Mon, 06 May 2024 07:09:09 +00:00": at,
		"Mon, 06 May 2024 03:09:09 EDT":    at, "Mon, 6 May 2024 07:09:09 GMT": at, "mon, 06 may 2024 07:09:09 gmt": at,
		"6 May 2024 07:09:09 GMT":        at,
		"Monday, 06-May-24 07:09:09 GMT": at, "Monday, 06-May-24 07:09:09 UTC": at, "Monday, 06-May-24 02:09:09 EST": at,
		"Mon, 06-May-2024 07:09:09 GMT": at,
		"Mon May  6 07:09:09 2024":      at, "Mon May  6 07:09:09 2024 UTC": at,
		"2024-05-06T07:09:09Z": at, "2024-05-06T09:09:09+02:00": at, "2024-05-06t07:09:09z": at, "2024-05-06 07:09:09Z": at,
		"2024-05-06T07:09:09+0000":  at,
		"2024-05-06 07:09:09 +0000": at, "2024-05-06 07:09:09 UTC": at, "2024-05-06T07:09:09": at,
		"2024-05-06T07:09:08.250Z": 59250 * time.Millisecond, "2024-05-06T07:09:08.9999999Z": 59999999900 * time.Nanosecond,
		"Thu, 09 May 2024 07:08:09 GMT": 24 * time.Hour, "Mon, 06 May 2024 07:08:09 GMT": 0,
		"Mon, 06 May 2024 06:08:09 GMT": 0, "1970-01-01T00:00:00Z": 0,

		"": none, "-5": none, "+5": none, "1e3": none, "soon": none, "5s": none, "5 seconds": none, "1,5": none,
		"1_0": none, "0x10": none, "NaN": none, "Inf": none, `"5"`: none, "null": none,
		"Mon, 06 May 2024 07:09:09 CEST": none, "Mon, 06 May 2024 07:09:09 Europe/Berlin": none,
		"Mon, 06 Mai 2024 07:09:09 GMT": none, "2024-05-06": none, "07:09:09": none, "2024-13-06T07:09:09Z": none,
	} {
		delay, told := parseRetryAfter(text, clockPair{own: now})
		require.Equal(t, max(want, 0), delay, text)
		require.Equal(t, want != none, told, text)
	}
}

// A date also counts by the receiver's own clock, if its answer has a date and the clock is
// behind the worker's.
func TestRetryAfterByTheReceiversClock(t *testing.T) {
	t.Parallel()
	now := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	for name, test := range map[string]struct {
		date string
		want time.Duration
	}{
		"no date":     {"", time.Minute},
		"in time":     {"Mon, 06 May 2024 07:08:09 GMT", time.Minute},
		"behind":      {"Mon, 06 May 2024 07:04:09 GMT", 5 * time.Minute},
		"ahead":       {"Mon, 06 May 2024 07:12:09 GMT", time.Minute},
		"far behind":  {"Tue, 01 Jan 1980 00:00:00 GMT", 24 * time.Hour},
		"not a clock": {"today", time.Minute},
	} {
		received := answer{status: 503, header: http.Header{"Date": {test.date}, "Retry-After": {"Mon, 06 May 2024 07:09:09 GMT"}}}
		delay, told := received.retryAfter(now)
		require.Equal(t, test.want, delay, name)
		require.True(t, told, name)
	}
}

// Contract, Responses: a 403 or 429 that says when to try again, by Retry-After or by an
// exhausted rate limit, is retried at that time.
func TestRateLimits(t *testing.T) {
	t.Parallel()
	now := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	in := func(wait time.Duration) string { return strconv.FormatInt(now.Add(wait).Unix(), 10) }
	type headers = map[string]string
	const hour = time.Hour
	for _, test := range []struct {
		name    string
		status  int
		headers headers
		retried bool
		wait    time.Duration
	}{
		{"403, nothing told", 403, nil, false, 0},
		{"403, Retry-After", 403, headers{"Retry-After": "30"}, true, 30 * time.Second},
		{"403, Retry-After at once", 403, headers{"Retry-After": "0"}, true, 0},
		{"403, Retry-After of garbage", 403, headers{"Retry-After": "later"}, false, 0},
		{"403, used up, GitHub", 403, headers{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": in(hour)}, true, hour},
		{"403, used up and reset already", 403, headers{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": in(-hour)}, true, 0},
		{"403, used up, no time", 403, headers{"X-RateLimit-Remaining": "0"}, false, 0},
		{"403, not used up", 403, headers{"X-RateLimit-Remaining": "59", "X-RateLimit-Reset": in(hour)}, false, 0},
		{"403, remaining unknown", 403, headers{"X-RateLimit-Reset": in(hour)}, false, 0},
		{"403, a secondary limit", 403,
			headers{"X-RateLimit-Remaining": "59", "X-RateLimit-Reset": in(hour), "Retry-After": "60"}, true, time.Minute},
		{"429, nothing told", 429, nil, true, 0},
		{"429, used up", 429, headers{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": in(hour)}, true, hour},
		{"429, remaining unknown", 429, headers{"X-RateLimit-Reset": "40"}, true, 40 * time.Second},
		{"429, not used up", 429, headers{"X-RateLimit-Remaining": "3", "X-RateLimit-Reset": "40"}, true, 0},
		{"429, the longest counts", 429,
			headers{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "40", "Retry-After": "30"}, true, 40 * time.Second},
		{"429, a fraction", 429, headers{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1.5"}, true, 1500 * time.Millisecond},
		{"429, milliseconds", 429, headers{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": in(hour) + "000"}, true, hour},
		{"429, a date", 429, headers{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2024-05-06T08:08:09Z"}, true, hour},
		{"429, far away", 429, headers{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "99999999999999999999"}, true, 24 * hour},
		{"429, garbage", 429, headers{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "-5"}, true, 0},
		{"429, Okta", 429, headers{"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": in(hour)}, true, hour},
		{"429, GitLab", 429, headers{"RateLimit-Remaining": "0", "RateLimit-Reset": in(hour)}, true, hour},
		{"429, an early draft", 429, headers{"RateLimit-Remaining": "0;w=60", "RateLimit-Reset": "50"}, true, 50 * time.Second},
		{"429, a middle draft", 429, headers{"RateLimit": "limit=100, remaining=0, reset=50"}, true, 50 * time.Second},
		{"403, a late draft", 403, headers{"RateLimit": `"burst";r=7;t=3, "daily";r=0;t=50`}, true, 50 * time.Second},
		{"403, a late draft, not used up", 403, headers{"RateLimit": `"default";r=10;t=50`}, false, 0},
		{"429, Discord", 429, headers{"X-RateLimit-Reset-After": "0.35"}, true, 350 * time.Millisecond},
		{"503 has no rate limit", 503, headers{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "40"}, true, 0},
		{"404 fails for good", 404, headers{"Retry-After": "30"}, false, 0},
		{"410 is gone", 410, headers{"Retry-After": "30"}, false, 0},
	} {
		receiver := newReceiver(t, answering(test.status, "", test.headers))
		sender := local(t, nil)
		sender.now = func() time.Time { return now }
		_, err := sender.Send(t.Context(), request(receiver.URL), 1)
		require.Equal(t, test.retried, Retryable(err), test.name)
		wait, asked := RetryAfter(err)
		require.Equal(t, test.wait, wait, test.name)
		require.Equal(t, test.wait > 0, asked, test.name)
	}
	_, asked := RetryAfter(nil)
	require.False(t, asked)
	require.False(t, Retryable(nil))
}

// Numbers of seconds in JSON may have an exponent.
func TestSecondsInABody(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"64.57": 64570 * time.Millisecond, "1e2": 100 * time.Second,
		"1e999": 24 * time.Hour, "0.0001": time.Millisecond,
		"0": 0, `"5"`: 0, "null": 0, "-1": 0} {
		receiver := newReceiver(t, answering(429, `{"retry_after":`+text+`}`, nil))
		_, err := local(t, nil).Send(t.Context(), request(receiver.URL), 1)
		delay, asked := RetryAfter(err)
		require.Equal(t, want, delay, text)
		require.Equal(t, want > 0, asked, text)
	}
}
