package backend

import (
	"context"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/declared"
	"github.com/latch-run/latch/internal/registry"
)

// Declarations is where what files declare is registered.
type Declarations interface {
	// State returns what is registered, with the jobs of the ids whole; all of them
	// where ids is nil. read is called with how many of the jobs were read.
	State(ctx context.Context, ids []string, read func(done, of int)) (*declared.State, error)
	// ApplyJob writes a job of the plan.
	ApplyJob(ctx context.Context, plan *declared.Plan, item *declared.Item) error
	// RemoveJob removes a job; one that is gone already is no error.
	RemoveJob(ctx context.Context, id string) error
	// ApplyWebhooks writes and removes webhooks that stand by themselves.
	ApplyWebhooks(ctx context.Context, put []latch.RegisteredWebhook, remove []string) error
	// ApplyWatches is ApplyWebhooks for watches.
	ApplyWatches(ctx context.Context, put []latch.RegisteredWatch, remove []string) error
	// CheckQuery asks the server whether it takes the query of a watch.
	CheckQuery(ctx context.Context, query string) error
	// ApplyTags is ApplyWebhooks for tags.
	ApplyTags(ctx context.Context, put []registry.Tag, remove []string) error
	// TaskQueue is where jobs run whose document names none; empty where the backend
	// knows it alone.
	TaskQueue() string
}

// readAtOnce is how many jobs are read between two calls of what shows the progress.
const readAtOnce = 200
