package delivery

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/egress"
	"github.com/latch-run/latch/internal/secret"
)

// A tunnel is an HTTP proxy that opens connections for CONNECT. It records what it sees.
type tunnel struct {
	*httptest.Server
	// to is the address that every tunnel leads to.
	to string

	mutex sync.Mutex
	asked []string
	seen  strings.Builder // what went through from the client
}

func newTunnel(t *testing.T, to string) *tunnel {
	t.Helper()
	p := &tunnel{to: to}
	p.Server = httptest.NewServer(http.HandlerFunc(p.serve))
	t.Cleanup(p.Close)
	return p
}

func (p *tunnel) serve(w http.ResponseWriter, r *http.Request) {
	p.mutex.Lock()
	p.asked = append(p.asked, r.Method+" "+r.Host)
	p.mutex.Unlock()
	if r.Method != http.MethodConnect {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	there, err := net.Dial("tcp", p.to)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer there.Close()
	w.WriteHeader(http.StatusOK)
	here, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer here.Close()
	go func() {
		_, _ = io.Copy(io.MultiWriter(there, p), here)
		_ = there.Close()
	}()
	_, _ = io.Copy(here, there)
}

// Write records what the client sends.
func (p *tunnel) Write(part []byte) (int, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.seen.Write(part)
}

func (p *tunnel) state() (asked []string, seen string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return append([]string(nil), p.asked...), p.seen.String()
}

// An https request goes through an HTTP proxy in a TLS tunnel: the proxy sees host and port, and
// nothing of the request. The guard checks the name before the proxy is called, and the
// receiver's certificate is checked through the tunnel.
func TestTLSThroughAProxysTunnel(t *testing.T) {
	t.Parallel()
	ours, theirs := newAuthority(t, "ours"), newAuthority(t, "theirs")
	receiver := ours.serve(t, nil, "hooks.example")
	proxy := newTunnel(t, receiver.Listener.Addr().String())
	secrets, err := secret.New(map[string]string{"ours": ours.pem, "theirs": theirs.pem}, secret.Options{})
	require.NoError(t, err)
	sender := newSender(t, Options{EgressProxy: proxy.URL, Secrets: secrets})
	sender.guard.Resolve = func(_ context.Context, host string) ([]netip.Addr, error) {
		if host == "inside.example" {
			return []netip.Addr{netip.MustParseAddr("10.0.0.1")}, nil
		}
		return []netip.Addr{netip.MustParseAddr("192.88.98.1")}, nil
	}
	send := func(address, authority string) (*Attempt, error) {
		asked := request(address)
		asked.Webhook.Headers = map[string]string{"X-Private": "for the receiver alone"}
		asked.Webhook.TLS = &latch.TLS{CA: authority}
		return sender.Send(t.Context(), asked, 1)
	}
	attempt, err := send("https://hooks.example/path-of-the-request", "ours")
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, attempt.Response.Status)
	require.Contains(t, string(attempt.Data["client"]), "nobody")
	asked, seen := proxy.state()
	require.Equal(t, []string{"CONNECT hooks.example:443"}, asked)
	require.NotEmpty(t, seen, "it went through the tunnel")
	require.NotContains(t, seen, "for the receiver alone")
	require.NotContains(t, seen, "path-of-the-request")

	for _, each := range []struct{ address, authority, says string }{
		{"https://hooks.example/", "theirs", "certificate"},
		{"https://other.example/", "ours", "certificate"},
	} {
		attempt, err = send(each.address, each.authority)
		require.ErrorContains(t, err, each.says, each.address)
		require.Nil(t, attempt.Response)
	}
	_, err = send("https://inside.example/", "ours")
	var refused *egress.AddressError
	require.True(t, errors.As(err, &refused), err)
	asked, _ = proxy.state()
	require.Equal(t, []string{"CONNECT hooks.example:443", "CONNECT hooks.example:443", "CONNECT other.example:443"}, asked,
		"the proxy is not asked for what the guard refuses")
}
