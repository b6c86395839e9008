package api_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/api/apitest"
)

// Probes need no key. /readyz reports whether Temporal is reachable, and nothing more.
func TestProbes(t *testing.T) {
	t.Parallel()
	temporal := apitest.Temporal()
	handler := apitest.WithKeys(t, temporal)
	for _, path := range []string{"/healthz", "/readyz"} {
		got := apitest.Call(handler, "GET", path, "", "X-API-Key", "wrong")
		require.Equal(t, http.StatusOK, got.Code, path)
		require.Equal(t, "ok\n", got.Body.String())
	}
	temporal.Unreachable = errors.New("gone")
	handler = apitest.WithKeys(t, temporal)
	require.Equal(t, http.StatusOK, apitest.Call(handler, "GET", "/healthz", "").Code)
	problem := apitest.ProblemOf(t, apitest.Call(handler, "GET", "/readyz", ""), http.StatusServiceUnavailable)
	require.Equal(t, "Temporal is out of reach.", problem.Detail)
}

// /metrics takes a key. Requests are counted by route, and by nothing that callers
// make up: no paths, no methods, no ids.
func TestRequestsAreCountedByRoute(t *testing.T) {
	t.Parallel()
	handler := apitest.WithKeys(t, apitest.Temporal())
	require.Equal(t, http.StatusUnauthorized, apitest.Call(handler, "GET", "/metrics", "").Code)
	for _, call := range [][2]string{{"GET", "/latch/v1/releases/made-up"}, {"GET", "/latch/v1/locks/a/b/made-up"},
		{"GET", "/made-up"}, {"MADEUP", "/system"},
		{"GET", "/locks/made-up"}} {
		apitest.Call(handler, call[0], call[1], "", "X-API-Key", "read")
	}
	apitest.Call(handler, "POST", "/latch/v1/events", `{"event":"DEPLOYED"}`, "X-API-Key", "run")
	apitest.Call(handler, "GET", "/latch/v1/releases/made-up", "", "X-API-Key", "wrong")
	text := apitest.Call(handler, "GET", "/metrics", "", "X-API-Key", "read").Body.String()
	for _, series := range []string{
		`latch_http_request_duration_seconds_count{code="404",method="GET",route="/latch/v1/releases/{id}"} 1`,
		`latch_http_request_duration_seconds_count{code="404",method="GET",route="/latch/v1/locks/{lock}"} 1`,
		`latch_http_request_duration_seconds_count{code="404",method="GET",route="none"} 1`,
		`latch_http_request_duration_seconds_count{code="401",method="GET",route="none"} `,
		`method="other"`,
		`latch_event_batch_duration_seconds_count{outcome="ok"} 1`, "latch_events_taken_total 1\n", "latch_events_waiting 0\n",
	} {
		require.Contains(t, text, series)
	}
	require.NotContains(t, text, "made-up")
	require.NotContains(t, text, "MADEUP")
}
