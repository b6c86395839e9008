package activities

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/expirable"

	"github.com/latch-run/latch/internal/protocol"
)

const (
	// maximumFlights bounds the first attempts in flight in a worker. Further deliveries have
	// their own activities, for which there is a queue.
	maximumFlights = 2000
	// keptFlights and keptBytes bound how many ended attempts a worker remembers, and keptFor
	// for how long. A volley is repeated within seconds, if at all.
	keptFlights = 5000
	keptBytes   = 64 << 20
	keptFor     = 30 * time.Second
	// promisedFor bounds how long the outcome of an attempt is kept for fetching, because its
	// run may have been terminated.
	promisedFor = 5 * time.Minute
)

// Flights are the first attempts that a worker makes in volleys, by delivery.
type flights struct {
	mutex sync.Mutex
	// open are those that are in flight, or that will be fetched. underWay counts those in
	// flight.
	open     map[string]*flight
	underWay int
	// over are those whose outcome was passed on. bytes is an upper bound of their size.
	over  *expirable.LRU[string, *flight]
	bytes int
	// changed is signalled when an open one is over.
	changed *sync.Cond
	crew    crew
}

// A flight is one attempt.
type flight struct {
	done chan struct{}
	// shot and size are set once done is closed.
	shot protocol.Shot
	size int
	// promised reports that it will be fetched.
	promised bool
}

func newFlights() *flights {
	f := &flights{crew: newCrew(), open: map[string]*flight{}, over: expirable.NewLRU[string, *flight](keptFlights, nil, keptFor)}
	f.changed = sync.NewCond(&f.mutex)
	return f
}

// join returns the flight of a delivery, and begins it if it is unknown. If too many are in
// flight, the returned flight has ended without sending anything.
func (f *flights) join(delivery string, shoot func() protocol.Shot) *flight {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if known := f.known(delivery); known != nil {
		return known
	}
	begun := &flight{done: make(chan struct{})}
	if f.underWay >= maximumFlights {
		close(begun.done)
		return begun
	}
	f.open[delivery] = begun
	f.underWay++
	f.crew.run(func() {
		begun.shot = shoot()
		begun.size = begun.shot.Encode()
		close(begun.done)
		f.mutex.Lock()
		defer f.mutex.Unlock()
		f.underWay--
		if !begun.promised {
			f.close(delivery, begun)
		}
	})
	return begun
}

// find returns the flight of a delivery, or nil.
func (f *flights) find(delivery string) *flight {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.known(delivery)
}

func (f *flights) known(delivery string) *flight {
	if open := f.open[delivery]; open != nil {
		return open
	}
	over, _ := f.over.Get(delivery)
	return over
}

// promise keeps a flight until it is fetched.
func (f *flights) promise(delivery string, promised *flight) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if promised.promised {
		return
	}
	promised.promised = true
	f.open[delivery] = promised
	go func() {
		<-promised.done
		time.AfterFunc(promisedFor, func() { f.fetched(delivery, promised) })
	}()
}

// fetched ends a flight whose outcome was passed on.
func (f *flights) fetched(delivery string, told *flight) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.open[delivery] == told {
		f.close(delivery, told)
	}
}

// close moves a flight to those that are over. Its callers hold the mutex.
func (f *flights) close(delivery string, ended *flight) {
	delete(f.open, delivery)
	f.over.Add(delivery, ended)
	if f.bytes += ended.size; f.bytes > keptBytes {
		f.forget()
	}
	f.changed.Broadcast()
}

// forget measures the flights that are over, and drops the oldest until the others take at most
// half of keptBytes.
func (f *flights) forget() {
	f.bytes = 0
	for _, each := range f.over.Values() {
		f.bytes += each.size
	}
	for f.bytes > keptBytes/2 {
		_, oldest, any := f.over.RemoveOldest()
		if !any {
			return
		}
		f.bytes -= oldest.size
	}
}

// land waits until every attempt has ended and its outcome was passed on, or ctx ends.
func (f *flights) land(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() {
		f.mutex.Lock()
		defer f.mutex.Unlock()
		f.changed.Broadcast()
	})
	defer stop()
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for len(f.open) > 0 && ctx.Err() == nil {
		f.changed.Wait()
	}
}

// ended reports whether the attempt has ended.
func (f *flight) ended() bool {
	select {
	case <-f.done:
		return true
	default:
		return false
	}
}
