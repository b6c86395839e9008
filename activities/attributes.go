package activities

import (
	"context"
	"sync"
	"time"

	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/activity"

	"github.com/latch-run/latch"
)

// attributesAge is how long the absence of an attribute is cached.
const attributesAge = time.Minute

// attributes are the search attributes that exist in the namespace. A run that upserts any
// other one makes no progress.
type attributes struct {
	mutex sync.Mutex
	known map[string]bool
	asked time.Time
}

// has reports whether the namespace has the attribute. If the server does not answer, it
// returns false.
func (a *attributes) has(ctx context.Context, name string) bool {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.known[name] || time.Since(a.asked) < attributesAge {
		return a.known[name]
	}
	a.asked = time.Now()
	answer, err := activity.GetClient(ctx).OperatorService().ListSearchAttributes(ctx,
		&operatorservice.ListSearchAttributesRequest{Namespace: activity.GetInfo(ctx).Namespace})
	if err != nil {
		activity.GetLogger(ctx).Warn("the server does not tell its search attributes: runs are not tagged with "+name, "error", err)
		return false
	}
	a.known = map[string]bool{}
	for each := range answer.GetCustomAttributes() {
		a.known[each] = true
	}
	if !a.known[name] {
		activity.GetLogger(ctx).Warn("a search attribute is missing: histories across runs lack these runs", "attribute", name)
	}
	return a.known[name]
}

// tags reports whether runs of the namespace get search attributes: the worker is configured to
// set them, and the namespace has those that every run sets.
func (a *Activities) tags(ctx context.Context) bool {
	if !a.options.SearchAttributes || a.registryOf(ctx) == nil { // a rehearsal has none
		return a.options.SearchAttributes
	}
	for _, name := range []string{latch.SearchAttributeID, latch.SearchAttributeStatus, latch.SearchAttributeWaiting} {
		if !a.known.has(ctx, name) {
			return false
		}
	}
	return true
}
