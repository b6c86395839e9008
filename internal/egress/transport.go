package egress

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

const (
	// ConnectTimeout bounds the lookup, connecting and the TLS handshake
	// together.
	ConnectTimeout = 5 * time.Second

	// As many idle connections to a host are kept as one event may use
	// concurrently, so that its next requests need no new ones.
	maximumIdlePerHost     = 500
	maximumIdleConnections = 2 * maximumIdlePerHost
	idleConnectionTimeout  = 90 * time.Second
)

// Transport returns a transport that connects through the guard, with the given
// TLS settings for endpoints, or the default ones if nil. It follows no
// redirects, keeps no cookies, ignores proxy settings of the environment and
// does not decompress responses. The caller must close its idle connections.
func (g *Guard) Transport(settings *tls.Config) *http.Transport {
	transport := &http.Transport{
		DialContext:         heard(g.Dial),
		TLSClientConfig:     settings,
		ForceAttemptHTTP2:   true,
		TLSHandshakeTimeout: ConnectTimeout,
		MaxIdleConns:        maximumIdleConnections,
		MaxIdleConnsPerHost: maximumIdlePerHost,
		IdleConnTimeout:     idleConnectionTimeout,
		DisableCompression:  true,
	}
	if g.proxy == nil {
		return transport
	}
	if g.proxy.Scheme == schemeSOCKS || g.proxy.Scheme == schemeSOCKSByName {
		transport.DialContext = heard(g.dialSOCKS)
		return transport
	}
	transport.Proxy, transport.DialContext = g.proxyFor(g.proxy), heard(g.dialProxyOr(g.proxyDialer.DialContext))
	if settings != nil && g.proxy.Scheme == "https" {
		// The endpoints' TLS settings must not be used for the proxy: its TLS
		// connection is made while dialling, and net/http sees a plain one.
		plain := *g.proxy
		plain.Scheme, plain.Host = "http", net.JoinHostPort(g.proxy.Hostname(), PortOf(g.proxy))
		dialer := tls.Dialer{NetDialer: &g.proxyDialer}
		transport.Proxy, transport.DialContext = g.proxyFor(&plain), heard(g.dialProxyOr(dialer.DialContext))
	}
	return transport
}
