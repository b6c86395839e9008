package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/testsuite/process"
)

// Contract, "HTTP API": a key can be sent in three ways. Without a key or with a wrong one the
// answer is 401, with too small a role 403. The access log names keys and shows none.
func TestAPIKeys(t *testing.T) {
	t.Parallel()
	s := setup(t).serve("LATCH_API_KEYS", apiKeys, "LATCH_API_ALLOW", "127.0.0.0/8")
	s.call("GET", "/latch/v1/locks", "").problem(t, 401)
	require.NotEmpty(t, s.call("GET", "/latch/v1/locks", "").header.Get("WWW-Authenticate"))
	s.as("wrong", "GET", "/latch/v1/locks", "").problem(t, 401)
	s.call("GET", "/latch/v1/locks?API_KEY=read-key-0123456789", "").read(t, 200, nil)
	s.call("GET", "/latch/v1/locks", "", "X-API-Key", "read-key-0123456789").read(t, 200, nil)
	s.as("lock-key-0123456789", "GET", "/latch/v1/locks", "").read(t, 200, nil)
	s.as("read-key-0123456789", "POST", "/latch/v1/locks/a:b:c/release", "").problem(t, 403)
	s.as("lock-key-0123456789", "POST", "/latch/v1/locks/a:b:c/release", "").problem(t, 404)
	for _, path := range []string{"/latch/v1/releases", "/latch/v1/events", "/latch/v1/releases/x/stop"} {
		s.as("lock-key-0123456789", "POST", path, "{}").problem(t, 403)
	}
	s.call("GET", "/openapi.json", "").read(t, 200, nil)
	code, err := s.process.Terminate(s.ctx)
	require.NoError(t, err)
	require.Zero(t, code, "SIGTERM is a graceful end")
	log := s.process.Stderr.String()
	require.Contains(t, log, "key=eye")
	for _, value := range []string{"admin-key", "run-key", "lock-key", "read-key", "0123456789", "wrong", "API_KEY"} {
		require.NotContains(t, log, value)
	}
}

// Contract, "HTTP API": without keys only callers on this machine are served, and no web pages
// of other sites.
func TestAPIWithoutKeys(t *testing.T) {
	t.Parallel()
	s := setup(t).serve()
	s.call("GET", "/latch/v1/locks", "").read(t, 200, nil)
	s.call("GET", "/latch/v1/locks", "", "Origin", s.url).read(t, 200, nil)
	s.call("GET", "/latch/v1/locks", "", "Origin", "https://elsewhere.example").problem(t, 403)
	s.call("GET", "/latch/v1/locks", "", "Origin", "null").problem(t, 403)
	s.call("POST", "/latch/v1/events", `{"event":"A"}`, "Content-Type", "text/plain").problem(t, 415)
	s.call("POST", "/latch/v1/events", `{"event":"A"}`, "Content-Type", "application/x-www-form-urlencoded").problem(t, 415)
	s.call("POST", "/latch/v1/events", `{"event":"API_CALLED"}`).read(t, 201, nil)
}

// Contract, "HTTP API" and "Settings": an address beyond loopback without keys prevents the
// start, and all bad settings are reported at once, without their values.
func TestAPISettings(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		env  []string
		told []string
	}{
		{[]string{"LATCH_API_ADDR=0.0.0.0:0"}, []string{"LATCH_API_ADDR", "not loopback", "LATCH_API_KEYS"}},
		{[]string{"LATCH_API_KEYS=hush", "LATCH_API_ALLOW=10.0.0.0/99", "LATCH_API_TLS_CERT=/nowhere", "LATCH_API_URL=ftp://x",
			"LATCH_LOCK_LINKS=true", "LATCH_LINK_KEY=hush", "LATCH_LOG_FORMAT=xml", "LATCH_LOG_LEVEL=loud", "LATCH_API_ADDR=here"},
			[]string{"LATCH_API_KEYS", `LATCH_API_ADDR: "here" is not a host:port`, "LATCH_API_ALLOW", "LATCH_API_TLS_CERT",
				"LATCH_API_URL", "LATCH_LINK_KEY", "LATCH_LOG_FORMAT", "LATCH_LOG_LEVEL"}},
	} {
		got, err := process.Run(t.Context(), process.Command{Path: shared.starterPath, Args: []string{"serve"}, Env: test.env})
		require.NoError(t, err)
		require.Equal(t, 2, got.ExitCode, got.Stderr)
		for _, text := range test.told {
			require.Contains(t, got.Stderr, text)
		}
		require.NotContains(t, got.Stderr, "hush")
	}
}

// Contract, "HTTP API": the answer is 503 with Retry-After while Temporal is unreachable. The
// process stays up, and can be started without Temporal.
func TestAPIWithoutTemporal(t *testing.T) {
	t.Parallel()
	b := &bench{T: t, ctx: t.Context(), queue: t.Name()}
	s := b.serve("LATCH_API_KEYS", apiKeys, "TEMPORAL_ADDRESS", freeAddress(t))
	for _, call := range []struct{ method, path, body string }{
		{"GET", "/latch/v1/locks", ""},
		{"POST", "/latch/v1/releases", heldRelease("down")},
		{"POST", "/latch/v1/locks/a:b:c/release", ""},
		{"GET", "/latch/v1/releases/x", ""},
		{"GET", "/locks/a:b:c", ""},
	} {
		got := s.callOnce(call.method, call.path, call.body, "X-API-Key", "admin-key=1-0123456789")
		got.problem(t, 503)
		require.NotEmpty(t, got.header.Get("Retry-After"))
	}
	s.call("GET", "/openapi.json", "").read(t, 200, nil)
	require.False(t, strings.Contains(s.process.Stderr.String(), "panic"))
}
