package delivery

import (
	"crypto/tls"
	"net"
	"net/http/httptrace"
	"net/netip"
	"sync"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/egress"
)

// A stopwatch measures the times of one attempt. A connection may still be in progress while
// the attempt already uses another, so a stopwatch is safe for concurrent use.
type stopwatch struct {
	mutex sync.Mutex
	begun time.Time
	// lookup, dial and handshake are the parts of the time to connect.
	lookup, dial, handshake time.Duration
	handshakeBegun          time.Time
	connected, firstByte    time.Time
	reused                  bool
	remote                  net.Addr
	// dialing is the last address that was dialled.
	dialing string
}

func newStopwatch() *stopwatch { return &stopwatch{begun: time.Now()} }

// A stopwatch observes the guard's dials.
var _ egress.Trace = (*stopwatch)(nil)

// LookedUp records how long the lookup of the addresses took.
func (s *stopwatch) LookedUp(took time.Duration) { s.set(func() { s.lookup = took }) }

// Dialled records how long connecting took.
func (s *stopwatch) Dialled(took time.Duration) { s.set(func() { s.dial = took }) }

// Dials records the address that is being dialled.
func (s *stopwatch) Dials(address string) { s.set(func() { s.dialing = address }) }

func (s *stopwatch) set(do func()) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	do()
}

// Observed from the transport.

func (s *stopwatch) connect(now time.Time, info httptrace.GotConnInfo) {
	s.set(func() { s.connected, s.reused, s.remote = now, info.Reused, info.Conn.RemoteAddr() })
}

func (s *stopwatch) handshakeStart() { s.set(func() { s.handshakeBegun = time.Now() }) }

func (s *stopwatch) handshakeDone(tls.ConnectionState, error) {
	s.set(func() { s.handshake = time.Since(s.handshakeBegun) })
}

func (s *stopwatch) answered() { s.set(func() { s.firstByte = time.Now() }) }

// timings returns the times measured so far, or nil if the attempt did not begin.
func (s *stopwatch) timings() *latch.Timings {
	if s == nil {
		return nil
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	t := &latch.Timings{TotalMS: milliseconds(time.Since(s.begun))}
	if !s.reused {
		t.DNSMS, t.ConnectMS, t.TLSMS = milliseconds(s.lookup), milliseconds(s.dial), milliseconds(s.handshake)
	}
	if !s.firstByte.IsZero() {
		t.FirstByteMS = milliseconds(s.firstByte.Sub(s.connected))
	}
	return t
}

// dialedAddress returns the address that was called, or the last one that was dialled if no
// connection was made, or "".
func (s *stopwatch) dialedAddress() string {
	if s == nil {
		return ""
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	switch remote := s.remote.(type) {
	case nil:
		return s.dialing
	case *net.TCPAddr:
		address := remote.AddrPort()
		return netip.AddrPortFrom(address.Addr().Unmap(), address.Port()).String()
	default:
		return remote.String()
	}
}

// stale reports whether the attempt used a kept connection on which no byte of an answer
// arrived.
func (s *stopwatch) stale() bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.reused && s.firstByte.IsZero()
}

// milliseconds returns a duration in milliseconds, rounded to microseconds. A duration above
// zero is at least one microsecond.
func milliseconds(duration time.Duration) float64 {
	if duration <= 0 {
		return 0
	}
	return float64(max(duration.Round(time.Microsecond), time.Microsecond)/time.Microsecond) / 1000
}
