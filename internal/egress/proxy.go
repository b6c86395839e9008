package egress

import (
	"context"
	"fmt"
	"net/url"

	"github.com/latch-run/latch/internal/httpurl"
)

// parseProxy reads LATCH_EGRESS_PROXY. The error never holds credentials.
func parseProxy(text string) (*url.URL, error) {
	if text == "" {
		return nil, nil
	}
	proxy, err := httpurl.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("LATCH_EGRESS_PROXY: %q is not of the form http://host:port or https://host:port", httpurl.Shown(text))
	}
	return proxy, nil
}

// Proxy returns the URL of the proxy that all requests go through; nil for none.
func (g *Guard) Proxy() *url.URL { return g.proxy }

// CheckBeforeProxy holds a request's URL to the guard's rules where a proxy does
// the dialling: the proxy is given the name and chooses among its addresses, so
// all of them must be admissible. Its error is an [*AddressError] about the
// first that is not, or that of the lookup. Without a proxy it does nothing.
func (g *Guard) CheckBeforeProxy(ctx context.Context, to *url.URL) error {
	if g.proxy == nil {
		return nil
	}
	_, refused, err := g.judge(ctx, to.Hostname(), PortOf(to))
	if err == nil && refused != nil {
		err = refused
	}
	return err
}

// PortOf returns the port that a URL leads to.
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
