package egress

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// A network is the outcome for each dialled address: refused after a time, connected after a
// time, or silent if it has no entry.
type fakeNetwork struct {
	mutex   sync.Mutex
	answers map[string]fakeAnswer
	dialled []string
	open    int
}

type fakeAnswer struct {
	after   time.Duration
	refuses bool
}

func (n *fakeNetwork) dial(ctx context.Context, _, address string) (net.Conn, error) {
	host, _, _ := net.SplitHostPort(address)
	n.mutex.Lock()
	n.dialled = append(n.dialled, host)
	answer, answers := n.answers[host]
	n.mutex.Unlock()
	if !answers {
		<-ctx.Done()
		return nil, fmt.Errorf("%s: %w", host, ctx.Err())
	}
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("%s: %w", host, ctx.Err())
	case <-time.After(answer.after):
	}
	if answer.refuses {
		return nil, errors.New(host + ": connection refused")
	}
	n.count(1)
	return &fakeConnection{network: n, host: host}, nil
}

func (n *fakeNetwork) count(by int) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.open += by
}

type fakeConnection struct {
	net.Conn
	network *fakeNetwork
	host    string
}

func (c *fakeConnection) Close() error {
	c.network.count(-1)
	return nil
}

// Contract, Responses: of a name's addresses the one that answers first is
// called (RFC 8305): a dead one costs a quarter of a second, and one that
// refuses nothing.
func TestDeadAddressesBeforeALiveOne(t *testing.T) {
	t.Parallel()
	const a6, b6, c6, a4, b4 = "2606:2800::1", "2606:2800::2", "2606:2800::3", "93.184.215.1", "93.184.215.2"
	type answers = map[string]fakeAnswer
	now := fakeAnswer{}
	for name, test := range map[string]struct {
		addresses []string
		answers   answers
		want      string // the address that is connected, or the error
		took      time.Duration
		dialled   []string
	}{
		"alive":                           {[]string{a6, a4}, answers{a6: now, a4: now}, a6, 0, []string{a6}},
		"IPv6 is dead":                    {[]string{a6, b6, c6, a4}, answers{a4: now}, a4, attemptDelay, []string{a6, a4}},
		"IPv4 is dead":                    {[]string{a4, b4, a6}, answers{a6: now}, a6, attemptDelay, []string{a4, a6}},
		"the first of one family is dead": {[]string{a4, b4}, answers{b4: now}, b4, attemptDelay, []string{a4, b4}},
		"all but the last are dead":       {[]string{a6, b6, a4, b4}, answers{b4: now}, b4, 3 * attemptDelay, []string{a6, a4, b6, b4}},
		"IPv6 is refused":                 {[]string{a6, b6, a4}, answers{a6: {0, true}, a4: now}, a4, 0, []string{a6, a4}},
		"slow, but first": {[]string{a6, a4},
			answers{a6: {400 * time.Millisecond, false}, a4: {300 * time.Millisecond, false}}, a6, 400 * time.Millisecond, []string{a6, a4}},
		"overtaken": {[]string{a6, a4},
			answers{a6: {time.Second, false}, a4: {100 * time.Millisecond, false}}, a4, 350 * time.Millisecond, []string{a6, a4}},
		"both at once": {[]string{a6, a4}, answers{a6: {attemptDelay + 1, false}, a4: {1, false}},
			"", attemptDelay + 1, []string{a6, a4}},
		"all refuse": {[]string{a6, a4}, answers{a6: {0, true}, a4: {0, true}},
			a6 + ": connection refused", 0, []string{a6, a4}},
		"all are dead": {[]string{a6, a4}, nil, "deadline exceeded", ConnectTimeout, []string{a6, a4}},
		"one refuses, one is dead": {[]string{a6, a4}, answers{a4: {0, true}}, a4 + ": connection refused",
			ConnectTimeout, []string{a6, a4}},
		"a forbidden one is never dialled": {[]string{"10.0.0.1", "::1", a4},
			answers{a4: now, "10.0.0.1": now, "::1": now}, a4, 0, []string{a4}},
		"a forbidden one does not stop others": {[]string{a4, "10.0.0.1", b4}, answers{"10.0.0.1": now, b4: now}, b4,
			attemptDelay, []string{a4, b4}},
		"all are forbidden": {[]string{"10.0.0.1", "::1"}, answers{"10.0.0.1": now, "::1": now},
			"is private and not public", 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				network := &fakeNetwork{answers: test.answers}
				guard, err := New(nil, Proxied{})
				require.NoError(t, err)
				guard.Connect = network.dial
				guard.Resolve = func(context.Context, string) (found []netip.Addr, _ error) {
					for _, address := range test.addresses {
						found = append(found, netip.MustParseAddr(address))
					}
					return found, nil
				}
				begun, trace := time.Now(), &dialTrace{took: -1}
				connection, err := guard.Dial(WithTrace(t.Context(), trace), "tcp", "hooks.example:443")
				require.Equal(t, test.took, time.Since(begun))
				synctest.Wait()
				require.Equal(t, test.dialled, network.dialled)
				if connection == nil {
					require.ErrorContains(t, err, test.want)
					require.Zero(t, network.open)
					return
				}
				require.NoError(t, err)
				require.Contains(t, connection.(*fakeConnection).host, test.want)
				require.Equal(t, 1, network.open, "the others are closed")
				require.Equal(t, test.took, trace.took)
			})
		})
	}
}

// A dialTrace keeps how long connecting took.
type dialTrace struct {
	deaf
	took time.Duration
}

func (d *dialTrace) Dialled(took time.Duration) { d.took = took }

// The dialer itself checks each address again, whoever dials it: nothing goes to an address
// that no allowed host resolved to.
func TestDialerLooksAtEachAddress(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	address := listener.Addr().String()
	for name, test := range map[string]struct {
		allow []string
		host  string // "" for no error
		open  bool
	}{
		"no host":       {nil, "", false},
		"a host":        {nil, "hooks.example", false},
		"another host":  {[]string{"hooks.example"}, "evil.example", false},
		"allowed host":  {[]string{"hooks.example"}, "hooks.example", true},
		"allowed range": {[]string{"127.0.0.0/8"}, "hooks.example", true},
	} {
		guard, err := New(test.allow, Proxied{})
		require.NoError(t, err)
		connection, err := guard.Connect(context.WithValue(t.Context(), dialledHostKey{}, test.host), "tcp", address)
		if test.open {
			require.NoError(t, err, name)
			require.NoError(t, connection.Close())
			continue
		}
		var refused *AddressError
		require.ErrorAs(t, err, &refused, name)
		require.Equal(t, Loopback, refused.Class)
	}
}
