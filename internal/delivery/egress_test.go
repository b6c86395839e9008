package delivery

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/protocol"
)

// Every spelling of an address is read as the WHATWG URL standard reads it.
func TestCanonicalHost(t *testing.T) {
	t.Parallel()
	for spelled, want := range map[string]string{
		"127.0.0.1": "127.0.0.1", "2130706433": "127.0.0.1", "0x7f000001": "127.0.0.1", "0X7F.1": "127.0.0.1", "0177.0.0.1": "127.0.0.1",
		"127.1": "127.0.0.1", "127.0.1": "127.0.0.1", "127.0.0.1.": "127.0.0.1", "017700000001": "127.0.0.1", "0": "0.0.0.0", "0x": "0.0.0.0",
		"１２７.０.０.１": "127.0.0.1", "①②⑦.1": "127.0.0.1", "127。0。0。1": "127.0.0.1", "4294967295": "255.255.255.255",
		"::1": "::1", "fe80::1%eth0": "fe80::1%eth0", "Example.COM.": "example.com", "bücher.example": "xn--bcher-kva.example",
		"1.2.3.4.example": "1.2.3.4.example", "0x7f.1.com": "0x7f.1.com", "localhost.": "localhost", "a_b.corp": "a_b.corp",
	} {
		host, err := canonicalHost(spelled)
		require.NoError(t, err, spelled)
		require.Equal(t, want, host, spelled)
	}
	for _, wrong := range []string{"", ".", "256.1.1.1", "1.2.3.4.5", "127.0.0.09", "1.2.3.256", "4294967296", "1..2", "a.0x", "example.123", ":::", "1.2.3.0xg1.4",
		"127.0.0.1..", ".127.0.0.1", "a..b", "..", "%31%32%37.0.0.1", "127.0.0.1%00"} {
		_, err := canonicalHost(wrong)
		require.Error(t, err, wrong)
	}
}

// Contract, Settings: LATCH_EGRESS_ALLOW is CIDR, IP, host or host:port.
func TestGuardAdmits(t *testing.T) {
	t.Parallel()
	guard, err := newGuard([]string{"10.1.0.0/16", " 192.168.1.5 ", "", "192.168.1.6:8443", "[fd00::1]:443", "fd00::2", "intra.corp", "db.corp:5432", "::ffff:10.2.0.0/112", "[fd00::3]", "0x7f.2"})
	require.NoError(t, err)
	for _, test := range []struct {
		host, port, address string
		admitted            bool
	}{
		{"x", "80", "8.8.8.8", true},
		{"x", "80", "10.1.2.3", true},
		{"x", "80", "::ffff:10.1.2.3", true},
		{"x", "80", "10.3.0.0", false},
		{"x", "80", "10.2.9.9", true},
		{"x", "80", "192.168.1.5", true},
		{"x", "80", "192.168.1.6", false},
		{"x", "8443", "192.168.1.6", true},
		{"x", "443", "fd00::1", true},
		{"x", "80", "fd00::1", false},
		{"x", "80", "fd00::2", true},
		{"x", "80", "fd00::3", true},
		{"x", "80", "127.0.0.2", true},
		{"x", "80", "127.0.0.1", false},
		{"intra.corp", "80", "10.9.9.9", true},
		{"other.corp", "80", "10.9.9.9", false},
		{"db.corp", "5432", "127.0.0.1", true},
		{"db.corp", "80", "127.0.0.1", false},
		{"x", "80", "64:ff9b::a01:203", false},
	} {
		require.Equal(t, test.admitted, guard.admits(test.host, test.port, netip.MustParseAddr(test.address)), "%+v", test)
	}
}

// All bad settings are reported at once.
func TestNewReportsAll(t *testing.T) {
	t.Parallel()
	_, err := New(Options{EgressAllow: []string{"10.0.0.0/33", "http://x", "a b", "host:0", "host:http", "*.corp", "1.2.3.4.5", "ok.corp"}, EgressProxy: "ftp://user:password@proxy"})
	for _, want := range []string{`"10.0.0.0/33"`, `"http://x"`, `"a b"`, `"host:0"`, `"host:http"`, `"*.corp"`, `"1.2.3.4.5"`, "LATCH_EGRESS_PROXY"} {
		require.ErrorContains(t, err, want)
	}
	require.NotContains(t, err.Error(), "password")
	require.NotContains(t, err.Error(), "ok.corp")
}

// Contract, Responses: a refusal is for good and names the class and
// LATCH_EGRESS_ALLOW. Every spelling of loopback is refused, and nothing is
// sent.
func TestRefusedAddresses(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("was called") }))
	defer server.Close()
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	require.NoError(t, err)
	sender := newSender(t, Options{})
	sender.guard.resolve = func(_ context.Context, host string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("::1")}, nil
	}
	for host, class := range map[string]Class{
		"127.0.0.1": Loopback, "2130706433": Loopback, "0x7f.1": Loopback, "0177.1": Loopback, "127.0.0.1.": Loopback, "[::1]": Loopback,
		"[::ffff:127.0.0.1]": Loopback, "[::ffff:7f00:1]": Loopback, "[64:ff9b::7f00:1]": Loopback, "１２７.1": Loopback, "0": Unspecified, "[::]": Unspecified,
		"169.254.169.254": LinkLocal, "[fe80::1%25lo]": LinkLocal, "100.64.0.1": CGNAT, "224.0.0.1": Multicast, "255.255.255.255": Reserved,
		"name.corp": Private, "NAME.corp.": Private,
	} {
		attempt, err := sender.Send(t.Context(), request("http://"+host+":"+port+"/"), 1)
		var permanent *PermanentError
		require.ErrorAs(t, err, &permanent, host)
		var refused *AddressError
		require.ErrorAs(t, err, &refused, host)
		require.Equal(t, class, refused.Class, host)
		require.False(t, Retryable(err))
		require.ErrorContains(t, err, class.String())
		require.ErrorContains(t, err, "LATCH_EGRESS_ALLOW")
		require.Nil(t, attempt.Response)
	}
}

// Of a name's addresses only those are called that may be: a name that leads
// to a public and a loopback address opens no way to the latter.
func TestGuardDialsWhatItChecked(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(answering(http.StatusOK, "", nil))
	defer server.Close()
	port := server.URL[strings.LastIndex(server.URL, ":"):]
	sender := newSender(t, Options{EgressAllow: []string{"127.0.0.1"}})
	lookups := 0
	sender.guard.resolve = func(_ context.Context, host string) ([]netip.Addr, error) {
		if lookups++; host == "down.example" {
			return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
		}
		return []netip.Addr{netip.MustParseAddr("::1"), netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("127.0.0.1")}, nil
	}
	_, err := sender.Send(t.Context(), request("http://many.example"+port+"/"), 1)
	require.NoError(t, err)
	require.Equal(t, 1, lookups)

	_, err = sender.Send(t.Context(), request("http://down.example"+port+"/"), 1)
	require.True(t, Retryable(err))
	require.ErrorContains(t, err, "the name down.example could not be resolved: no such host")
}

// Contract, Settings: LATCH_EGRESS_PROXY takes all requests; names are
// resolved and checked before it.
func TestEgressProxy(t *testing.T) {
	t.Parallel()
	var asked []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.String()+r.Host+" "+r.Header.Get("Proxy-Authorization"))
		w.Header().Set("Echo", r.Header.Get("Proxy-Authorization"))
		if r.Method == http.MethodConnect {
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	defer proxy.Close()
	address, err := url.Parse(proxy.URL)
	require.NoError(t, err)
	address.User = url.UserPassword("operator", "proxy-password")
	sender := newSender(t, Options{EgressProxy: address.String()})
	sender.guard.resolve = func(_ context.Context, host string) ([]netip.Addr, error) {
		if host == "inside.example" {
			return []netip.Addr{netip.MustParseAddr("10.0.0.1")}, nil
		}
		return []netip.Addr{netip.MustParseAddr("192.88.98.1")}, nil
	}
	attempt, err := sender.Send(t.Context(), request("http://hooks.example/x"), 1)
	require.NoError(t, err)
	_, err = sender.Send(t.Context(), request("https://hooks.example/x"), 1)
	require.True(t, Retryable(err), err)
	const credentials = "Basic b3BlcmF0b3I6cHJveHktcGFzc3dvcmQ="
	require.Equal(t, []string{"POST http://hooks.example/xhooks.example " + credentials, "CONNECT //hooks.example:443hooks.example:443 " + credentials}, asked)
	require.NotContains(t, attempt.Response.Headers["Echo"], "b3BlcmF0b3I6cHJveHktcGFzc3dvcmQ")

	for _, inside := range []string{"http://inside.example/", "https://inside.example/", "http://127.0.0.1/", "https://[::1]/"} {
		_, err = sender.Send(t.Context(), request(inside), 1)
		var refused *AddressError
		require.ErrorAs(t, err, &refused)
	}
	require.Len(t, asked, 2)
}

// Contract, Responses: a proxy chooses among the addresses of a name, so one
// forbidden address among public ones is enough to refuse it, wherever it
// stands; without a proxy the public ones are dialled.
func TestOneForbiddenAddressBehindAProxy(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer proxy.Close()
	const public = "192.88.98.1"
	for name, addresses := range map[string][]string{
		"the first":         {"10.0.0.1", public},
		"the last":          {public, "169.254.169.254"},
		"the middle":        {public, "fd00::1", public},
		"loopback":          {public, "127.0.0.1"},
		"IPv4 inside IPv6":  {public, "64:ff9b::a00:1"},
		"all":               {"10.0.0.1", "10.0.0.2"},
		"the only one":      {"10.0.0.1"},
		"a mapped address":  {"::ffff:10.0.0.1", public},
		"one not specified": {public, "0.0.0.0"},
	} {
		t.Run(name, func(t *testing.T) {
			sender := newSender(t, Options{EgressProxy: proxy.URL, EgressAllow: []string{"allowed.example"}})
			direct := newSender(t, Options{})
			var mutex sync.Mutex // addresses may be dialled side by side
			var dialled []string
			direct.guard.connect = func(_ context.Context, _, address string) (net.Conn, error) {
				mutex.Lock()
				defer mutex.Unlock()
				dialled = append(dialled, address)
				return nil, errors.New("not here")
			}
			for _, each := range []*Sender{sender, direct} {
				each.guard.resolve = func(context.Context, string) (found []netip.Addr, _ error) {
					for _, address := range addresses {
						found = append(found, netip.MustParseAddr(address))
					}
					return found, nil
				}
			}
			for _, scheme := range []string{"http", "https"} {
				_, err := sender.Send(t.Context(), request(scheme+"://hooks.example/x"), 1)
				var refused *AddressError
				require.ErrorAs(t, err, &refused)
				require.NotEqual(t, Public, refused.Class)
				require.False(t, Retryable(err))
			}
			token := request("http://allowed.example/")
			token.Webhook.Auth = &latch.Auth{OAuth2: &latch.OAuth2{TokenURL: "http://hooks.example/token", ClientID: "a", ClientSecret: "key"}}
			sender.secrets = secrets(t, map[string]string{"key": "client-secret"}, nil)
			_, err := sender.Send(t.Context(), token, 1)
			require.ErrorAs(t, err, new(*AddressError))

			_, err = direct.Send(t.Context(), request("http://hooks.example/x"), 1)
			require.Error(t, err)
			for _, address := range dialled {
				require.Equal(t, public+":80", address)
			}
			require.Equal(t, slices.Contains(addresses, public), len(dialled) > 0)
		})
	}
	require.Zero(t, asked.Load())
}

// The proxy's credentials are masked as they are sent, whatever a URL makes of
// them.
func TestProxyCredentialsAreMasked(t *testing.T) {
	t.Parallel()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Echo", r.Header.Get("Proxy-Authorization"))
	}))
	defer proxy.Close()
	address, err := url.Parse(proxy.URL)
	require.NoError(t, err)
	address.User = url.UserPassword("o@p", "p:@s")
	sender := newSender(t, Options{EgressProxy: address.String(), EgressAllow: []string{"127.0.0.1"}})
	attempt, err := sender.Send(t.Context(), request("http://127.0.0.1:1/"), 1)
	require.NoError(t, err)
	require.Equal(t, hidden, attempt.Response.Headers["Echo"])
}

// A URL that cannot be called fails for good; one with credentials is not shown.
func TestTargets(t *testing.T) {
	t.Parallel()
	sender := newSender(t, Options{})
	for address, want := range map[string]string{
		"ftp://host/":            "http:// or https://",
		"http:opaque":            "http:// or https://",
		"http://user:hush@host/": "credentials before the host",
		"http://hush@host/":      "credentials before the host",
		"http:///path":           "there is no host",
		"http://host:0/":         "port",
		"http://host:99999/":     "port",
		"http://1.2.3.4.5/":      "no IPv4 address",
		"http://host/" + strings.Repeat("a", maximumURLBytes): "limit of 8 KiB",
	} {
		r := request("${vars.url}")
		r.Variables = expr.Variables{"vars": encode(map[string]string{"url": address})}
		attempt, err := sender.Send(t.Context(), r, 1)
		var permanent *PermanentError
		require.ErrorAs(t, err, &permanent, address)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "hush")
		require.Nil(t, attempt.Request)
	}
}

// Contract, Responses: connecting takes 5 s at most, which is worth another
// attempt.
func TestConnectTimeout(t *testing.T) {
	t.Parallel()
	sender := newSender(t, Options{})
	require.Equal(t, connectTimeout, sender.connect)
	sender.connect = 1
	sender.guard.resolve = func(ctx context.Context, _ string) ([]netip.Addr, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	_, err := sender.Send(t.Context(), request("http://slow.example/"), 1)
	var unreachable *UnreachableError
	require.ErrorAs(t, err, &unreachable)
	require.True(t, unreachable.Timeout)
	require.ErrorContains(t, err, "no connection within 1ns")
}

// An attempt that its caller ends says so.
func TestCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		cancel()
		<-r.Context().Done()
	}))
	defer server.Close()
	_, err := newSender(t, Options{EgressAllow: []string{"127.0.0.1"}}).Send(ctx, request(server.URL), 1)
	require.True(t, errors.Is(err, context.Canceled), err)
	require.True(t, Retryable(err))
}

func newSender(t testing.TB, options Options) *Sender {
	t.Helper()
	sender, err := New(options)
	require.NoError(t, err)
	t.Cleanup(sender.Close)
	return sender
}

// request makes a delivery of JOB_SUCCESS to the address.
func request(address string) *protocol.WebhookRequest {
	return &protocol.WebhookRequest{Webhook: latch.Webhook{ID: "board", URL: address}, Event: latch.Event{Event: "JOB_SUCCESS"}, DeliveryID: "dlv_1", ParentLog: 1700000000000}
}

// answering makes a handler of one answer.
func answering(status int, body string, header map[string]string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for name, value := range header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}
