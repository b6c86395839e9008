package delivery

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

const (
	// waitersPerPlace is how many places an endpoint must have for each attempt that may wait
	// in an activity. A waiting activity occupies a slot of the worker, which other endpoints
	// need.
	waitersPerPlace = 5
	// longestQueue bounds how far ahead a turn is scheduled.
	longestQueue = time.Minute
)

// A place at an endpoint is held while an attempt is in flight.
type place struct {
	endpoints *endpoints
	name      origin
	at        *endpoint
	began     time.Time
}

// enter takes a place at the endpoint. If none is free, it waits for one in the order of
// arrival, for at most patience. Without a patience it waits about as long as an attempt takes
// there, unless many others wait. Its error is a BusyError: no place became free, or the
// endpoint is dead.
func (e *endpoints) enter(ctx context.Context, name origin, patience time.Duration) (place, error) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	at := e.at(name)
	if at.isBroken() {
		return place{}, &BusyError{Endpoint: name.String(), Wait: at.about(), Broken: true}
	}
	if !at.places.TryAcquire(1) && !e.wait(ctx, name, at, patience) {
		return place{}, &BusyError{Endpoint: name.String(), Wait: at.nextTurn(time.Now(), e.limit), Queued: true}
	}
	if at.isBroken() { // now in the past
		at.places.Release(1)
		return place{}, &BusyError{Endpoint: name.String(), Wait: at.about(), Broken: true}
	}
	at.underWay++
	e.busy[name] = at
	return place{endpoints: e, name: name, at: at, began: time.Now()}, nil
}

// wait waits for a place, and reports whether it got one. Its callers hold the mutex, which it
// releases meanwhile.
func (e *endpoints) wait(ctx context.Context, name origin, at *endpoint, patience time.Duration) bool {
	if patience == 0 {
		if !at.room.TryAcquire(1) {
			return false
		}
		defer at.room.Release(1)
		patience = at.about()
	}
	at.waiting++
	e.mutex.Unlock()
	ctx, cancel := context.WithTimeout(ctx, patience)
	err := at.places.Acquire(ctx, 1)
	cancel()
	e.mutex.Lock()
	at.waiting--
	e.rest(name, at)
	return err == nil
}

// leave returns the place, with the attempt's error.
func (p place) leave(err error) {
	took := time.Since(p.began)
	p.endpoints.mutex.Lock()
	defer p.endpoints.mutex.Unlock()
	p.at.underWay--
	p.at.places.Release(1)
	if !errors.Is(err, errNotCalled) {
		p.at.notice(took, err)
	}
	p.endpoints.rest(p.name, p.at)
}

// rest moves an unused endpoint to those called recently. Its callers hold the mutex.
func (e *endpoints) rest(name origin, at *endpoint) {
	if at.underWay == 0 && at.waiting == 0 {
		delete(e.busy, name)
		e.lately.Add(name, at)
	}
}

// errNotCalled is the error of an attempt that never reached its endpoint, for example because
// it got no OAuth2 token. It says nothing about the endpoint.
var errNotCalled = errors.New("the endpoint was not called")

// isBroken reports whether the endpoint is dead and its probes are in flight.
func (e *endpoint) isBroken() bool { return e.failures >= brokenAfter && e.underWay >= probes }

// about returns the estimated duration of an attempt, within bounds.
func (e *endpoint) about() time.Duration { return min(max(e.typical, shortestTurn), longestTurn) }

// nextTurn returns the time for a rejected attempt to try again, after the turns of those
// before it: a place becomes free with every limit-th part of an attempt's duration. If more
// attempts wait than have turns within a minute, they are spread at random over its second
// half.
func (e *endpoint) nextTurn(now time.Time, limit int) time.Duration {
	e.turn = e.turn.Add(e.typical / time.Duration(limit))
	if soonest := now.Add(shortestTurn); e.turn.Before(soonest) {
		e.turn = soonest
	}
	if latest := now.Add(longestQueue); e.turn.After(latest) {
		e.turn = latest
		return longestQueue/2 + rand.N(longestQueue/2)
	}
	return e.turn.Sub(now)
}
