package egress

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// attemptDelay is how long to wait for a connection before the next address is
// dialled concurrently (RFC 8305, section 5, "Connection Attempt Delay").
const attemptDelay = 250 * time.Millisecond

// Dial connects to the first allowed address that answers, as in RFC 8305
// ("Happy Eyeballs"). What it dials is what it checked: a name is not resolved
// again.
func (g *Guard) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	trace, begun := traceOf(ctx), time.Now()
	addresses, err := g.admissible(ctx, host, port)
	trace.LookedUp(time.Since(begun))
	if err != nil {
		return nil, err
	}
	begun = time.Now()
	defer func() { trace.Dialled(time.Since(begun)) }()
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, dialledHostKey{}, host), ConnectTimeout)
	defer cancel()
	return race(alternate(addresses), func(candidate netip.Addr) (net.Conn, error) {
		address := net.JoinHostPort(candidate.String(), port)
		trace.Dials(address)
		return g.Connect(ctx, network, address)
	})
}

// alternate interleaves addresses by family, beginning with the family of the
// first (RFC 8305, section 4), so that an unreachable family costs one delay.
func alternate(addresses []netip.Addr) []netip.Addr {
	var first, other []netip.Addr
	for _, address := range addresses {
		if address.Is4() == addresses[0].Is4() {
			first = append(first, address)
		} else {
			other = append(other, address)
		}
	}
	ordered := make([]netip.Addr, 0, len(addresses))
	for i := range max(len(first), len(other)) {
		ordered = append(ordered, first[min(i, len(first)):min(i+1, len(first))]...)
		ordered = append(ordered, other[min(i, len(other)):min(i+1, len(other))]...)
	}
	return ordered
}

// A dialled is the result of dialling one address.
type dialled struct {
	connection net.Conn
	err        error
}

// race dials the addresses in order, each as soon as the previous one has
// failed or attemptDelay has passed, and returns the first connection. It
// closes all others. The error is that of the first address to fail. The caller
// must cancel the remaining dials.
func race(addresses []netip.Addr, dial func(netip.Addr) (net.Conn, error)) (net.Conn, error) {
	ended := make(chan dialled, len(addresses))
	delay := time.NewTimer(attemptDelay)
	defer delay.Stop()
	begun, pending := 0, 0
	begin := func() {
		if begun == len(addresses) {
			return
		}
		address := addresses[begun]
		begun, pending = begun+1, pending+1
		delay.Reset(attemptDelay)
		go func() {
			connection, err := dial(address)
			ended <- dialled{connection, err}
		}()
	}
	var failed error
	for begin(); pending > 0; {
		select {
		case <-delay.C:
			begin()
		case one := <-ended:
			pending--
			if one.err == nil {
				go closeAll(ended, pending)
				return one.connection, nil
			}
			if failed == nil {
				failed = one.err
			}
			begin()
		}
	}
	return nil, failed
}

// closeAll closes the unused connections of pending dials.
func closeAll(ended <-chan dialled, pending int) {
	for range pending {
		if one := <-ended; one.err == nil {
			_ = one.connection.Close()
		}
	}
}

// dialledHostKey is the context key for the host being dialled.
type dialledHostKey struct{}

// control is called by the dialer for each address before a packet is sent to
// it. It rejects an address that does not belong to the host being dialled.
func (g *Guard) control(ctx context.Context, _, address string, _ syscall.RawConn) error {
	host, _ := ctx.Value(dialledHostKey{}).(string)
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("dialling %s: %w", address, err)
	}
	if !g.admits(host, fmt.Sprint(at.Port()), at.Addr()) {
		return &AddressError{Class: Classify(at.Addr()), Address: at.Addr().Unmap(), Host: host}
	}
	return nil
}
