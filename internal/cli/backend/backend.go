package backend

import (
	"context"
	"encoding/json"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/deliveries"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/runs"
)

// A Backend is a command's way to the world. A command takes the part of it that it
// needs, and never asks which implementation it has.
type Backend interface {
	Runs
	Lists
	Deliveries
	Jobs
	Watches
	// Declarations returns where what files declare is registered.
	Declarations() (Declarations, error)
	// Server returns what can be asked of the Temporal server itself.
	Server() (Server, error)
	// Close ends the connection.
	Close()
}

// Runs starts runs, asks them and sends them messages.
type Runs interface {
	// Start starts a run. While another one has its workflow id, the failure's kind
	// is Running.
	Start(ctx context.Context, start Start) (*Run, error)
	// Emit fires events, and calls done with how many have been dealt with. Each has
	// its outcome at its place.
	Emit(ctx context.Context, events []Event, done func(int)) []Emitted
	// Find returns the run that an id means, for watching it.
	Find(ctx context.Context, id string) (*Run, error)
	// Status returns where the run stands that an id means.
	Status(ctx context.Context, id string) (*Status, error)
	// History returns the records of the run that an id means.
	History(ctx context.Context, id string, wanted latch.HistoryQuery) (*Answer, error)
	// Send sends a message to the run that an id means, of a run of the kind or of a
	// workflow of a user's own. A run that has closed is a failure of kind TooLate.
	Send(ctx context.Context, kind latch.Kind, id, message string, argument any) (*Answer, error)
	// RemoveLock removes a lock of the run and answers with its record.
	RemoveLock(ctx context.Context, workflowID string, removal latch.LockRelease) (*Answer, error)
	// Unpolled reports whether no worker is known to poll the task queue.
	Unpolled(ctx context.Context, queue string) bool
}

// Lists lists runs, locks and webhooks.
type Lists interface {
	Releases(ctx context.Context, filter runs.ReleaseFilter, cursor string, limit int) (*runs.ReleasePart, error)
	Locks(ctx context.Context, filter runs.LockFilter, cursor string, limit int) (*runs.LockPart, error)
	// Webhooks lists the registered webhooks, without credentials.
	Webhooks(ctx context.Context) ([]latch.RegisteredWebhook, error)
}

// Deliveries finds deliveries and sends them again.
type Deliveries interface {
	Search(ctx context.Context, filter deliveries.Filter, cursor string, limit int) (*deliveries.DeliveryPart, error)
	RedeliverFailed(ctx context.Context, filter deliveries.Filter, cursor string, limit int, dryRun bool) (*deliveries.BulkRedelivery, error)
	Redeliver(ctx context.Context, id string, origin deliveries.Origin) (*deliveries.Redelivery, error)
}

// Jobs shows and starts registered jobs.
type Jobs interface {
	// Jobs lists the jobs that the filter takes.
	Jobs(ctx context.Context, filter JobFilter) ([]Job, error)
	// Job returns one with all that is known of it.
	Job(ctx context.Context, id string) (*JobDetails, error)
	// StartJob starts a run of one.
	StartJob(ctx context.Context, id string) (*Run, error)
	// Registry returns where jobs are registered and changed.
	Registry() (Registry, error)
}

// A Registry registers jobs and changes them, as [registry.Store] does.
type Registry interface {
	Get(ctx context.Context, id string) (*registry.Entry, error)
	GetAll(ctx context.Context, ids []string) ([]*registry.Entry, error)
	Create(ctx context.Context, definition registry.Definition) (*registry.Entry, error)
	Update(ctx context.Context, id string, change func(*registry.Definition) error) (*registry.Entry, error)
	Pause(ctx context.Context, id string, paused bool) (*registry.Entry, error)
	Delete(ctx context.Context, id string) error
}

// A Start is a run to start from a file.
type Start struct {
	Kind latch.Kind
	// Input is what the file says.
	Input json.RawMessage
	// ID and Title are those of the input; either may be empty.
	ID, Title string
	// WorkflowID is one of the caller's own; empty is the kind's for the id.
	WorkflowID string
	// Watch says that the caller goes on to watch the run. Nothing is started that
	// cannot be watched then.
	Watch bool
}

// A Run is a run that was started or found.
type Run struct {
	WorkflowID, RunID string
	// TaskQueue is where its worker polls; empty where that is not known.
	TaskQueue string
	// CanFind reports whether [Runs.Find] finds the run by its workflow id.
	CanFind bool
	// Progress returns where the run stands, and its records.
	Progress func(context.Context) (*latch.Status, []latch.Record, error)
	// Wait waits for the run's end. Its error is one of waiting, not of the run.
	Wait func(context.Context) (*runs.Outcome, error)
}

// An Answer is what a run answers.
type Answer struct {
	WorkflowID string
	// Body is the answer, with the digits of its numbers; empty without one.
	Body json.RawMessage
}

// A Status is where a run stands.
type Status struct {
	// Answer is a [latch.Status], with keys that a newer worker may add.
	Answer
	// End is how the run ended; nil while it runs.
	End *End
}

// An End is how a run ended.
type End struct {
	// Status is the result's, or says how Temporal closed a run that has none.
	Status    string           `json:"status"`
	Error     string           `json:"error,omitempty"`
	Reason    string           `json:"reason,omitempty"`
	DecidedBy *latch.DecidedBy `json:"decided_by,omitempty"`
}

// An UnsupportedError says that the API has no call for what was asked.
type UnsupportedError struct{}

// Error says so.
func (*UnsupportedError) Error() string { return "the API cannot do this; Temporal can" }
