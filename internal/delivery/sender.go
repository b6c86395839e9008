package delivery

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/secret"
)

// Limits of one attempt.
const (
	// connectTimeout bounds finding the address, connecting and the TLS
	// handshake together.
	connectTimeout = 5 * time.Second

	// MaximumRequestBytes bounds the body of a request. What a run is admitted
	// with and what it keeps fit into the body that tells all of it.
	MaximumRequestBytes = 640 << 10
	// MaximumResponseBytes bounds how much of a response is read, after it was
	// decompressed.
	MaximumResponseBytes = 64 << 10
	// KeptResponseBytes bounds how much of a response's body a record keeps.
	KeptResponseBytes = 20 << 10

	maximumURLBytes        = 8 << 10
	maximumHeaderBytes     = 64 << 10 // of a request, and of a response
	keptHeaderBytes        = 8 << 10  // of a response, in a record
	maximumErrorBytes      = 1 << 10
	maximumIdleConnections = 512
	maximumIdlePerHost     = 128
	idleConnectionTimeout  = 90 * time.Second
)

// Options say what a sender may do. The zero value has no secrets and calls
// public addresses alone.
type Options struct {
	// Secrets resolves names; nil holds none.
	Secrets *secret.Store
	// EgressAllow are the CIDRs, IPs, hosts and host:ports that may be called
	// although not public (LATCH_EGRESS_ALLOW).
	EgressAllow []string
	// EgressProxy is the URL of a proxy for all requests (LATCH_EGRESS_PROXY).
	// Names are resolved before it, and all of their addresses checked; the
	// proxy's own address is not.
	EgressProxy string
	// Redact is what no record of any webhook keeps of an answer
	// (LATCH_REDACT_HEADERS, LATCH_REDACT_JSON).
	Redact latch.Redaction
	// UserAgent is Latch/<version> unless given.
	UserAgent string
	// PerEndpoint is how many webhooks may be under way to one endpoint at
	// once; 500 unless given.
	PerEndpoint int
}

// A Sender makes HTTP attempts. It keeps connections alive for the next ones
// and is safe for concurrent use.
type Sender struct {
	secrets   *secret.Store
	guard     *guard
	proxy     *url.URL
	userAgent string
	transport *http.Transport
	tls       transports
	tokens    tokens
	maskers   maskers
	endpoints *endpoints
	paced     paced
	redact    latch.Redaction
	targets   targets
	connect   time.Duration
	now       func() time.Time
}

// New makes a sender. All bad entries of the options are reported at once.
func New(options Options) (*Sender, error) {
	guard, problems := newGuard(options.EgressAllow)
	proxy, err := parseProxy(options.EgressProxy)
	if err := errors.Join(problems, err, checkRedaction(options.Redact)); err != nil {
		return nil, err
	}
	s := &Sender{secrets: options.Secrets, guard: guard, proxy: proxy, redact: options.Redact, userAgent: options.UserAgent, connect: connectTimeout, now: time.Now, endpoints: newEndpoints(options.PerEndpoint)}
	if s.userAgent == "" {
		s.userAgent = "Latch/" + latch.Version
	}
	s.transport = s.newTransport()
	s.maskers.always = proxySecrets(proxy)
	return s, nil
}

// newTransport makes the client's lower half: it follows no redirect, keeps
// no cookie and knows no proxy of the environment.
func (s *Sender) newTransport() *http.Transport {
	transport := &http.Transport{
		DialContext:            heard(s.guard.dial),
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    connectTimeout,
		MaxIdleConns:           maximumIdleConnections,
		MaxIdleConnsPerHost:    maximumIdlePerHost,
		IdleConnTimeout:        idleConnectionTimeout,
		MaxResponseHeaderBytes: maximumHeaderBytes,
		DisableCompression:     true, // answers come in other codings too: see codings
	}
	if s.proxy != nil {
		transport.DialContext = heard(s.guard.dialer.DialContext)
		transport.Proxy = http.ProxyURL(s.proxy)
	}
	return transport
}

// Close closes the connections that are idle. Attempts under way go on.
func (s *Sender) Close() {
	s.transport.CloseIdleConnections()
	s.tls.close()
}
