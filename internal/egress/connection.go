package egress

import (
	"context"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"syscall"
)

// A dialFunc has the signature of [net.Dialer.DialContext].
type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// heard wraps the connections of dial so that a response is still read after
// the endpoint has stopped reading the request.
func heard(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		connection, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &heardConnection{Conn: connection}, nil
	}
}

// A heardConnection does not report failed writes once the peer has closed: it
// drops the data, and the next read returns the response that the peer sent
// before it closed (RFC 9112, section 9.5), or else the error. If the transport
// saw the failed write, it would discard the response, and an endpoint that
// answers 413 in the middle of a body would look like a network failure.
type heardConnection struct {
	net.Conn
	closed atomic.Bool
}

// Write writes data, or drops it if the peer has closed the connection.
func (c *heardConnection) Write(data []byte) (int, error) {
	if c.closed.Load() {
		return len(data), nil
	}
	n, err := c.Conn.Write(data)
	if err == nil || !ClosedByPeer(err) && !errors.Is(err, net.ErrClosed) {
		return n, err
	}
	c.closed.Store(true)
	return len(data), nil
}

// ClosedByPeer reports whether an error says that the other side closed the
// connection.
func ClosedByPeer(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.ECONNABORTED) || errors.Is(err, syscall.EPIPE)
}
