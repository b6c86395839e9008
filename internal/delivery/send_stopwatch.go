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

// A stopwatch takes the times of one attempt. A connection may be made while
// the attempt already goes on over another, so it is safe for concurrent use.
type stopwatch struct {
	mutex sync.Mutex
	begun time.Time
	// lookup, dial and handshake are what making a connection took.
	lookup, dial, handshake time.Duration
	handshakeBegun          time.Time
	connected, firstByte    time.Time
	reused                  bool
	remote                  net.Addr
	// dialing is the address that was dialled last.
	dialing string
}

func newStopwatch() *stopwatch { return &stopwatch{begun: time.Now()} }

// A stopwatch hears of the guard's dials.
var _ egress.Trace = (*stopwatch)(nil)

// LookedUp notices how long finding the addresses took.
func (s *stopwatch) LookedUp(took time.Duration) { s.set(func() { s.lookup = took }) }

// Dialled notices how long connecting took.
func (s *stopwatch) Dialled(took time.Duration) { s.set(func() { s.dial = took }) }

// Dials notices the address that is dialled.
func (s *stopwatch) Dials(address string) { s.set(func() { s.dialing = address }) }

func (s *stopwatch) set(do func()) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	do()
}

// What the transport reports.

func (s *stopwatch) connect(now time.Time, info httptrace.GotConnInfo) {
	s.set(func() { s.connected, s.reused, s.remote = now, info.Reused, info.Conn.RemoteAddr() })
}

func (s *stopwatch) handshakeStart() { s.set(func() { s.handshakeBegun = time.Now() }) }

func (s *stopwatch) handshakeDone(tls.ConnectionState, error) {
	s.set(func() { s.handshake = time.Since(s.handshakeBegun) })
}

func (s *stopwatch) answered() { s.set(func() { s.firstByte = time.Now() }) }

// timings returns what was taken until now; nil of an attempt that did not begin.
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

// dialedAddress returns the address that was called or, where no connection came
// about, the last one that was dialled; "" for none.
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

// stale reports whether the attempt went over a kept connection on which no
// byte of an answer came.
func (s *stopwatch) stale() bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.reused && s.firstByte.IsZero()
}

// milliseconds returns a duration with the precision of a microsecond, and what
// was not nothing as one of these.
func milliseconds(duration time.Duration) float64 {
	if duration <= 0 {
		return 0
	}
	return float64(max(duration.Round(time.Microsecond), time.Microsecond)/time.Microsecond) / 1000
}
