package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs"
	"github.com/latch-run/latch/internal/telemetry"
)

// The observer reads all pages of the list of open locks, exports the age of the oldest, and
// keeps the previous values if the list cannot be read.
func TestObserverShowsLocksAndEndpoints(t *testing.T) {
	t.Parallel()
	metrics, err := telemetry.NewMetrics("worker")
	require.NoError(t, err)
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	lock := func(age time.Duration) runs.WaitingLock {
		return runs.WaitingLock{OpenLock: latch.OpenLock{Since: latch.NewTime(now.Add(-age))}}
	}
	parts := map[string]*runs.LockPart{
		"":  {Locks: []runs.WaitingLock{lock(time.Minute), lock(time.Hour)}, NextCursor: "2"},
		"2": {Locks: []runs.WaitingLock{lock(2 * time.Second)}},
	}
	var failure error
	var log bytes.Buffer
	o := &observer{metrics: metrics.Handler, logger: slog.New(slog.NewTextHandler(&log, nil)),
		endpoints: func() (int, int) { return 5, 2 },
		webhooks:  func(context.Context) ([]latch.RegisteredWebhook, error) { return nil, nil },
		locks:     func(_ context.Context, cursor string) (*runs.LockPart, error) { return parts[cursor], failure }}
	shown := func() string {
		o.observe(t.Context(), now)
		answer := httptest.NewRecorder()
		metrics.Page.ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
		return answer.Body.String()
	}
	text := shown()
	for _, line := range []string{"latch_open_locks 3\n", "latch_open_lock_oldest_age_seconds 3600\n",
		`latch_endpoints{state="answering"} 3`, `latch_endpoints{state="silent"} 2`} {
		require.Contains(t, text, line)
	}
	failure = errors.New("no visibility")
	require.Contains(t, shown(), "latch_open_locks 3\n")
	require.Contains(t, shown(), "latch_open_lock_oldest_age_seconds 3600\n")
	require.Equal(t, 1, strings.Count(log.String(), "no visibility"), "the first of several failures is logged")
	failure, parts = nil, map[string]*runs.LockPart{"": {}}
	text = shown()
	require.Contains(t, text, "latch_open_locks 0\n")
	require.Contains(t, text, "latch_open_lock_oldest_age_seconds 0\n")
}

// The current state of each counted endpoint is 1, and the others are 0. A webhook that is
// removed or disabled has no state. If the registry cannot be read, nothing changes.
func TestObserverShowsTheStatesOfEndpoints(t *testing.T) {
	t.Parallel()
	metrics, err := telemetry.NewMetrics("worker")
	require.NoError(t, err)
	webhook := func(id, state string) latch.RegisteredWebhook {
		made := latch.RegisteredWebhook{Webhook: latch.Webhook{ID: id}, Health: &latch.Health{}}
		if state != "" {
			made.Endpoint = &latch.EndpointState{State: state}
		}
		return made
	}
	var registered []latch.RegisteredWebhook
	var failure error
	o := &observer{metrics: metrics.Handler, logger: slog.New(slog.DiscardHandler), endpoints: func() (int, int) { return 0, 0 },
		locks:    func(context.Context, string) (*runs.LockPart, error) { return &runs.LockPart{}, nil },
		webhooks: func(context.Context) ([]latch.RegisteredWebhook, error) { return registered, failure }}
	states := func() string {
		o.observe(t.Context(), time.Now())
		answer := httptest.NewRecorder()
		metrics.Page.ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
		var found []string
		for line := range strings.Lines(answer.Body.String()) {
			if rest, is := strings.CutPrefix(line, "latch_webhook_endpoint{state="); is && strings.HasSuffix(rest, " 1\n") {
				found = append(found, strings.TrimSuffix(rest, "} 1\n"))
			}
		}
		slices.Sort(found)
		return strings.Join(found, " ")
	}
	require.Empty(t, states())
	registered = []latch.RegisteredWebhook{webhook("a", ""), webhook("b", latch.EndpointFailing), webhook("c", latch.EndpointDisabled),
		{Webhook: latch.Webhook{ID: "without health"}}}
	const three = `"disabled",webhook="c" "failing",webhook="b" "healthy",webhook="a"`
	require.Equal(t, three, states())
	failure = errors.New("no registry")
	require.Equal(t, three, states())
	failure = nil
	registered = []latch.RegisteredWebhook{webhook("a", latch.EndpointFailing), webhook("b", latch.EndpointFailing)}
	registered[1].Enabled = new(bool)
	require.Equal(t, `"failing",webhook="a"`, states())
}
