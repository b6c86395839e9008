package backend

import (
	"context"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/declared"
	"github.com/latch-run/latch/internal/registry"
)

// Declarations is the registry of what files declare.
type Declarations interface {
	// State returns what is registered, as far as the reading asks for it.
	State(ctx context.Context, reading Reading) (*declared.State, error)
	// ApplyJob writes a job of the plan.
	ApplyJob(ctx context.Context, plan *declared.Plan, item *declared.Item) error
	// RemoveJob removes a job. It succeeds if the job no longer exists.
	RemoveJob(ctx context.Context, id string) error
	// ApplyWebhooks writes and removes registered webhooks.
	ApplyWebhooks(ctx context.Context, put []latch.RegisteredWebhook, remove []string) error
	// ApplyWatches writes and removes watches.
	ApplyWatches(ctx context.Context, put []latch.RegisteredWatch, remove []string) error
	// ApplyFreezes writes and removes freezes.
	ApplyFreezes(ctx context.Context, put []latch.RegisteredFreeze, remove []string) error
	// CheckQuery asks the server whether it accepts the query of a watch.
	CheckQuery(ctx context.Context, query string) error
	// ApplyTags writes and removes tags.
	ApplyTags(ctx context.Context, put []registry.Tag, remove []string) error
	// Together reports whether what one call writes and removes takes effect as a whole. Otherwise
	// a call that fails may have made some of the changes.
	Together() bool
	// TaskQueue is the queue of jobs whose document names none, once the state was read.
	TaskQueue() string
}

// A Reading says which part of the registry is needed.
type Reading struct {
	// Items are what files declare: the registry is compared with them. If nil, all that is
	// registered is read in full.
	Items []*declared.Item
	// Queue is the task queue that the caller asks for, or "" for the default one.
	Queue string
	// Read is called with the number of entries read so far.
	Read func(done, of int)
}

// readAtOnce is how many jobs are read between two reports of progress.
const readAtOnce = 200
