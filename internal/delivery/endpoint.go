package delivery

import (
	"errors"
	"fmt"
	"sync"
	"time"
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
	// A turned away attempt comes again after about as long as an attempt takes
	// there, within these bounds.
	shortestTurn = 500 * time.Millisecond
	longestTurn  = 5 * time.Second
)

// A BusyError tells that a worker has as many requests under way to the
// endpoint as it may, or has sent a chat as many messages as that takes. Nothing was sent: it is no attempt.
type BusyError struct {
	Endpoint string
	// Wait is when to come again.
	Wait time.Duration
	// Broken tells that the endpoint has not answered for a while, Paced that it
	// is a chat's webhook and had as many messages as it takes at a time.
	Broken, Paced bool
}

// Error says what to expect.
func (e *BusyError) Error() string {
	if e.Broken {
		return fmt.Sprintf("%s has not answered the last %d attempts or more: some are let through at a time until one is answered", e.Endpoint, brokenAfter)
	}
	if e.Paced {
		return fmt.Sprintf("a webhook of %s had as many messages at a time as its preset says that it takes", e.Endpoint)
	}
	return fmt.Sprintf("as many requests to %s are under way as the worker has at once", e.Endpoint)
}

// endpoints bounds what is under way to each endpoint (scheme, host and port),
// so that one which is slow or dead leaves the worker free for the others. An
// endpoint that does not answer is a circuit breaker's open state without a
// clock: some probes at a time, each delivery at the times that its own retry
// has chosen, and closed again by the first answer.
type endpoints struct {
	limit int

	mutex sync.Mutex
	known map[string]*endpoint
}

// An endpoint is kept while something is under way to it, or it is failing.
type endpoint struct {
	underWay int
	// failures counts attempts in a row that no answer came to.
	failures int
	// typical is about how long an attempt takes.
	typical time.Duration
}

// maximumFailing bounds how many failing endpoints are remembered.
const maximumFailing = 10_000

func newEndpoints(limit int) *endpoints {
	if limit <= 0 {
		limit = defaultPerEndpoint
	}
	return &endpoints{limit: limit, known: map[string]*endpoint{}}
}

// enter takes a place at the endpoint, and gives the function that leaves it
// with what came of the attempt. Where there is none it is a BusyError.
func (e *endpoints) enter(name string) (leave func(error), err error) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	at := e.known[name]
	if at == nil {
		at = &endpoint{typical: shortestTurn}
		e.known[name] = at
	}
	broken := at.failures >= brokenAfter
	if at.underWay >= e.limit || broken && at.underWay >= probes {
		return nil, &BusyError{Endpoint: name, Wait: min(max(at.typical, shortestTurn), longestTurn), Broken: broken}
	}
	at.underWay++
	began := time.Now()
	return func(err error) { e.leave(name, at, time.Since(began), err) }, nil
}

func (e *endpoints) leave(name string, at *endpoint, took time.Duration, err error) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	at.underWay--
	if !errors.Is(err, errNotCalled) {
		at.notice(took, err)
	}
	if at.underWay == 0 && (at.failures == 0 || len(e.known) > maximumFailing) {
		delete(e.known, name)
	}
}

// errNotCalled tells of an attempt that never came to its endpoint, such as
// one that got no OAuth2 token: nothing was learned of the endpoint.
var errNotCalled = errors.New("the endpoint was not called")

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
