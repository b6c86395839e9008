package activities

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/delivery"
	"github.com/latch-run/latch/internal/protocol"
)

// errorOf makes one attempt at an endpoint with the given answer, and returns its error.
func errorOf(t *testing.T, answer http.HandlerFunc) error {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return attemptAt(t, server.URL)
}

func attemptAt(t *testing.T, address string) error {
	t.Helper()
	sender, err := delivery.New(delivery.Options{EgressAllow: []string{"127.0.0.1"}})
	require.NoError(t, err)
	t.Cleanup(sender.Close)
	_, err = sender.Send(t.Context(), &protocol.WebhookRequest{Webhook: latch.Webhook{ID: "hook", URL: address},
		Event: latch.Event{Event: "JOB_SUCCESS"}, DeliveryID: "dlv_1"}, 1)
	require.Error(t, err)
	return err
}

func answering(status int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if len(header) == 2 {
			w.Header().Set(header[0], header[1])
		}
		w.WriteHeader(status)
	}
}

// Contract, Responses: which failures are retried, and when retries end.
func TestJudge(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	retry := &latch.Retry{InitialInterval: latch.Duration(time.Second), MaximumAttempts: 3}
	planned := &latch.Retry{Schedule: latch.RetrySchedule{latch.Duration(time.Second), latch.Duration(time.Minute)}}
	gone := func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(500)
		_, _ = w.Write([]byte("no_service"))
	}
	for name, c := range map[string]struct {
		err     error
		attempt attempt
		kind    string
		final   bool
		tells   string
	}{
		"503 is retried": {errorOf(t, answering(503)), attempt{number: 1, retry: retry, now: now}, errorStatus, false, "503"},
		"429 is retried": {errorOf(t, answering(429)), attempt{number: 2, retry: retry, now: now}, errorStatus, false, "429"},
		"a lost answer is retried": {
			errorOf(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }),
			attempt{number: 1, retry: retry, now: now}, errorUnreachable, false, "closed"},
		"a refused port is retried": {attemptAt(t, "http://127.0.0.1:1/"), attempt{number: 1, retry: retry, now: now},
			errorUnreachable, false, "127.0.0.1:1"},
		"404 is final": {errorOf(t, answering(404)), attempt{number: 1, retry: retry, now: now}, errorStatus, true, "404"},
		"410 is final": {errorOf(t, answering(410)), attempt{number: 1, retry: retry, now: now}, errorStatus, true, "gone"},
		"a redirect is final": {errorOf(t, answering(302, "Location", "/x")),
			attempt{number: 1, retry: retry, now: now}, errorStatus, true, "redirect"},
		"a private address is final": {attemptAt(t, "http://10.0.0.1/"), attempt{number: 1, retry: retry, now: now},
			errorUndeliverable, true, "LATCH_EGRESS_ALLOW"},
		"without retry all is final": {errorOf(t, answering(503)), attempt{number: 1, now: now}, errorStatus, true, "503"},
		"the last attempt is final":  {errorOf(t, answering(503)), attempt{number: 3, retry: retry, now: now}, errorExhausted, true, "3 of 3"},
		"past the deadline is final": {errorOf(t, answering(503)),
			attempt{number: 1, retry: retry, now: now, deadline: now.Add(500 * time.Millisecond)}, errorExhausted, true, "deadline"},
		"before the deadline is not": {errorOf(t, answering(503)),
			attempt{number: 1, retry: retry, now: now, deadline: now.Add(2 * time.Second)}, errorStatus, false, "503"},
		"a schedule's delay":          {errorOf(t, answering(503)), attempt{number: 2, retry: planned, now: now}, errorStatus, false, "503"},
		"after a schedule's last":     {errorOf(t, answering(503)), attempt{number: 3, retry: planned, now: now}, errorExhausted, true, "3 of 3"},
		"Slack's no_service is final": {errorOf(t, gone), attempt{number: 1, retry: retry, now: now}, errorStatus, true, "gone"},
		"Retry-After past a deadline": {errorOf(t, answering(503, "Retry-After", "60")),
			attempt{number: 1, retry: retry, now: now, deadline: now.Add(30 * time.Second)}, errorExhausted, true, "deadline"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			judged := c.attempt.judge(c.err)
			require.Equal(t, c.kind, judged.kind)
			require.Equal(t, c.final, judged.final)
			require.Contains(t, judged.message, c.tells)

			var failure *temporal.ApplicationError
			require.True(t, errors.As(judged.failure("details"), &failure))
			require.Equal(t, c.final, failure.NonRetryable())
			require.Equal(t, c.kind, failure.Type())
			require.Equal(t, judged.delay, failure.NextRetryDelay())
			require.Equal(t, c.final, judged.delay == 0, "what is tried again has its delay")
			var details string
			require.NoError(t, failure.Details(&details))
			require.Equal(t, "details", details)
		})
	}
}

// Contract, Responses and Webhook: delays double, are jittered by ±10 % and bounded.
// Retry-After is never shortened and overrides maximum_interval.
func TestDelayAfter(t *testing.T) {
	t.Parallel()
	plain := errorOf(t, answering(503))
	asking := errorOf(t, answering(503, "Retry-After", "120"))
	asksForYears := errorOf(t, answering(503, "Retry-After", "99999999999999999999"))
	quick := &latch.Retry{InitialInterval: latch.Duration(time.Second), MaximumInterval: latch.Duration(10 * time.Second)}
	planned := &latch.Retry{Schedule: latch.RetrySchedule{latch.Duration(5 * time.Second),
		latch.Duration(5 * time.Minute), latch.Duration(24 * time.Hour)}}
	for name, c := range map[string]struct {
		err    error
		retry  *latch.Retry
		number int
		chance float64
		delay  time.Duration
	}{
		"the default begins at 5s":      {plain, &latch.Retry{}, 1, 0.5, 5 * time.Second},
		"it doubles":                    {plain, &latch.Retry{}, 3, 0.5, 20 * time.Second},
		"it ends at 1h":                 {plain, &latch.Retry{}, 100, 0.5, time.Hour},
		"10 % less at the least":        {plain, quick, 1, 0, 900 * time.Millisecond},
		"10 % more at the most":         {plain, quick, 1, 1, 1100 * time.Millisecond},
		"at most the maximum, jittered": {plain, quick, 9, 1, 11 * time.Second},
		"what was asked for":            {asking, quick, 1, 0, 2 * time.Minute},
		"never less, but more":          {asking, quick, 1, 1, 132 * time.Second},
		"a schedule's second":           {plain, planned, 2, 0.5, 5 * time.Minute},
		"a schedule's, jittered":        {plain, planned, 1, 1, 5500 * time.Millisecond},
		"a schedule does not shorten":   {asking, planned, 1, 0, 2 * time.Minute},
		"jitter does not exceed 24h":    {plain, planned, 3, 1, 24 * time.Hour},
		"nor with what was asked for":   {asksForYears, quick, 1, 1, 24 * time.Hour},
		"at most 24h":                   {asksForYears, quick, 1, 0, 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.InDelta(t, float64(c.delay), float64(delayAfter(c.err, c.retry, c.number, c.chance)), float64(time.Millisecond))
		})
	}
}
