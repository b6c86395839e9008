package backend

import (
	"context"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/declared"
	"github.com/latch-run/latch/internal/registry"
)

// Declarations is the registry of what files declare.
type Declarations interface {
	// State returns what is registered, with full details of the jobs in ids, or of all jobs if
	// ids is nil. It calls read with the number of jobs read so far.
	State(ctx context.Context, ids []string, read func(done, of int)) (*declared.State, error)
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
	// TaskQueue is the queue of jobs whose document names none, or "" if only the backend knows
	// it.
	TaskQueue() string
}

// readAtOnce is how many jobs are read between two reports of progress.
const readAtOnce = 200
