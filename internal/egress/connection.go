package egress

import (
	"context"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"syscall"
)

// A dialFunc dials as [net.Dialer.DialContext] does.
type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// heard makes the connections of dial ones that are still read after the
// receiver has stopped reading from them.
func heard(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		connection, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &heardConnection{Conn: connection}, nil
	}
}

// A heardConnection reports no failed write once it is closed: what is written
// then is dropped, and the next read gets the answer that the peer sent before
// it closed (RFC 9112, section 9.5), or else the error. A transport that is
// told of the write would give the answer up: a receiver that answers 413 in
// the middle of a body would look like a broken network.
type heardConnection struct {
	net.Conn
	closed atomic.Bool
}

// Write writes, unless the connection is closed.
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

// ClosedByPeer reports whether an error of a connection says that the other
// side has closed it.
func ClosedByPeer(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.ECONNABORTED) || errors.Is(err, syscall.EPIPE)
}
