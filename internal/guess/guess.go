package guess

import (
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"
)

// Burst is how many wrong keys an address may send at once. After that it may send one more
// each Interval.
const (
	Burst    = 10
	Interval = time.Second
)

// These bound the memory of a limiter. It forgets what it has not seen for longest.
const (
	maximumSources = 10_000
	maximumUsed    = 10_000
)

// A Limiter slows down guessing. Use [New] to create one. It is safe for concurrent use.
type Limiter struct {
	mutex sync.Mutex
	// budgets are how many wrong keys each source may still send.
	budgets *simplelru.LRU[netip.Prefix, *rate.Limiter]
	// used are right keys, by their source.
	used *simplelru.LRU[use, struct{}]
}

// A use is a right key from a source.
type use struct {
	source netip.Prefix
	key    string
}

// New makes a limiter.
func New() *Limiter {
	budgets, err := simplelru.NewLRU[netip.Prefix, *rate.Limiter](maximumSources, nil)
	used, alsoErr := simplelru.NewLRU[use, struct{}](maximumUsed, nil)
	if err != nil || alsoErr != nil {
		panic("guess: the bounds are positive") // an error in this file
	}
	return &Limiter{budgets: budgets, used: used}
}

// Attempt records that the remote address, such as "192.0.2.1:4711", presented a key. If the
// key is right, key is its name, and never its value. If it is wrong, key is "". Attempt
// returns how long the address must wait before its keys are checked again. Zero accepts a
// right key, and leaves the rejection of a wrong one to the caller.
//
// A right key that came from the address before is always accepted, so that callers who share
// an address with somebody who guesses, behind a NAT or a proxy, can continue. A right key that
// is new to the address waits like a wrong one. Otherwise the answer would distinguish the two,
// and nobody would be slowed down.
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

// ipv6Network is the size of an IPv6 network in bits: a host can use any address of its
// network.
const ipv6Network = 64

// sourceOf returns the network of an address. All invalid addresses share one.
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
