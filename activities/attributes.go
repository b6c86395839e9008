package activities

import (
	"context"
	"sync"
	"time"

	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/activity"

	"github.com/latch-run/latch"
)

// attributesAge is how long it is believed that an attribute is missing.
const attributesAge = time.Minute

// attributes are the search attributes that the namespace knows. A run that
// upserts another one never gets past it.
type attributes struct {
	mutex sync.Mutex
	known map[string]bool
	asked time.Time
}

// has reports whether the namespace knows the attribute. Where the server does
// not say, it is taken not to.
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

// tags reports whether runs of the namespace get search attributes: the worker is
// configured so, and the namespace knows those that every run sets.
func (a *Activities) tags(ctx context.Context) bool {
	if !a.options.SearchAttributes || a.registryOf(ctx) == nil { // a rehearsal knows none
		return a.options.SearchAttributes
	}
	for _, name := range []string{latch.SearchAttributeID, latch.SearchAttributeStatus, latch.SearchAttributeWaiting} {
		if !a.known.has(ctx, name) {
			return false
		}
	}
	return true
}
