package activities

import "time"

// crewWaits is how long a goroutine of a crew waits for more to do.
const crewWaits = 10 * time.Second

// A crew runs functions concurrently, in goroutines that then wait for further ones. The stack of
// a new goroutine has to grow several times until an attempt fits: in a volley of many that is a
// twentieth of all work.
type crew struct{ waiting chan func() }

func newCrew() crew { return crew{waiting: make(chan func())} }

// run begins a function, and does not wait for it.
func (c crew) run(task func()) {
	select {
	case c.waiting <- task:
	default:
		go c.work(task)
	}
}

// work runs a function, and those that come until none has come for a while.
func (c crew) work(task func()) {
	patience := time.NewTimer(crewWaits)
	defer patience.Stop()
	for {
		task()
		patience.Reset(crewWaits)
		select {
		case task = <-c.waiting:
		case <-patience.C:
			return
		}
	}
}
