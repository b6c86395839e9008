package egress

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

const (
	// ConnectTimeout bounds finding the address, connecting and the TLS
	// handshake together.
	ConnectTimeout = 5 * time.Second

	// As many requests to one host as an event has under way at once find a
	// connection, so that the next ones need no new ones.
	maximumIdlePerHost     = 500
	maximumIdleConnections = 2 * maximumIdlePerHost
	idleConnectionTimeout  = 90 * time.Second
)

// Transport makes a transport that connects by the guard's rules, with the TLS
// settings that hold for the receivers; nil for the usual ones. It follows no
// redirect, keeps no cookie, knows no proxy of the environment and leaves
// compressed answers as they are. Whoever makes one closes its connections.
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
		// The receivers' settings must not reach the proxy: TLS with it is
		// made while dialling, and net/http takes it for a plain one.
		plain := *g.proxy
		plain.Scheme, plain.Host = "http", net.JoinHostPort(g.proxy.Hostname(), PortOf(g.proxy))
		dialer := tls.Dialer{NetDialer: &g.proxyDialer}
		transport.Proxy, transport.DialContext = g.proxyFor(&plain), heard(g.dialProxyOr(dialer.DialContext))
	}
	return transport
}
