package activities

import (
	"context"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/latch-run/latch/internal/protocol"
)

const (
	// reportTimeout bounds sending one report.
	reportTimeout = 10 * time.Second
	// reportPace is the shortest time between two reports about one endpoint: at a dead
	// endpoint many attempts fail at once.
	reportPace = 50 * time.Millisecond
)

// An endpointKey names the endpoint of a registered webhook.
type endpointKey struct{ namespace, taskQueue, webhook string }

// An endpointReports sends reports about the attempts of this worker. While a report about an
// endpoint is being sent, further ones are combined into the next one.
type endpointReports struct {
	mutex   sync.Mutex
	next    map[endpointKey]*gathered
	flying  map[endpointKey]bool
	failing map[endpointKey]bool
	kept    map[endpointKey]time.Time
}

// A gathered report combines several attempts.
type gathered struct {
	report protocol.Report
	done   chan struct{}
	pass   func(context.Context, protocol.Report) error
}

func newEndpointReports() *endpointReports {
	return &endpointReports{next: map[endpointKey]*gathered{}, flying: map[endpointKey]bool{}, failing: map[endpointKey]bool{},
		kept: map[endpointKey]time.Time{}}
}

// keeps records that a delivery is kept, and reports whether to send a report about that, which
// happens only from time to time.
func (r *endpointReports) keeps(key endpointKey) bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if time.Since(r.kept[key]) < keptEvery {
		return false
	}
	r.kept[key] = time.Now()
	return true
}

// isFailing reports whether the last attempt of this worker failed.
func (r *endpointReports) isFailing(key endpointKey) bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.failing[key]
}

// report returns once the report has been sent, or could not be.
func (r *endpointReports) report(ctx context.Context, key endpointKey, report protocol.Report, pass func(context.Context, protocol.Report) error) {
	r.mutex.Lock()
	waiting := r.next[key]
	if waiting == nil {
		waiting = &gathered{done: make(chan struct{})}
		r.next[key] = waiting
	}
	waiting.report.Add(report)
	waiting.pass = pass
	switch {
	case report.Failed > 0:
		r.failing[key] = true
	case report.Delivered:
		delete(r.failing, key)
		delete(r.kept, key)
	}
	if !r.flying[key] {
		r.flying[key] = true
		go r.fly(context.WithoutCancel(ctx), key)
	}
	r.mutex.Unlock()
	<-waiting.done
}

// fly sends combined reports until there are no more.
func (r *endpointReports) fly(ctx context.Context, key endpointKey) {
	for {
		r.mutex.Lock()
		current := r.next[key]
		delete(r.next, key)
		if current == nil {
			delete(r.flying, key)
			r.mutex.Unlock()
			return
		}
		r.mutex.Unlock()
		passing, cancel := context.WithTimeout(ctx, reportTimeout)
		err := current.pass(passing, current.report)
		cancel()
		if err != nil {
			activity.GetLogger(ctx).Error("what attempts at an endpoint came to was not counted", "webhook", key.webhook,
				"failed", current.report.Failed, "error", err)
		}
		close(current.done)
		time.Sleep(reportPace)
	}
}
