package egress

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"

	"golang.org/x/net/proxy"

	"github.com/latch-run/latch/internal/httpurl"
)

// Proxied configures the proxy and which requests go through it. The zero value
// sends every request directly.
type Proxied struct {
	// URL is the proxy's URL (LATCH_EGRESS_PROXY): http, https, socks5 or
	// socks5h.
	URL string
	// Except lists hosts that are called directly (LATCH_EGRESS_NO_PROXY).
	Except []string
	// Resolves lists hosts whose names the proxy resolves, unchecked
	// (LATCH_EGRESS_PROXY_RESOLVES).
	Resolves []string
}

// The schemes of SOCKS5. With socks5 the worker resolves names and passes a
// checked address to the proxy; with socks5h it passes the name.
const (
	schemeSOCKS       = "socks5"
	schemeSOCKSByName = "socks5h"
)

// parse parses the settings into the guard. Its errors never contain
// credentials.
func (p Proxied) parse(g *Guard) []error {
	var problems, more []error
	if p.URL != "" {
		var err error
		if g.proxy, err = parseProxy(p.URL); err != nil {
			problems = append(problems, err)
		}
	}
	g.except, more = parseHosts("LATCH_EGRESS_NO_PROXY", p.Except, true)
	problems = append(problems, more...)
	g.trusted, more = parseHosts("LATCH_EGRESS_PROXY_RESOLVES", p.Resolves, false)
	if problems = append(problems, more...); p.URL == "" && len(g.trusted.names)+len(g.trusted.suffixes) > 0 {
		problems = append(problems, errors.New("LATCH_EGRESS_PROXY_RESOLVES: there is no LATCH_EGRESS_PROXY to resolve names"))
	}
	return problems
}

func parseProxy(text string) (*url.URL, error) {
	address, err := url.Parse(text)
	if err == nil && address.Hostname() != "" && (address.Scheme == schemeSOCKS || address.Scheme == schemeSOCKSByName) {
		if address.Port() == "" {
			address.Host = net.JoinHostPort(address.Hostname(), "1080") // RFC 1928, section 3
		}
		return address, nil
	}
	if address, err = httpurl.Parse(text); err != nil {
		return nil, fmt.Errorf("LATCH_EGRESS_PROXY: %q is not of the form http://host:port, https://host:port, socks5://host:port or socks5h://host:port", httpurl.Shown(text))
	}
	return address, nil
}

// Proxy returns the URL of the proxy, or nil without one.
func (g *Guard) Proxy() *url.URL { return g.proxy }

// IsDirect reports whether requests to a URL go without a proxy.
func (g *Guard) IsDirect(to *url.URL) bool {
	return g.proxy == nil || g.isDirect(to.Hostname(), PortOf(to))
}

// isDirect is always false for the proxy's own host and port: a connection to
// them is one to the proxy, whose address is not checked, and never one to an
// endpoint.
func (g *Guard) isDirect(host, port string) bool {
	canonical, err := CanonicalHost(host)
	if err != nil || port == PortOf(g.proxy) && sameHost(host, g.proxy.Hostname()) {
		return false
	}
	return g.except.has(canonical, port)
}

func sameHost(a, b string) bool {
	first, failed := CanonicalHost(a)
	second, alsoFailed := CanonicalHost(b)
	return failed == nil && alsoFailed == nil && first == second
}

// isTrusted reports whether the proxy resolves the host's name, unchecked.
// Addresses are always checked.
func (g *Guard) isTrusted(host, port string) bool {
	canonical, err := CanonicalHost(host)
	if err != nil {
		return false
	}
	if _, err := netip.ParseAddr(canonical); err == nil {
		return false
	}
	return g.trusted.has(canonical, port)
}

// CheckBeforeProxy checks a request whose host name the proxy resolves: all
// addresses of the name must be allowed, unless the operator trusts the proxy
// with the name. Its error is an [*AddressError] about the first that is not,
// or that of the lookup. For any other request it does nothing, because
// [Guard.Transport] checks the address that it dials.
func (g *Guard) CheckBeforeProxy(ctx context.Context, to *url.URL) error {
	if g.IsDirect(to) || g.proxy.Scheme == schemeSOCKS || g.isTrusted(to.Hostname(), PortOf(to)) {
		return nil
	}
	_, refused, err := g.judge(ctx, to.Hostname(), PortOf(to))
	if err == nil && refused != nil {
		err = refused
	}
	return err
}

// proxyFor returns the [http.Transport.Proxy] function for an HTTP proxy.
func (g *Guard) proxyFor(shown *url.URL) func(*http.Request) (*url.URL, error) {
	return func(request *http.Request) (*url.URL, error) {
		if g.isDirect(request.URL.Hostname(), PortOf(request.URL)) {
			return nil, nil
		}
		return shown, nil
	}
}

// dialProxyOr dials the proxy with the given function, and any other address
// with the guard.
func (g *Guard) dialProxyOr(dialProxy dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(address)
		if err == nil && port == PortOf(g.proxy) && sameHost(host, g.proxy.Hostname()) {
			return dialProxy(ctx, network, address)
		}
		return g.Dial(ctx, network, address)
	}
}

// dialSOCKS connects to an endpoint through a SOCKS5 proxy. With [schemeSOCKS]
// it passes a checked address to the proxy, otherwise the name.
func (g *Guard) dialSOCKS(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if g.isDirect(host, port) {
		return g.Dial(ctx, network, address)
	}
	through, err := g.socks()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, ConnectTimeout)
	defer cancel()
	if g.proxy.Scheme == schemeSOCKSByName || g.isTrusted(host, port) {
		return through.DialContext(ctx, network, address)
	}
	addresses, err := g.admissible(ctx, host, port)
	if err != nil {
		return nil, err
	}
	return race(alternate(addresses), func(candidate netip.Addr) (net.Conn, error) {
		return through.DialContext(ctx, network, net.JoinHostPort(candidate.String(), port))
	})
}

// socks returns a dialer that uses the SOCKS5 proxy (RFC 1928, 1929).
func (g *Guard) socks() (proxy.ContextDialer, error) {
	var auth *proxy.Auth
	if user := g.proxy.User; user != nil {
		password, _ := user.Password()
		auth = &proxy.Auth{User: user.Username(), Password: password}
	}
	dialer, err := proxy.SOCKS5("tcp", g.proxy.Host, auth, &g.proxyDialer)
	if err != nil {
		return nil, err
	}
	through, can := dialer.(proxy.ContextDialer)
	if !can {
		return nil, errors.New("the SOCKS5 dialer takes no context")
	}
	return through, nil
}

// PortOf returns the port of a URL, explicit or implied by its scheme.
func PortOf(address *url.URL) string {
	switch {
	case address.Port() != "":
		return address.Port()
	case address.Scheme == "https":
		return "443"
	default:
		return "80"
	}
}
