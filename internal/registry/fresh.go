package registry

import (
	"context"
	"sync"
	"time"
)

const (
	// loadTimeout bounds one load of a list.
	loadTimeout = 2 * time.Minute
	// patience is how long a caller waits for a new list if there is an older
	// one.
	patience = 300 * time.Millisecond
	// longestStale bounds the age of an older list that is returned.
	longestStale = time.Minute
	// rest is how long a list that was slow to load is reused, as a multiple of
	// its loading time.
	rest = 2
)

// A fresh value is loaded anew for each call of get: the load begins after the
// call. Concurrent callers share a load. If a load is slow, its callers get the
// previous value, and the next load does not begin at once.
type fresh[T any] struct {
	load func(ctx context.Context, before T) (T, error)

	mutex   sync.Mutex
	value   T
	at      time.Time // start of the load; zero until the first
	took    time.Duration
	running *flight[T]
	next    *flight[T]
}

// A flight is one load and its waiting callers.
type flight[T any] struct {
	done  chan struct{}
	began time.Time
	value T
	err   error
}

func newFresh[T any](load func(context.Context, T) (T, error)) *fresh[T] {
	return &fresh[T]{load: load}
}

// get returns a value loaded after the call, or the previous one if that takes
// too long.
func (f *fresh[T]) get(ctx context.Context) (T, error) {
	if value, rests := f.resting(); rests {
		return value, nil
	}
	flight, before, at := f.join(0)
	var tooLong <-chan time.Time
	if !at.IsZero() && time.Since(at) < longestStale {
		timer := time.NewTimer(patience)
		defer timer.Stop()
		tooLong = timer.C
	}
	select {
	case <-flight.done:
		return flight.value, flight.err
	case <-tooLong:
		return before, nil
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// resting returns the value, and whether it was slow to load and is still
// recent.
func (f *fresh[T]) resting() (T, bool) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.value, f.took > patience && time.Since(f.at) < min((1+rest)*f.took, longestStale)
}

// unhurried returns the age, or a larger one, up to longest, while loads are slow: who calls
// again and again would otherwise wait for a load each time.
func (f *fresh[T]) unhurried(age, longest time.Duration) time.Duration {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return max(age, min((1+rest)*f.took, longest))
}

// ahead begins a load if the value will soon be older than age, so that nobody has to wait for it
// then.
func (f *fresh[T]) ahead(age time.Duration) {
	if _, young := f.within(age / 2); !young {
		f.join(age)
	}
}

// within returns the value, and whether its load began at most age ago.
func (f *fresh[T]) within(age time.Duration) (T, bool) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.value, !f.at.IsZero() && time.Since(f.at) < age
}

// note stores a value that was loaded outside of fly, if none is newer.
func (f *fresh[T]) note(value T, began time.Time) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if !began.Before(f.at) {
		f.value, f.at = value, began
	}
}

// join returns the running load if it is younger than age, or else the first load that
// begins after the call.
func (f *fresh[T]) join(age time.Duration) (*flight[T], T, time.Time) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.running == nil {
		f.running = &flight[T]{done: make(chan struct{}), began: time.Now()}
		go f.fly(f.running)
		return f.running, f.value, f.at
	}
	if time.Since(f.running.began) < age {
		return f.running, f.value, f.at
	}
	if f.next == nil {
		f.next = &flight[T]{done: make(chan struct{})}
	}
	return f.next, f.value, f.at
}

// fly loads the value, and again for the callers that arrived meanwhile.
func (f *fresh[T]) fly(current *flight[T]) {
	for current != nil {
		f.mutex.Lock()
		before := f.value
		f.mutex.Unlock()
		ctx, cancel := context.WithTimeout(context.Background(), loadTimeout)
		current.value, current.err = f.load(ctx, before)
		cancel()
		f.mutex.Lock()
		if current.err == nil {
			if !current.began.Before(f.at) {
				f.value, f.at = current.value, current.began
			}
			f.took = time.Since(current.began)
		}
		close(current.done)
		current, f.running, f.next = f.next, f.next, nil
		if current != nil {
			current.began = time.Now()
		}
		f.mutex.Unlock()
	}
}
