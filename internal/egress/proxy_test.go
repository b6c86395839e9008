package egress

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// A testProxy is a proxy on loopback. It answers in place of the requested targets, and records
// them.
type testProxy struct {
	address string
	mutex   sync.Mutex
	asked   []string
}

func (p *testProxy) note(target string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.asked = append(p.asked, target)
}

// took returns the targets that were requested since the last call.
func (p *testProxy) took() []string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	asked := p.asked
	p.asked = nil
	return asked
}

const answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

// serve starts a proxy that handles each connection so.
func serve(t *testing.T, handle func(*testProxy, net.Conn, *bufio.Reader)) *testProxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	p := &testProxy{address: listener.Addr().String()}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer connection.Close()
				handle(p, connection, bufio.NewReader(connection))
			}()
		}
	}()
	return p
}

// socksProxy speaks SOCKS5 (RFC 1928) with user and password (RFC 1929).
func socksProxy(p *testProxy, connection net.Conn, in *bufio.Reader) {
	field := func(n int) []byte {
		b := make([]byte, n)
		_, _ = io.ReadFull(in, b)
		return b
	}
	greeting := field(2)
	field(int(greeting[1]))
	_, _ = connection.Write([]byte{5, 2})
	user := string(field(int(field(2)[1])))
	password := string(field(int(field(1)[0])))
	_, _ = connection.Write([]byte{1, 0})
	var host string
	switch request := field(4); request[3] {
	case 1:
		host = netip.AddrFrom4([4]byte(field(4))).String()
	case 3:
		host = "name " + string(field(int(field(1)[0])))
	default:
		host = netip.AddrFrom16([16]byte(field(16))).String()
	}
	p.note(fmt.Sprintf("%s:%d as %s:%s", host, binary.BigEndian.Uint16(field(2)), user, password))
	_, _ = connection.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
	if _, err := http.ReadRequest(in); err == nil {
		_, _ = io.WriteString(connection, answer)
	}
}

// httpProxy speaks HTTP; CONNECT is refused once it is noted.
func httpProxy(p *testProxy, connection net.Conn, in *bufio.Reader) {
	request, err := http.ReadRequest(in)
	if err != nil {
		return
	}
	p.note(request.Method + " " + request.Host)
	if request.Method == http.MethodConnect {
		_, _ = io.WriteString(connection, strings.Replace(answer, "200 OK", "403 Forbidden", 1))
		return
	}
	_, _ = io.WriteString(connection, answer)
}

// sends sends a request as a delivery does, and returns its error.
func sends(t *testing.T, guard *Guard, address string) error {
	t.Helper()
	to, err := url.Parse(address)
	require.NoError(t, err)
	if err := guard.CheckBeforeProxy(t.Context(), to); err != nil {
		return err
	}
	transport := guard.Transport(nil)
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(&http.Request{Method: http.MethodPost, URL: to, Header: http.Header{}})
	if err == nil {
		_ = response.Body.Close()
	}
	return err
}

// behind returns a guard behind a proxy. Names resolve to a public address, those that begin
// with "inside" to a private one, and those of .corp not at all.
func behind(t *testing.T, allow []string, proxied Proxied) *Guard {
	t.Helper()
	guard, err := New(allow, proxied)
	require.NoError(t, err)
	guard.Resolve = func(_ context.Context, host string) ([]netip.Addr, error) {
		switch {
		case strings.HasSuffix(host, ".corp"):
			return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
		case strings.HasPrefix(host, "inside"):
			return []netip.Addr{netip.MustParseAddr("10.0.0.1")}, nil
		case host == "local.example":
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
		default:
			return []netip.Addr{netip.MustParseAddr("192.88.98.1")}, nil
		}
	}
	return guard
}

// By socks5 the proxy gets an address that was checked, by socks5h the name; a name
// that is trusted to the proxy goes to it unresolved. Whatever is not public is refused
// before the proxy hears of it.
func TestSOCKS5(t *testing.T) {
	t.Parallel()
	for scheme, public := range map[string]string{"socks5": "192.88.98.1:80", "socks5h": "name hooks.example:80"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			proxy := serve(t, socksProxy)
			guard := behind(t, nil, Proxied{URL: scheme + "://ada:secret@" + proxy.address, Resolves: []string{"*.corp", "one.corp2:8080"}})
			require.NoError(t, sends(t, guard, "http://hooks.example/"))
			require.Equal(t, []string{public + " as ada:secret"}, proxy.took())
			require.NoError(t, sends(t, guard, "http://jira.corp:8080/"))
			require.Equal(t, []string{"name jira.corp:8080 as ada:secret"}, proxy.took())
			for _, inside := range []string{"http://inside.example/", "http://127.0.0.1/", "https://[::1]/",
				"http://10.0.0.1:8080/", "http://0x7f.1/"} {
				require.ErrorAs(t, sends(t, guard, inside), new(*AddressError), inside)
			}
			require.Empty(t, proxy.took())
		})
	}
}

// Names that only the proxy can resolve go to it over HTTP too, and no other.
func TestNamesThatOnlyTheProxyResolves(t *testing.T) {
	t.Parallel()
	proxy := serve(t, httpProxy)
	guard := behind(t, nil, Proxied{URL: "http://" + proxy.address, Resolves: []string{"jira.corp", ".apps.corp", "inside.example:8080"}})
	require.NoError(t, sends(t, guard, "http://JIRA.corp/"))
	require.NoError(t, sends(t, guard, "http://a.b.apps.corp/"))
	require.NoError(t, sends(t, guard, "http://inside.example:8080/"))
	require.Error(t, sends(t, guard, "https://jira.corp/"), "the test's proxy refuses CONNECT")
	require.Equal(t, []string{"POST JIRA.corp", "POST a.b.apps.corp", "POST inside.example:8080", "CONNECT jira.corp:443"}, proxy.took())

	require.ErrorAs(t, sends(t, guard, "http://other.corp/"), new(*net.DNSError))
	require.ErrorAs(t, sends(t, guard, "http://apps.corp.example.corp/"), new(*net.DNSError))
	require.ErrorAs(t, sends(t, guard, "http://inside.example/"), new(*AddressError), "another port")
	require.ErrorAs(t, sends(t, guard, "http://10.0.0.1/"), new(*AddressError))
	require.Empty(t, proxy.took())
}

// Hosts of LATCH_EGRESS_NO_PROXY are dialled by the worker, by the guard's rules.
func TestNoProxy(t *testing.T) {
	t.Parallel()
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(receiver.Close)
	_, port, err := net.SplitHostPort(receiver.Listener.Addr().String())
	require.NoError(t, err)
	for scheme, handle := range map[string]func(*testProxy, net.Conn, *bufio.Reader){"http": httpProxy, "socks5h": socksProxy} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			proxy := serve(t, handle)
			except := []string{"local.example", "127.0.0.0/8", "10.0.0.0/8", "*.internal"}
			guard := behind(t, []string{"127.0.0.1:" + port}, Proxied{URL: scheme + "://ada:secret@" + proxy.address, Except: except})
			require.NoError(t, sends(t, guard, "http://local.example:"+port+"/"))
			require.NoError(t, sends(t, guard, receiver.URL))
			for _, refused := range []string{"http://local.example:1/", "http://127.0.0.1:1/", "http://10.0.0.1/",
				"http://inside.internal/",
				"http://" + proxy.address + "/"} {
				require.ErrorAs(t, sends(t, guard, refused), new(*AddressError), refused)
			}
			require.Empty(t, proxy.took())
		})
	}
}

// Settings that mean nothing are reported at once, without the proxy's password.
func TestProxySettings(t *testing.T) {
	t.Parallel()
	_, err := New(nil, Proxied{URL: "ftp://ada:pass-word@proxy", Except: []string{"*", "a b"},
		Resolves: []string{"10.0.0.0/8", "*.10.0.0.1", "x.corp"}})
	for _, part := range []string{"LATCH_EGRESS_PROXY: ", "socks5://host:port", `LATCH_EGRESS_NO_PROXY: "*"`,
		`LATCH_EGRESS_NO_PROXY: "a b"`,
		`LATCH_EGRESS_PROXY_RESOLVES: "10.0.0.0/8" is not a host`, `"*.10.0.0.1" is not a host`} {
		require.ErrorContains(t, err, part)
	}
	require.NotContains(t, err.Error(), "pass-word")
	_, err = New(nil, Proxied{Resolves: []string{"x.corp"}})
	require.ErrorContains(t, err, "there is no LATCH_EGRESS_PROXY to resolve names")
	guard, err := New(nil, Proxied{URL: "socks5://proxy", Except: []string{"x"}})
	require.NoError(t, err)
	require.Equal(t, "proxy:1080", guard.Proxy().Host)
}
