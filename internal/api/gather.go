package api

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// A gatherer hands on what requests bring. What comes now and then is handed on at once and alone.
// What comes while the pace makes it wait, or during a handing on, is handed on together.
type gatherer[T any] struct {
	// handOn is called with what has waited longest, of which fit returns how many go together:
	// at least one.
	handOn func([]T)
	fit    func(waiting []T) int
	// pace spaces the calls under load.
	pace *rate.Limiter

	mutex   sync.Mutex
	working bool
	waiting []T
}

// add returns at once.
func (g *gatherer[T]) add(each T) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.waiting = append(g.waiting, each)
	if !g.working {
		g.working = true
		go g.work()
	}
}

// work hands on until nothing waits.
func (g *gatherer[T]) work() {
	for g.more() {
		time.Sleep(g.pace.Reserve().Delay())
		g.handOn(g.next())
	}
}

// more reports whether anything waits. If nothing does, what comes next begins the work again.
func (g *gatherer[T]) more() bool {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.working = len(g.waiting) > 0
	return g.working
}

func (g *gatherer[T]) next() []T {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	n := g.fit(g.waiting)
	next := g.waiting[:n:n]
	g.waiting = g.waiting[n:]
	return next
}
