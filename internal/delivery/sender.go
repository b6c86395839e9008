package delivery

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/egress"
	"github.com/latch-run/latch/internal/mask"
	"github.com/latch-run/latch/internal/rehearsal"
	"github.com/latch-run/latch/internal/secret"
)

// Limits of one attempt.
const (
	// MaximumRequestBytes bounds the body of a request. The input of a run and the parts of it
	// that the run keeps fit into a body that contains all of them.
	MaximumRequestBytes = 640 << 10
	// MaximumResponseBytes bounds how much of a response is read, after decompression.
	MaximumResponseBytes = 64 << 10
	// KeptResponseBytes bounds how much of a response's body a record keeps.
	KeptResponseBytes = 20 << 10

	maximumURLBytes    = 8 << 10
	maximumHeaderBytes = 64 << 10 // of a request, and of a response
	keptHeaderBytes    = 8 << 10  // of a response in a record
	maximumErrorBytes  = 1 << 10
)

// Options configure a sender. With the zero value it has no secrets and calls only public
// addresses.
type Options struct {
	// Secrets resolves the names of secrets. If nil, there are none.
	Secrets *secret.Store
	// EgressAllow are the CIDRs, IPs, hosts and host:ports that may be called although they are
	// not public (LATCH_EGRESS_ALLOW).
	EgressAllow []string
	// EgressProxy, EgressNoProxy and EgressProxyResolves say which calls use a proxy, as in
	// [egress.Proxied]. The proxy's own address is not checked.
	EgressProxy         string
	EgressNoProxy       []string
	EgressProxyResolves []string
	// Redact says which parts of an answer no record of any webhook keeps
	// (LATCH_REDACT_HEADERS, LATCH_REDACT_JSON).
	Redact latch.Redaction
	// UserAgent defaults to Latch/<version>.
	UserAgent string
	// PerEndpoint is how many webhooks may be in flight to one endpoint; 500 by default.
	PerEndpoint int
}

// A Sender makes HTTP attempts. It keeps connections alive for reuse and is safe for concurrent
// use.
type Sender struct {
	secrets   *secret.Store
	guard     *egress.Guard
	userAgent string
	transport *http.Transport
	tls       *transports
	tokens    *tokens
	maskers   *mask.Cache
	endpoints *endpoints
	durations *durations
	paced     *paced
	redact    latch.Redaction
	connect   time.Duration
	now       func() time.Time
}

// New returns a sender. Its error reports all invalid options at once.
func New(options Options) (*Sender, error) {
	guard, problems := egress.New(options.EgressAllow,
		egress.Proxied{URL: options.EgressProxy, Except: options.EgressNoProxy, Resolves: options.EgressProxyResolves})
	if err := errors.Join(problems, checkRedaction(options.Redact)); err != nil {
		return nil, err
	}
	s := &Sender{secrets: options.Secrets, guard: guard, tls: newTransports(), tokens: newTokens(), redact: options.Redact, userAgent: options.UserAgent, connect: egress.ConnectTimeout, now: time.Now, endpoints: newEndpoints(options.PerEndpoint), durations: newDurations(), paced: newPaced()}
	if s.userAgent == "" {
		s.userAgent = "Latch/" + latch.Version
	}
	s.transport = s.newTransport(nil)
	s.maskers = mask.NewCache(proxySecrets(guard.Proxy())...)
	return s, nil
}

// maskerOf returns a masker for all secrets that the worker has, and their texts.
func (s *Sender) maskerOf(secrets []string) *mask.Masker {
	return s.maskers.Of(s.secrets.Held(), secrets)
}

// proxySecrets returns the proxy's credentials, which are masked like secrets.
func proxySecrets(proxy *url.URL) []string {
	if proxy == nil || proxy.User == nil {
		return nil
	}
	password, _ := proxy.User.Password()
	return []string{password, proxy.User.String(), basic(proxy.User.Username(), password)}
}

// newTransport returns a transport that dials through the guard and limits the headers of
// answers.
func (s *Sender) newTransport(settings *tls.Config) *http.Transport {
	transport := s.guard.Transport(settings)
	transport.MaxResponseHeaderBytes = maximumHeaderBytes
	return transport
}

// clock returns the function by which an attempt reads the time.
func (s *Sender) clock(ctx context.Context) func() time.Time {
	if world := rehearsal.Of(ctx); world != nil {
		return world.Now
	}
	return s.now
}

// Endpoints returns how many endpoints the sender has called recently, and how many of them are
// silent: none of the last 50 or more attempts got an answer.
func (s *Sender) Endpoints() (known, silent int) { return s.endpoints.count() }

// Close closes the idle connections. Attempts in flight continue.
func (s *Sender) Close() {
	s.transport.CloseIdleConnections()
	s.tls.close()
}
