package backend

import (
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/deliveries"
	"github.com/latch-run/latch/internal/mitto"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/runs"
)

const (
	// answerTimeout bounds the wait for a worker that may not run.
	answerTimeout = 30 * time.Second
	// probeTimeout bounds a request that only improves an answer.
	probeTimeout = time.Second
)

// Temporal is the [Backend] over a Temporal server.
type Temporal struct {
	connection *Connection
	taskQueue  string
	runs       *runs.Runs
	registry   *registry.Store
	deliveries *deliveries.Log
}

var _ Backend = (*Temporal)(nil)

// NewTemporal returns the backend over a connection, and takes over closing it. Runs start on
// the task queue unless they are registered for another, and Temporal records the user as who
// started them.
func NewTemporal(connection *Connection, taskQueue, user string) *Temporal {
	options := runs.Options{Client: connection, Namespace: connection.Namespace, DataConverter: connection.DataConverter,
		Identity: "starter of " + user}
	asking := options
	asking.WorkerTimeout = answerTimeout // a person waits for this one answer
	return &Temporal{connection: connection, taskQueue: taskQueue, runs: runs.New(asking), deliveries: deliveries.New(options),
		registry: registry.New(registry.Options{
			Service:   func() workflowservice.WorkflowServiceClient { return connection.WorkflowService() },
			Namespace: connection.Namespace, TaskQueue: taskQueue, Identity: options.Identity,
			DataConverter: connection.DataConverter, Fields: mitto.Fields,
		})}
}

// Close closes the connection.
func (t *Temporal) Close() { t.connection.Close() }

// Registry returns the registry of the namespace.
func (t *Temporal) Registry() (Registry, error) { return t.registry, nil }

// Releases returns a page of the list of releases.
func (t *Temporal) Releases(ctx context.Context, filter runs.RunFilter, cursor string, limit int) (*runs.ReleasePart, error) {
	return t.runs.Releases(ctx, filter, cursor, limit)
}

// Gates returns a page of the list of gates.
func (t *Temporal) Gates(ctx context.Context, filter runs.RunFilter, cursor string, limit int) (*runs.GatePart, error) {
	return t.runs.Gates(ctx, filter, cursor, limit)
}

// Turns returns the turns of a concurrency key.
func (t *Temporal) Turns(ctx context.Context, key string) (*latch.Turns, error) {
	return t.runs.Turns(ctx, key)
}

// Locks returns a page of the list of open locks.
func (t *Temporal) Locks(ctx context.Context, filter runs.LockFilter, cursor string, limit int) (*runs.LockPart, error) {
	return t.runs.Locks(ctx, filter, cursor, limit)
}

// Webhooks lists the webhooks of the task queue without credentials.
func (t *Temporal) Webhooks(ctx context.Context) ([]latch.RegisteredWebhook, error) {
	registered, err := t.registry.Webhooks().List(ctx)
	if err != nil {
		return nil, err
	}
	shown := []latch.RegisteredWebhook{}
	for _, webhook := range registered {
		shown = append(shown, registry.Shown(webhook))
	}
	return shown, nil
}

// Search returns a page of the deliveries that match the filter.
func (t *Temporal) Search(ctx context.Context, filter deliveries.Filter, cursor string, limit int) (*deliveries.DeliveryPart, error) {
	return t.deliveries.Search(ctx, filter, cursor, limit)
}

// RedeliverFailed sends one page of failed deliveries again.
func (t *Temporal) RedeliverFailed(ctx context.Context, filter deliveries.Filter, cursor string, limit int, dryRun bool) (*deliveries.BulkRedelivery, error) {
	return t.deliveries.RedeliverFailed(ctx, filter, cursor, limit, dryRun)
}

// RedeliverSkipped sends what was skipped.
func (t *Temporal) RedeliverSkipped(ctx context.Context, filter deliveries.Filter, dryRun bool,
	looked func(runs, found int)) (*deliveries.BulkRedelivery, error) {
	return t.deliveries.RedeliverKept(ctx, filter, dryRun, looked)
}

// Queue returns how far a workflow has come that sends what was skipped.
func (t *Temporal) Queue(ctx context.Context, workflowID string) (*deliveries.QueueState, error) {
	return t.deliveries.Queue(ctx, workflowID)
}

// Redeliver sends one delivery again.
func (t *Temporal) Redeliver(ctx context.Context, id string, origin deliveries.Origin) (*deliveries.Redelivery, error) {
	return t.deliveries.Redeliver(ctx, id, origin)
}

// Unpolled reports whether Temporal knows no worker that polls the task queue. It returns false
// if Temporal does not answer within a second.
func (t *Temporal) Unpolled(ctx context.Context, queue string) bool {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	described, err := t.connection.DescribeTaskQueue(ctx, queue, enumspb.TASK_QUEUE_TYPE_WORKFLOW)
	return err == nil && len(described.GetPollers()) == 0
}

// unanswered says who did not answer: Temporal, which is called once more, or a worker of the
// run's task queue. It returns any other error unchanged.
func (t *Temporal) unanswered(ctx context.Context, err error, workflowID string) error {
	if failure.IsInterrupted(ctx) {
		return ctx.Err()
	}
	if err == nil || !failure.IsUnanswered(err) {
		return err
	}
	probe, cancel := context.WithTimeout(context.WithoutCancel(ctx), probeTimeout)
	defer cancel()
	described, gone := t.runs.Describe(probe, workflowID, "")
	if gone != nil && failure.IsUnanswered(gone) {
		return failure.New(failure.Unreachable, "Temporal is out of reach: it does not answer about %s, which goes on once it is back", workflowID)
	}
	which := "its task queue"
	if queue := described.GetWorkflowExecutionInfo().GetTaskQueue(); queue != "" {
		which = fmt.Sprintf("its task queue %q", queue)
	}
	return failure.New(failure.Unreachable, "%s does not answer: is a worker polling %s?", workflowID, which)
}
