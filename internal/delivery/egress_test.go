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
	"github.com/latch-run/latch/internal/egress"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/mask"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rawjson"
)

// All bad settings are reported at once.
func TestNewReportsAll(t *testing.T) {
	t.Parallel()
	_, err := New(Options{EgressAllow: []string{"10.0.0.0/33", "http://x", "a b", "host:0", "host:http", "*.corp",
		"1.2.3.4.5", "ok.corp"}, EgressProxy: "ftp://user:password@proxy"})
	for _, want := range []string{`"10.0.0.0/33"`, `"http://x"`, `"a b"`, `"host:0"`, `"host:http"`, `"*.corp"`,
		`"1.2.3.4.5"`, "LATCH_EGRESS_PROXY"} {
		require.ErrorContains(t, err, want)
	}
	require.NotContains(t, err.Error(), "password")
	require.NotContains(t, err.Error(), "ok.corp")
}

// Contract, Responses: a refusal is permanent and names the class and LATCH_EGRESS_ALLOW. Every
// spelling of loopback is refused, and nothing is sent.
func TestRefusedAddresses(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("was called") }))
	defer server.Close()
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	require.NoError(t, err)
	sender := newSender(t, Options{})
	sender.guard.Resolve = func(_ context.Context, host string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("::1")}, nil
	}
	for host, class := range map[string]egress.Class{
		"127.0.0.1": egress.Loopback, "2130706433": egress.Loopback, "0x7f.1": egress.Loopback, "0177.1": egress.Loopback,
		"127.0.0.1.": egress.Loopback, "[::1]": egress.Loopback,
		"[::ffff:127.0.0.1]": egress.Loopback, "[::ffff:7f00:1]": egress.Loopback, "[64:ff9b::7f00:1]": egress.Loopback,
		"１２７.1": egress.Loopback, "0": egress.Unspecified, "[::]": egress.Unspecified,
		"169.254.169.254": egress.LinkLocal, "[fe80::1%25lo]": egress.LinkLocal, "100.64.0.1": egress.CGNAT,
		"224.0.0.1": egress.Multicast, "255.255.255.255": egress.Reserved,
		"name.corp": egress.Private, "NAME.corp.": egress.Private,
	} {
		attempt, err := sender.Send(t.Context(), request("http://"+host+":"+port+"/"), 1)
		var permanent *PermanentError
		require.ErrorAs(t, err, &permanent, host)
		var refused *egress.AddressError
		require.ErrorAs(t, err, &refused, host)
		require.Equal(t, class, refused.Class, host)
		require.False(t, Retryable(err))
		require.ErrorContains(t, err, class.String())
		require.ErrorContains(t, err, "LATCH_EGRESS_ALLOW")
		require.Nil(t, attempt.Response)
	}
}

// Only the allowed addresses of a name are called: a name that resolves to a public and a
// loopback address does not give access to loopback.
func TestGuardDialsWhatItChecked(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(answering(http.StatusOK, "", nil))
	defer server.Close()
	port := server.URL[strings.LastIndex(server.URL, ":"):]
	sender := newSender(t, Options{EgressAllow: []string{"127.0.0.1"}})
	lookups := 0
	sender.guard.Resolve = func(_ context.Context, host string) ([]netip.Addr, error) {
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

// Contract, Settings: LATCH_EGRESS_PROXY handles all requests; names are resolved and checked
// before it is called.
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
	sender.guard.Resolve = func(_ context.Context, host string) ([]netip.Addr, error) {
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
	require.Equal(t, []string{"POST http://hooks.example/xhooks.example " + credentials,
		"CONNECT //hooks.example:443hooks.example:443 " + credentials}, asked)
	require.NotContains(t, attempt.Response.Headers["Echo"], "b3BlcmF0b3I6cHJveHktcGFzc3dvcmQ")

	for _, inside := range []string{"http://inside.example/", "https://inside.example/", "http://127.0.0.1/", "https://[::1]/"} {
		_, err = sender.Send(t.Context(), request(inside), 1)
		var refused *egress.AddressError
		require.ErrorAs(t, err, &refused)
	}
	require.Len(t, asked, 2)
}

// Contract, Responses: a proxy chooses among the addresses of a name, so a single forbidden
// address among public ones is refused, at any position. Without a proxy the public ones are
// dialled.
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
			var mutex sync.Mutex // addresses may be dialled concurrently
			var dialled []string
			direct.guard.Connect = func(_ context.Context, _, address string) (net.Conn, error) {
				mutex.Lock()
				defer mutex.Unlock()
				dialled = append(dialled, address)
				return nil, errors.New("not here")
			}
			for _, each := range []*Sender{sender, direct} {
				each.guard.Resolve = func(context.Context, string) (found []netip.Addr, _ error) {
					for _, address := range addresses {
						found = append(found, netip.MustParseAddr(address))
					}
					return found, nil
				}
			}
			for _, scheme := range []string{"http", "https"} {
				_, err := sender.Send(t.Context(), request(scheme+"://hooks.example/x"), 1)
				var refused *egress.AddressError
				require.ErrorAs(t, err, &refused)
				require.NotEqual(t, egress.Public, refused.Class)
				require.False(t, Retryable(err))
			}
			token := request("http://allowed.example/")
			token.Webhook.Auth = &latch.Auth{OAuth2: &latch.OAuth2{TokenURL: "http://hooks.example/token", ClientID: "a", ClientSecret: "key"}}
			sender.secrets = secrets(t, map[string]string{"key": "client-secret"}, nil)
			_, err := sender.Send(t.Context(), token, 1)
			require.ErrorAs(t, err, new(*egress.AddressError))

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

// The proxy's credentials are masked as they are sent, however the URL encodes them.
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
	require.Equal(t, mask.Hidden, attempt.Response.Headers["Echo"])
}

// A URL that cannot be called fails permanently. One with credentials is not shown.
func TestTargets(t *testing.T) {
	t.Parallel()
	sender := newSender(t, Options{})
	for address, want := range map[string]string{
		"ftp://host/":            "http:// or https://",
		"http:opaque":            "http:// or https://",
		"http://user:hush@host/": "credentials before the host",
		"http://hush@host/":      "credentials before the host",
		"http:///path":           "the host is missing",
		"http://host:0/":         "port",
		"http://host:99999/":     "port",
		"http://1.2.3.4.5/":      "is not an IPv4 address",
		"http://host/" + strings.Repeat("a", maximumURLBytes): "limit of 8 KiB",
	} {
		r := request("${vars.url}")
		r.Variables = expr.Variables{"vars": rawjson.Encode(map[string]string{"url": address})}
		attempt, err := sender.Send(t.Context(), r, 1)
		var permanent *PermanentError
		require.ErrorAs(t, err, &permanent, address)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "hush")
		require.Nil(t, attempt.Request)
	}
}

// Contract, Responses: connecting takes at most 5 s, and its timeout may be retried.
func TestConnectTimeout(t *testing.T) {
	t.Parallel()
	sender := newSender(t, Options{})
	require.Equal(t, egress.ConnectTimeout, sender.connect)
	sender.connect = 1
	sender.guard.Resolve = func(ctx context.Context, _ string) ([]netip.Addr, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	_, err := sender.Send(t.Context(), request("http://slow.example/"), 1)
	var unreachable *UnreachableError
	require.ErrorAs(t, err, &unreachable)
	require.True(t, unreachable.Timeout)
	require.ErrorContains(t, err, "no connection within 1ns")
}

// The error of an attempt that its caller ends says so.
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

// request returns a delivery of JOB_SUCCESS to the address.
func request(address string) *protocol.WebhookRequest {
	return &protocol.WebhookRequest{Webhook: latch.Webhook{ID: "board", URL: address},
		Event: latch.Event{Event: "JOB_SUCCESS"}, DeliveryID: "dlv_1", ParentLog: 1700000000000}
}

// answering returns a handler with a fixed answer.
func answering(status int, body string, header map[string]string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for name, value := range header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}
