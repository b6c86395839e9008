package guess

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

const from = "192.0.2.1:4711"

// exhaust sends wrong keys until the address has to wait.
func exhaust(t *testing.T, l *Limiter, remote string) {
	t.Helper()
	for range Burst {
		require.Zero(t, l.Attempt(remote, ""))
	}
	require.Positive(t, l.Attempt(remote, ""))
}

// A guesser gets one try each interval after the first few, even with more attempts.
func TestGuessesAreSlowed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New()
		exhaust(t, l, from)
		tried := 0
		for range 1000 { // ten a second, for 100 intervals
			time.Sleep(Interval / 10)
			if l.Attempt(from, "") == 0 {
				tried++
			}
		}
		require.InDelta(t, 100, tried, 1)
		require.LessOrEqual(t, l.Attempt(from, ""), Interval)
	})
}

// A right key that is new to an address waits like a wrong one while somebody there guesses, so
// that the answer reveals nothing. It is accepted once the guessing stops.
func TestARightKeyThatIsNewWaitsWithTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New()
		exhaust(t, l, from)
		wait := l.Attempt(from, "ann")
		require.Equal(t, l.Attempt(from, ""), wait)
		time.Sleep(wait)
		require.Zero(t, l.Attempt(from, "ann"))
	})
}

// A right key that was used from an address stays valid while somebody else guesses there:
// behind a NAT nobody is locked out by a neighbour.
func TestARightKeyIsNotLockedOutByItsNeighbours(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New()
		require.Zero(t, l.Attempt(from, "ann"))
		exhaust(t, l, from)
		for range 1000 {
			require.Zero(t, l.Attempt(from, "ann"))
			l.Attempt(from, "")
		}
		require.Positive(t, l.Attempt(from, "ben"), "it is that key alone")
	})
}

// Each address has its own budget. An IPv6 network has one budget.
func TestSources(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		one, other string
		same       bool
	}{
		"two ports":                    {"192.0.2.1:1", "192.0.2.1:2", true},
		"two hosts":                    {"192.0.2.1:1", "192.0.2.2:1", false},
		"IPv4 in IPv6":                 {"192.0.2.1:1", "[::ffff:192.0.2.1]:1", true},
		"one IPv6 network":             {"[2001:db8::1]:1", "[2001:db8::ffff:1]:1", true},
		"two IPv6 networks":            {"[2001:db8::1]:1", "[2001:db8:0:1::1]:1", false},
		"zones":                        {"[fe80::1%eth0]:1", "[fe80::1%eth1]:1", true},
		"what cannot be read is one":   {"@", "", true},
		"and is no address":            {"@", "0.0.0.0:1", false},
		"two IPv4 in different ranges": {"10.0.0.1:1", "192.0.2.1:1", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := New()
				exhaust(t, l, test.one)
				require.Equal(t, test.same, l.Attempt(test.other, "") > 0)
			})
		})
	}
}

// The memory of a limiter is bounded, however many addresses there are.
func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	l := New()
	for i := range maximumSources + 100 {
		remote := fmt.Sprintf("10.%d.%d.%d:1", i>>16, i>>8&255, i&255)
		l.Attempt(remote, "")
		l.Attempt(remote, "ann")
	}
	require.Equal(t, maximumSources, l.budgets.Len())
	require.Equal(t, maximumUsed, l.used.Len())
}
