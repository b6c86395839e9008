package delivery

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/sync/semaphore"
)

const (
	// defaultPerEndpoint is how many requests one worker has under way to one
	// endpoint: as many as one event may have (contract, "Order"), half of the
	// activities that a worker runs at once unless it is configured otherwise,
	// and a quarter of those of Latch's own worker.
	defaultPerEndpoint = 500
	// brokenAfter is how many attempts in a row have to come to nothing before
	// an endpoint is taken to be dead.
	brokenAfter = 50
	// probes is how many requests are under way to a dead endpoint at once; the
	// first that is answered brings it back.
	probes = 50
	// About as long as an attempt takes at an endpoint is within these bounds.
	shortestTurn = 500 * time.Millisecond
	longestTurn  = 5 * time.Second
)

// A BusyError reports that a worker has as many requests under way to the endpoint
// as it may, or has sent a chat as many messages as that takes. Nothing was sent,
// so it does not count as an attempt.
type BusyError struct {
	Endpoint string
	// Wait is when to come again.
	Wait time.Duration
	// Queued reports that a place is likely to be free by then: others are told to
	// come before or after. Who comes later only waits longer.
	Queued bool
	// Broken reports that the endpoint has not answered for a while, Paced that it
	// is a chat's webhook and had as many messages as it takes at a time, Slow that
	// the webhook takes longer there than the caller wants to wait.
	Broken, Paced, Slow bool
}

// Error says what to expect.
func (e *BusyError) Error() string {
	if e.Broken {
		return fmt.Sprintf("%s has not answered the last %d attempts or more: some are let through at a time until one is answered", e.Endpoint, brokenAfter)
	}
	if e.Paced {
		return fmt.Sprintf("a webhook of %s had as many messages at a time as its preset says that it takes", e.Endpoint)
	}
	if e.Slow {
		return e.Endpoint + " takes its time to answer"
	}
	return fmt.Sprintf("as many requests to %s are under way as the worker has at once", e.Endpoint)
}

// endpoints limits the requests under way to each endpoint (scheme, host and
// port), so that a slow or dead one leaves the worker free for the others. It is a
// circuit breaker without a clock: while an endpoint does not answer, a few
// deliveries at a time are let through as probes, each at the times that its own
// retry has chosen, and the first answer closes the breaker.
type endpoints struct {
	limit int

	mutex sync.Mutex
	// busy are those with attempts that have a place or wait for one. lately are
	// those that were called of late; one that is busy may be missing there.
	busy   map[origin]*endpoint
	lately *simplelru.LRU[origin, *endpoint]
}

// An origin is what an endpoint is known by.
type origin struct{ scheme, host string }

func originOf(u *url.URL) origin { return origin{u.Scheme, u.Host} }

// String returns it as a URL begins.
func (o origin) String() string { return o.scheme + "://" + o.host }

// An endpoint is what one worker has learned of it.
type endpoint struct {
	// places are those that attempts under way take, room those of attempts that
	// wait for one and may wait long.
	places, room *semaphore.Weighted
	// underWay and waiting count the attempts that have a place and wait for one.
	underWay, waiting int
	// failures counts attempts in a row that no answer came to.
	failures int
	// typical is about how long an attempt takes.
	typical time.Duration
	// turn is when the last that was turned away comes again.
	turn time.Time
}

// maximumQuiet bounds how many endpoints are remembered although nothing is under
// way to them.
const maximumQuiet = 10_000

func newEndpoints(limit int) *endpoints {
	if limit <= 0 {
		limit = defaultPerEndpoint
	}
	lately, _ := simplelru.NewLRU[origin, *endpoint](maximumQuiet, nil) // fails only for a size below 1
	return &endpoints{limit: limit, busy: map[origin]*endpoint{}, lately: lately}
}

// at returns what is known of an endpoint. Its callers hold the mutex.
func (e *endpoints) at(name origin) *endpoint {
	if at := e.busy[name]; at != nil {
		return at
	}
	if at, known := e.lately.Get(name); known {
		return at
	}
	return &endpoint{typical: shortestTurn, places: semaphore.NewWeighted(int64(e.limit)), room: semaphore.NewWeighted(int64(max(e.limit/waitersPerPlace, 1)))}
}

// count returns how many endpoints are known, and how many of them are silent:
// taken to be dead.
func (e *endpoints) count() (known, silent int) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	all := maps.Clone(e.busy)
	for _, name := range e.lately.Keys() {
		if all[name] == nil {
			all[name], _ = e.lately.Peek(name)
		}
	}
	for _, at := range all {
		if at.failures >= brokenAfter {
			silent++
		}
	}
	return len(all), silent
}

// notice learns from an attempt.
func (e *endpoint) notice(took time.Duration, err error) {
	e.typical += (took - e.typical) / 4
	var unreachable *UnreachableError
	if errors.As(err, &unreachable) {
		e.failures++
	} else {
		e.failures = 0
	}
}
