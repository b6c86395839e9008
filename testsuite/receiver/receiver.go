package receiver

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// Receiver is a scripted HTTP server. All methods may be called at any time and from any
// goroutine, even while it is stopped.
type Receiver struct {
	// URL is its base URL, without a final slash. It stays the same after a restart.
	URL string

	// Address is its host:port.
	Address string

	tls     *tls.Config // nil: plain HTTP
	pool    *x509.CertPool
	journal *journal

	mu       sync.Mutex
	scripts  map[string]*script
	server   *http.Server  // nil while stopped
	stopping chan struct{} // closed when the current server stops
	served   chan struct{} // closed when the current server has ended
}

// script holds the answers of a path: first the queue, then its last answer for ever.
type script struct {
	queue []Answer
}

// Option changes how New creates a receiver.
type Option func(*Receiver)

// WithTLS serves HTTPS with the certificate of net/http/httptest, which names 127.0.0.1 and
// example.com. A client must trust CertPool.
func WithTLS() Option {
	return func(r *Receiver) {
		server := httptest.NewUnstartedServer(http.NotFoundHandler())
		server.StartTLS() // only a start creates the certificate
		defer server.Close()
		r.tls = &tls.Config{Certificates: server.TLS.Certificates, MinVersion: tls.VersionTLS12}
		r.pool = x509.NewCertPool()
		r.pool.AddCert(server.Certificate())
	}
}

// New starts a receiver for a test, on a free port of loopback, and stops it
// when the test ends. A path without a script answers 200 without a body.
func New(t testing.TB, options ...Option) *Receiver {
	t.Helper()
	r, err := Listen(options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Stop(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// Listen is New outside of tests. The caller stops the receiver.
func Listen(options ...Option) (*Receiver, error) {
	r := &Receiver{journal: newJournal(), scripts: map[string]*script{}}
	for _, option := range options {
		option(r)
	}
	if err := r.listen("127.0.0.1:0"); err != nil {
		return nil, err
	}
	r.URL = "http://" + r.Address
	if r.tls != nil {
		r.URL = "https://" + r.Address
	}
	return r, nil
}

// Start restarts a stopped receiver on its own port, with its record and its scripts unchanged.
// It fails if the receiver runs, or if the port is in use.
func (r *Receiver) Start() error {
	return r.listen(r.Address)
}

// Stop closes the port and every connection, including those of held answers, and returns when
// they are closed. From then on connections are refused. Stopping a stopped receiver does
// nothing.
func (r *Receiver) Stop() error {
	r.mu.Lock()
	server, stopping, served := r.server, r.stopping, r.served
	r.server = nil
	r.mu.Unlock()
	if server == nil {
		return nil
	}
	close(stopping)
	err := server.Close()
	<-served
	if err != nil {
		return fmt.Errorf("receiver at %s: stopping: %w", r.Address, err)
	}
	return nil
}

// Script replaces the answers of a path: the given ones in turn, and then the last of them for
// ever. Without answers the path answers 200 again.
func (r *Receiver) Script(path string, answers ...Answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(answers) == 0 {
		delete(r.scripts, path)
		return
	}
	r.scripts[path] = &script{queue: append([]Answer(nil), answers...)}
}

// Requests returns the requests to a path, oldest first, or to any path if it is empty. A
// receiver keeps its first 50 000 requests, and 64 MiB of their bodies.
func (r *Receiver) Requests(path string) []Request {
	return r.journal.of(path)
}

// Wait returns the requests to a path (any, if it is empty) once there are at least n. If the
// context ends first, it fails with the number of requests so far.
func (r *Receiver) Wait(ctx context.Context, path string, n int) ([]Request, error) {
	if err := r.journal.await(ctx, path, n); err != nil {
		return nil, err
	}
	return r.journal.of(path), nil
}

// CertPool returns the pool that a client of a receiver WithTLS must trust, or nil without TLS.
func (r *Receiver) CertPool() *x509.CertPool {
	return r.pool
}

func (r *Receiver) listen(address string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.server != nil {
		return fmt.Errorf("receiver at %s: starting: it runs already", r.Address)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("receiver: listening on %s: %w", address, err)
	}
	r.Address = listener.Addr().String()
	if r.tls != nil {
		listener = tls.NewListener(listener, r.tls)
	}
	stopping, served := make(chan struct{}), make(chan struct{})
	server := &http.Server{
		Handler:           r.handler(stopping),
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0), // tests cause broken TLS and closed connections on purpose
	}
	r.server, r.stopping, r.served = server, stopping, served
	go func() {
		defer close(served)
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			panic(fmt.Errorf("receiver at %s: %w", address, err))
		}
	}()
	return nil
}

func (r *Receiver) handler(stopping <-chan struct{}) http.HandlerFunc {
	return func(w http.ResponseWriter, request *http.Request) {
		body, truncated := readBody(request.Body)
		header := request.Header.Clone()
		header.Set("Host", request.Host)
		recorded := r.journal.add(Request{
			Method: request.Method, Path: request.URL.Path, URI: request.RequestURI,
			Query: request.URL.Query(), Header: header, Body: body,
			At: time.Now(), Truncated: truncated,
		})
		r.next(request.URL.Path).give(w, request, recorded, stopping)
	}
}

// readBody reads up to the limit. A body that breaks off counts as truncated.
func readBody(from io.Reader) (body []byte, truncated bool) {
	body, err := io.ReadAll(io.LimitReader(from, maxBody+1))
	if len(body) > maxBody {
		return body[:maxBody], true
	}
	return body, err != nil
}

// next returns the next answer of the script.
func (r *Receiver) next(path string) Answer {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.scripts[path]
	if s == nil {
		return Answer{}
	}
	answer := s.queue[0]
	if len(s.queue) > 1 {
		s.queue = s.queue[1:]
	}
	return answer
}
