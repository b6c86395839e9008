package delivery

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/secret"
)

// An attempt records how long its parts took and which address it called. A kept connection
// needs neither DNS nor connecting.
func TestTimings(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(answering(http.StatusOK, "", nil))
	defer server.Close()
	sender := newSender(t, Options{EgressAllow: []string{"127.0.0.1"}})
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	sender.transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	sender.guard.Resolve = func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
	}
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	require.NoError(t, err)
	address := "https://example.com:" + port // the name that the test server's certificate has
	first, err := sender.Send(t.Context(), request(address), 1)
	require.NoError(t, err)
	require.Equal(t, server.Listener.Addr().String(), first.Address)
	parts := func(t *latch.Timings) []float64 { return []float64{t.DNSMS, t.ConnectMS, t.TLSMS, t.FirstByteMS} }
	sum := 0.0
	for _, part := range parts(first.Timings) {
		require.Positive(t, part, "%+v", first.Timings)
		sum += part
	}
	require.GreaterOrEqual(t, first.Timings.TotalMS, sum-0.01)

	again, err := sender.Send(t.Context(), request(address), 2)
	require.NoError(t, err)
	require.Equal(t, first.Address, again.Address)
	require.Equal(t, []float64{0, 0, 0}, parts(again.Timings)[:3])
	require.Positive(t, again.Timings.FirstByteMS)
}

// A part that did not take place has no time, and there is no address behind a proxy.
func TestTimingsOfWhatFailed(t *testing.T) {
	t.Parallel()
	refused, err := newSender(t, Options{}).Send(t.Context(), request("http://127.0.0.1:1/"), 1)
	require.Error(t, err)
	require.Empty(t, refused.Address)
	require.Zero(t, refused.Timings.ConnectMS)
	require.Zero(t, refused.Timings.FirstByteMS)
	require.Positive(t, refused.Timings.TotalMS)

	vain, err := newSender(t, Options{EgressAllow: []string{"127.0.0.1"}}).Send(t.Context(), request("http://127.0.0.1:1/"), 1)
	require.Error(t, err)
	require.Equal(t, "127.0.0.1:1", vain.Address, "dialled in vain")

	r := request("http://127.0.0.1:1/")
	r.Webhook.Secret = "missing"
	unsent, err := newSender(t, Options{Secrets: secrets(t, nil, nil)}).Send(t.Context(), r, 1)
	var missing *secret.MissingError
	require.ErrorAs(t, err, &missing)
	require.Nil(t, unsent.Timings)

	proxy := httptest.NewServer(answering(http.StatusOK, "", nil))
	defer proxy.Close()
	sender := newSender(t, Options{EgressProxy: proxy.URL, EgressAllow: []string{"127.0.0.1"}})
	proxied, err := sender.Send(t.Context(), request("http://127.0.0.1:1/"), 1)
	require.NoError(t, err)
	require.Empty(t, proxied.Address)
	require.Positive(t, proxied.Timings.TotalMS)
}

func TestMilliseconds(t *testing.T) {
	t.Parallel()
	for duration, want := range map[time.Duration]float64{0: 0, -time.Second: 0, 1: 0.001, 1499 * time.Nanosecond: 0.001,
		1234567 * time.Nanosecond: 1.235, time.Minute: 60000} {
		require.Equal(t, want, milliseconds(duration), duration)
	}
}
