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
	// defaultPerEndpoint is how many requests one worker has in flight to one endpoint. It is
	// as many as one event may have (contract, "Order"), half of the activities that a worker
	// runs concurrently by default, and a quarter of those of Latch's own worker.
	defaultPerEndpoint = 500
	// brokenAfter is the number of consecutive attempts without an answer after which an
	// endpoint is considered dead.
	brokenAfter = 50
	// probes is how many requests are in flight to a dead endpoint. The first one to be
	// answered ends that state.
	probes = 50
	// These bound the estimate of an attempt's duration at an endpoint.
	shortestTurn = 500 * time.Millisecond
	longestTurn  = 5 * time.Second
)

// A BusyError reports that a worker already has as many requests in flight to the endpoint as
// it may, or has sent a chat as many messages as it accepts. Nothing was sent, so it does not
// count as an attempt.
type BusyError struct {
	Endpoint string
	// Wait is how long to wait before trying again.
	Wait time.Duration
	// Queued reports that a place is likely to be free by then, because others are scheduled
	// before or after. A later try only waits longer.
	Queued bool
	// Broken reports that the endpoint has not answered for a while. Paced reports that it is a
	// chat's webhook and received as many messages as it accepts at a time. Slow reports that
	// the webhook takes longer there than the caller wants to wait.
	Broken, Paced, Slow bool
}

// Error says when to try again and why.
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

// endpoints limits the requests in flight to each endpoint (scheme, host and port), so that a
// slow or dead one leaves the worker free for the others. It is a circuit breaker without a
// clock: while an endpoint does not answer, a few deliveries at a time are let through as
// probes, at the times that their own retries have chosen. The first answer closes the breaker.
type endpoints struct {
	limit int

	mutex sync.Mutex
	// busy holds the endpoints at which attempts have a place or wait for one. lately holds
	// those called recently, and may lack a busy one.
	busy   map[origin]*endpoint
	lately *simplelru.LRU[origin, *endpoint]
}

// An origin identifies an endpoint.
type origin struct{ scheme, host string }

func originOf(u *url.URL) origin { return origin{u.Scheme, u.Host} }

// String returns the origin in the form of a URL's beginning.
func (o origin) String() string { return o.scheme + "://" + o.host }

// An endpoint is what one worker has learned about an endpoint.
type endpoint struct {
	// places are held by attempts in flight. room is held by attempts that wait for a place and
	// may wait long.
	places, room *semaphore.Weighted
	// underWay and waiting count the attempts that hold a place and that wait for one.
	underWay, waiting int
	// failures counts consecutive attempts without an answer.
	failures int
	// typical is the estimated duration of an attempt.
	typical time.Duration
	// turn is the time of the last turn that was given out.
	turn time.Time
}

// maximumQuiet bounds how many endpoints without attempts are remembered.
const maximumQuiet = 10_000

func newEndpoints(limit int) *endpoints {
	if limit <= 0 {
		limit = defaultPerEndpoint
	}
	lately, _ := simplelru.NewLRU[origin, *endpoint](maximumQuiet, nil) // fails only for a size below 1
	return &endpoints{limit: limit, busy: map[origin]*endpoint{}, lately: lately}
}

// at returns what is known about an endpoint. Its callers hold the mutex.
func (e *endpoints) at(name origin) *endpoint {
	if at := e.busy[name]; at != nil {
		return at
	}
	if at, known := e.lately.Get(name); known {
		return at
	}
	return &endpoint{typical: shortestTurn, places: semaphore.NewWeighted(int64(e.limit)), room: semaphore.NewWeighted(int64(max(e.limit/waitersPerPlace, 1)))}
}

// count returns how many endpoints are known, and how many of them are considered dead.
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

// notice updates the endpoint with the outcome of an attempt.
func (e *endpoint) notice(took time.Duration, err error) {
	e.typical += (took - e.typical) / 4
	var unreachable *UnreachableError
	if errors.As(err, &unreachable) {
		e.failures++
	} else {
		e.failures = 0
	}
}
