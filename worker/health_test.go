package main

import (
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/telemetry"
)

// The worker's own server requires no key. If it listens on this machine, it serves only this
// machine: it rejects web pages that call it by a name of their own, and those of other sites.
func TestHealthLooksAtHost(t *testing.T) {
	t.Parallel()
	metrics, err := telemetry.NewMetrics("worker")
	require.NoError(t, err)
	h, err := startHealth("127.0.0.1:0", nil, metrics.Page)
	require.NoError(t, err)
	t.Cleanup(h.close)
	_, port, err := net.SplitHostPort(h.address())
	require.NoError(t, err)
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/nowhere"} {
		for name, test := range map[string]struct {
			host, header, value string
			refused             bool
		}{
			"this machine":              {"127.0.0.1:" + port, "", "", false},
			"this machine by its name":  {"localhost:" + port, "", "", false},
			"a name of a page's own":    {"rebind.example.com:" + port, "", "", true},
			"another port":              {"127.0.0.1:1", "", "", true},
			"no port":                   {"localhost:evil", "", "", true},
			"another site's page":       {"127.0.0.1:" + port, "Sec-Fetch-Site", "cross-site", true},
			"another site's page, once": {"127.0.0.1:" + port, "Origin", "https://evil.example", true},
		} {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+h.address()+path, nil)
			require.NoError(t, err)
			request.Host = test.host
			if test.header != "" {
				request.Header.Set(test.header, test.value)
			}
			response, err := http.DefaultClient.Do(request)
			require.NoError(t, err)
			_, err = io.Copy(io.Discard, response.Body)
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			require.Equal(t, test.refused, response.StatusCode == http.StatusForbidden, "%s to %s: %d", name, path, response.StatusCode)
		}
	}
}

// A worker that listens on all addresses can be probed by any name.
func TestHealthBeyondLoopbackTakesAnyHost(t *testing.T) {
	t.Parallel()
	took := false
	next := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { took = true })
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://worker.latch.svc:7128/healthz", nil)
	require.NoError(t, err)
	guarded(&net.TCPAddr{IP: net.IPv4zero, Port: 7128}, next).ServeHTTP(nil, request)
	require.True(t, took)
}
