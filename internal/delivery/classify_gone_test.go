package delivery

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A body by which Slack says that a webhook no longer exists is a permanent failure with that
// reason, whatever the status. No other body ends a delivery.
func TestGoneEndpoints(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status    int
		body      string
		gone      bool
		retryable bool
	}{
		"no_service":                {404, "no_service", true, false},
		"no_service with a line":    {404, "no_service\n", true, false},
		"no_service, as it was":     {500, "no_service", true, false},
		"no_active_hooks":           {404, "no_active_hooks", true, false},
		"channel_is_archived":       {410, "channel_is_archived", true, false},
		"team_disabled":             {403, "team_disabled", true, false},
		"invalid_payload":           {400, "invalid_payload", false, false},
		"rollup_error":              {500, "rollup_error", false, true},
		"a text that has the word":  {503, "there is no_service today", false, true},
		"JSON that has the word":    {503, `{"error":"no_service"}`, false, true},
		"a status of its own":       {410, "", true, false},
		"a delivered one, by words": {200, "no_service", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			receiver := newReceiver(t, answering(test.status, test.body, nil))
			_, err := local(t, nil).Send(t.Context(), request(receiver.URL), 1)
			if test.status == 200 {
				require.NoError(t, err)
				return
			}
			var status *StatusError
			require.ErrorAs(t, err, &status)
			require.Equal(t, test.gone, status.Gone)
			require.Equal(t, test.retryable, Retryable(err))
			if test.gone {
				require.ErrorContains(t, err, "the endpoint is gone")
				require.ErrorContains(t, err, strings.TrimSpace(test.body))
			}
		})
	}
}

// Contract, Responses: 410 means that the endpoint is gone, even if a webhook has a success
// expression, unless that expression is true.
func TestGoneWithSuccess(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, answering(410, "", nil))
	r := request(receiver.URL)
	for _, success := range []string{"response.status == 200", "response.data.missing"} {
		r.Webhook.Success = success
		_, err := local(t, nil).Send(t.Context(), r, 1)
		require.ErrorContains(t, err, "the endpoint is gone")
		var status *StatusError
		require.ErrorAs(t, err, &status)
		require.True(t, status.Gone)
		require.False(t, Retryable(err))
	}
	r.Webhook.Success = "response.status == 410"
	_, err := local(t, nil).Send(t.Context(), r, 1)
	require.NoError(t, err)
}

// Discord states when to try again in its own header and in the body of a 429, in seconds with
// a fraction. The longest time counts.
func TestDiscordRetryAfter(t *testing.T) {
	t.Parallel()
	const body = `{"message":"You are being rate limited.","retry_after":0.65,"global":false}`
	for name, test := range map[string]struct {
		status int
		body   string
		header map[string]string
		want   time.Duration
	}{
		"in the body":               {429, body, nil, 650 * time.Millisecond},
		"in the header":             {429, "", map[string]string{"X-RateLimit-Reset-After": "1.337"}, 1337 * time.Millisecond},
		"the longest of all":        {429, body, map[string]string{"X-RateLimit-Reset-After": "0.5", "Retry-After": "1"}, time.Second},
		"the body's is the longest": {429, `{"retry_after":2.5}`, map[string]string{"Retry-After": "2"}, 2500 * time.Millisecond},
		"no number":                 {429, `{"retry_after":"soon"}`, nil, 0},
		"no object":                 {429, `[0.65]`, nil, 0},
		"another status":            {503, body, map[string]string{"X-RateLimit-Reset-After": "9"}, 0},
		"more than a day":           {429, `{"retry_after":1e9}`, nil, 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			receiver := newReceiver(t, answering(test.status, test.body, test.header))
			_, err := local(t, nil).Send(t.Context(), request(receiver.URL), 1)
			delay, asked := RetryAfter(err)
			require.Equal(t, test.want, delay)
			require.Equal(t, test.want > 0, asked)
		})
	}
}
