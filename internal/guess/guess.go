package guess

import (
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"
)

// Burst is how many wrong keys an address may try at once; after that, one more
// each Interval.
const (
	Burst    = 10
	Interval = time.Second
)

// Bounds of what a limiter remembers. What was not seen for longest is forgotten.
const (
	maximumSources = 10_000
	maximumUsed    = 10_000
)

// A Limiter slows down guessing. The zero value is not ready: see [New]. It may
// be used by several goroutines at once.
type Limiter struct {
	mutex sync.Mutex
	// budgets are the wrong keys that each source may still try.
	budgets *simplelru.LRU[netip.Prefix, *rate.Limiter]
	// used are right keys, by the source that they came from.
	used *simplelru.LRU[use, struct{}]
}

// A use is a right key that came from a source.
type use struct {
	source netip.Prefix
	key    string
}

// New makes a limiter.
func New() *Limiter {
	budgets, err := simplelru.NewLRU[netip.Prefix, *rate.Limiter](maximumSources, nil)
	used, alsoErr := simplelru.NewLRU[use, struct{}](maximumUsed, nil)
	if err != nil || alsoErr != nil {
		panic("guess: the bounds are positive") // a fault of this file
	}
	return &Limiter{budgets: budgets, used: used}
}

// Attempt notes that somebody at the remote address, such as "192.0.2.1:4711",
// presented a key. Where the key is right, key names it, and is never its value;
// "" says that it is wrong. Attempt returns how long the address has to wait
// before its keys are looked at again: zero lets the right key in, and leaves a
// wrong one to be refused as usual.
//
// A right key that came from the address before is always let in: whoever
// shares an address with somebody who guesses, behind a NAT or a proxy, goes on
// working. A right key that is new there waits as a wrong one does, or else the
// answer would tell the two apart, and nobody would be slowed down.
func (l *Limiter) Attempt(remote, key string) (wait time.Duration) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	from := sourceOf(remote)
	if key != "" {
		if _, known := l.used.Get(use{from, key}); known {
			return 0
		}
	}
	budget, now := l.budgetOf(from), time.Now()
	if left := budget.TokensAt(now); left < 1 {
		return time.Duration((1 - left) * float64(Interval))
	}
	if key != "" {
		l.used.Add(use{from, key}, struct{}{})
		return 0
	}
	budget.AllowN(now, 1)
	return 0
}

func (l *Limiter) budgetOf(from netip.Prefix) *rate.Limiter {
	if budget, known := l.budgets.Get(from); known {
		return budget
	}
	budget := rate.NewLimiter(rate.Every(Interval), Burst)
	l.budgets.Add(from, budget)
	return budget
}

// ipv6Network is how many bits of an IPv6 address one network has: a host takes
// any address of it.
const ipv6Network = 64

// sourceOf returns the network that an address stands for. All that cannot be
// read share one.
func sourceOf(remote string) netip.Prefix {
	parsed, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Prefix{}
	}
	address := parsed.Addr().Unmap().WithZone("")
	bits := address.BitLen()
	if address.Is6() {
		bits = ipv6Network
	}
	return netip.PrefixFrom(address, bits).Masked()
}
