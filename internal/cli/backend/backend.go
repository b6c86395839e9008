package backend

import (
	"context"
	"encoding/json"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/audit"
	"github.com/latch-run/latch/internal/deliveries"
	"github.com/latch-run/latch/internal/evidence"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/runs"
)

// A Backend gives a command access to Latch. A command takes the part of it that it needs, and
// never depends on the implementation.
type Backend interface {
	Runs
	Lists
	Deliveries
	Jobs
	Watches
	Freezes
	// Declarations returns the registry of what files declare.
	Declarations() Declarations
	// Server returns the interface to the Temporal server itself.
	Server() (Server, error)
	// Close closes the connection.
	Close()
}

// Runs starts runs, queries them and sends them messages.
type Runs interface {
	// Start starts a run. If another run has its workflow id, the failure's kind is Running.
	Start(ctx context.Context, start Start) (*Run, error)
	// Emit fires events, and calls done with how many have been dealt with. Each has
	// its outcome at its place.
	Emit(ctx context.Context, events []Event, done func(int)) []Emitted
	// Find returns the run that an id refers to, for watching it.
	Find(ctx context.Context, id string) (*Run, error)
	// Status returns the state of the run that an id refers to.
	Status(ctx context.Context, id string) (*Status, error)
	// History returns the records of the run that an id refers to.
	History(ctx context.Context, id string, wanted latch.HistoryQuery) (*Answer, error)
	// Evidence returns signed evidence of the closed run that an id refers to. The key signs it,
	// unless the backend signs with its own.
	Evidence(ctx context.Context, id string, key evidence.Key) ([]byte, error)
	// Send sends a message to the run that an id refers to: a run of the kind, or a user's own
	// workflow. If the run has closed, the failure's kind is TooLate.
	Send(ctx context.Context, kind latch.Kind, id, message string, argument any) (*Answer, error)
	// RemoveLock removes a lock of the run and returns its record.
	RemoveLock(ctx context.Context, workflowID string, removal latch.LockRelease) (*Answer, error)
	// ExtendLock moves the deadline of a lock of the run to a later time, and returns its record.
	ExtendLock(ctx context.Context, workflowID string, extension latch.LockExtension) (*Answer, error)
	// Lock returns a lock of the run, open or removed.
	Lock(ctx context.Context, workflowID, token string) (*LockState, error)
	// Unpolled reports whether no worker is known to poll the task queue.
	Unpolled(ctx context.Context, queue string) bool
}

// Lists lists runs, locks and webhooks.
type Lists interface {
	Releases(ctx context.Context, filter runs.RunFilter, cursor string, limit int) (*runs.ReleasePart, error)
	Gates(ctx context.Context, filter runs.RunFilter, cursor string, limit int) (*runs.GatePart, error)
	// Turns returns which release holds a concurrency key, and which wait for it.
	Turns(ctx context.Context, key string) (*latch.Turns, error)
	Locks(ctx context.Context, filter runs.LockFilter, cursor string, limit int) (*runs.LockPart, error)
	// Webhooks lists the registered webhooks, without credentials.
	Webhooks(ctx context.Context) ([]latch.RegisteredWebhook, error)
	// Audit lists who did what, newest first.
	Audit(ctx context.Context, filter audit.Filter, cursor string, limit int) (*audit.Part, error)
}

// Deliveries finds deliveries and sends them again.
type Deliveries interface {
	Search(ctx context.Context, filter deliveries.Filter, cursor string, limit int) (*deliveries.DeliveryPart, error)
	RedeliverFailed(ctx context.Context, filter deliveries.Filter, cursor string, limit int, dryRun bool) (*deliveries.BulkRedelivery, error)
	// RedeliverSkipped sends what was skipped since its endpoint was disabled. Where that is known,
	// looked is called with how many runs were asked for it, and how many deliveries were found.
	RedeliverSkipped(ctx context.Context, filter deliveries.Filter, dryRun bool, looked func(runs, found int)) (*deliveries.BulkRedelivery, error)
	// Queue returns how far a workflow has come that sends what was skipped.
	Queue(ctx context.Context, workflowID string) (*deliveries.QueueState, error)
	Redeliver(ctx context.Context, id string, origin deliveries.Origin) (*deliveries.Redelivery, error)
}

// Jobs shows and starts registered jobs.
type Jobs interface {
	// Jobs lists the jobs that match the filter.
	Jobs(ctx context.Context, filter JobFilter) ([]Job, error)
	// Job returns a job with all details.
	Job(ctx context.Context, id string) (*JobDetails, error)
	// StartJob starts a run of a job.
	StartJob(ctx context.Context, id string) (*Run, error)
	// Registry returns the registry that stores and changes jobs.
	Registry() (Registry, error)
}

// A Registry stores and changes jobs, like [registry.Store].
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
	// Input is the content of the file.
	Input json.RawMessage
	// ID and Title are those of the input. Either may be empty.
	ID, Title string
	// WorkflowID is the caller's own workflow id. If empty, the kind's id is used.
	WorkflowID string
	// Watch says that the caller will watch the run. A run that cannot be watched is then not
	// started.
	Watch bool
}

// A Run is a run that was started or found.
type Run struct {
	WorkflowID, RunID string
	// TaskQueue is the queue of its worker, or "" if it is unknown.
	TaskQueue string
	// CanFind reports whether [Runs.Find] finds the run by its workflow id.
	CanFind bool
	// Progress returns the run's status and its records.
	Progress func(context.Context) (*latch.Status, []latch.Record, error)
	// Wait waits for the run's end. Its error concerns the waiting, not the run.
	Wait func(context.Context) (*runs.Outcome, error)
}

// An Answer is a run's answer.
type Answer struct {
	WorkflowID string
	// Body is the answer, with the digits of its numbers. It may be empty.
	Body json.RawMessage
}

// A Status is the state of a run.
type Status struct {
	// Answer is a [latch.Status], with any keys that a newer worker adds.
	Answer
	// End is how the run ended, or nil while it runs.
	End *End
}

// A LockState is a lock with its record, as the API shows it.
type LockState struct {
	Token     string                  `json:"token"`
	Open      bool                    `json:"open"`
	Until     latch.Time              `json:"until,omitzero"`
	Escalates *latch.Escalated        `json:"escalates,omitempty"`
	Missing   []latch.MissingApproval `json:"missing,omitempty"`
	Record    latch.Record            `json:"record"`
}

// An End is how a run ended.
type End struct {
	// Status is the result's status, or how Temporal closed a run without a result.
	Status    string           `json:"status"`
	Error     string           `json:"error,omitempty"`
	Reason    string           `json:"reason,omitempty"`
	DecidedBy *latch.DecidedBy `json:"decided_by,omitempty"`
}

// An UnsupportedError reports that the API has no such call.
type UnsupportedError struct{}

// Error names the missing call.
func (*UnsupportedError) Error() string { return "the API cannot do this; Temporal can" }
