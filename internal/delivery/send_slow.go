package delivery

import (
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// A timedPath is what attempts are timed by: the endpoint, and the webhook's URL as
// it is written, without its query. The paths of one endpoint may lead to programs
// that have nothing in common. A path with a template is one, whatever fills it.
type timedPath struct {
	origin origin
	path   string
}

// timedPathOf returns what a call is timed by.
func timedPathOf(c *call) timedPath {
	place := timedPath{origin: originOf(c.request.url)}
	if c.delivery == nil {
		return place
	}
	webhook := &c.delivery.Webhook
	place.path = webhook.URL
	if webhook.URL == "" {
		place.path = webhook.URLSecret
	}
	if end := strings.IndexAny(place.path, "?#"); end >= 0 {
		place.path = place.path[:end]
	}
	return place
}

// durations are about how long the last few attempts at each place took, of the
// places that were called of late.
type durations struct {
	mutex  sync.Mutex
	lately *simplelru.LRU[timedPath, time.Duration]
}

func newDurations() *durations {
	lately, _ := simplelru.NewLRU[timedPath, time.Duration](maximumQuiet, nil) // fails only for a size below 1
	return &durations{lately: lately}
}

// notice learns from an attempt.
func (d *durations) notice(at timedPath, took time.Duration) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	before, _ := d.lately.Get(at)
	d.lately.Add(at, before+(took-before)/2)
}

// slow reports whether attempts at the path have lately taken longer than given.
func (d *durations) slow(at timedPath, than time.Duration) bool {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	lately, _ := d.lately.Get(at)
	return lately > than
}
