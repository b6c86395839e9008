package egress

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// attemptDelay is how long an address is waited for before the next one is
// dialled beside it (RFC 8305, section 5, "Connection Attempt Delay").
const attemptDelay = 250 * time.Millisecond

// Dial connects to the admissible address that answers first, as RFC 8305 says
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

// alternate orders addresses by turns of their families, the first address's
// family first (RFC 8305, section 4): so one family that leads nowhere costs
// one delay.
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

// A dialled is the outcome of dialling one address.
type dialled struct {
	connection net.Conn
	err        error
}

// race dials the addresses in their order, each as soon as the one before has
// failed or attemptDelay has gone by, and returns the first connection. Others
// that come about are closed. The error is that of the address that failed
// first. Whoever calls it ends the dials that are left.
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

// closeAll closes the connections of so many dials that are not needed.
func closeAll(ended <-chan dialled, pending int) {
	for range pending {
		if one := <-ended; one.err == nil {
			_ = one.connection.Close()
		}
	}
}

// dialledHostKey is what a context has the host by that is being dialled.
type dialledHostKey struct{}

// control is asked by the dialer about each address before a packet goes to
// it. An address that no host led to is refused.
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
