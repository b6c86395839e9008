package delivery

import (
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// A timedPath identifies what durations are measured for: the endpoint, and the webhook's URL
// as written, without its query. The paths of one endpoint may lead to unrelated programs. A
// path with a template counts as one path, whatever its values.
type timedPath struct {
	origin origin
	path   string
}

// timedPathOf returns the timedPath of a call.
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

// durations holds the approximate duration of the last few attempts at each path that was
// called recently.
type durations struct {
	mutex  sync.Mutex
	lately *simplelru.LRU[timedPath, time.Duration]
}

func newDurations() *durations {
	lately, _ := simplelru.NewLRU[timedPath, time.Duration](maximumQuiet, nil) // fails only for a size below 1
	return &durations{lately: lately}
}

// notice records the duration of an attempt.
func (d *durations) notice(at timedPath, took time.Duration) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	before, _ := d.lately.Get(at)
	d.lately.Add(at, before+(took-before)/2)
}

// slow reports whether recent attempts at the path took longer than the given time.
func (d *durations) slow(at timedPath, than time.Duration) bool {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	lately, _ := d.lately.Get(at)
	return lately > than
}
