package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	sdkpb "go.temporal.io/api/sdk/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/overload"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs"
	"github.com/latch-run/latch/internal/watched"
)

// MaximumWatches bounds the watches of a namespace: each asks the server every other
// second.
const MaximumWatches = 100

// watchAge is how old what [Watches.Recently] returns may be.
const watchAge = 2 * time.Second

// Watches are those of the namespace. Each has a workflow, on the task queue of
// whoever registered it first, that looks for runs for as long as it is registered.
type Watches struct {
	store *Store
	shelf *Shelf[[]latch.RegisteredWatch]
}

// Watches returns those of the store's namespace.
func (s *Store) Watches() *Watches { return s.watches }

func newWatches(store *Store) *Watches {
	return &Watches{store, newShelf[[]latch.RegisteredWatch](store, "latch-watches", "registered watches")}
}

// List returns them as they are now, in the order in which they were made.
func (w *Watches) List(ctx context.Context) ([]latch.RegisteredWatch, error) {
	return w.shelf.Read(ctx)
}

// Get returns a watch. Its error is ErrUnknown if none has the id.
func (w *Watches) Get(ctx context.Context, id string) (*latch.RegisteredWatch, error) {
	all, err := w.List(ctx)
	return watchAmong(all, id, err)
}

// Recently is [Watches.Get], as of at most two seconds ago.
func (w *Watches) Recently(ctx context.Context, id string) (*latch.RegisteredWatch, error) {
	all, err := w.shelf.ReadWithin(ctx, watchAge)
	return watchAmong(all, id, err)
}

func watchAmong(all []latch.RegisteredWatch, id string, err error) (*latch.RegisteredWatch, error) {
	if err != nil {
		return nil, err
	}
	at := findWatch(all, id)
	if at < 0 {
		return nil, aboutWatch(id, ErrUnknown)
	}
	return &all[at], nil
}

// Put registers a watch, in the place of one of its id, and has it begin, unless check,
// called with the one that is there or nil, returns an error. It returns the watch, and
// whether it is a new one. A query that the server does not take is a [*RefusedError].
//
// A watch that is registered again goes on where it is, with what it says from now on;
// one whose workflow was ended from outside begins anew.
func (w *Watches) Put(ctx context.Context, watch latch.RegisteredWatch, check func(*latch.RegisteredWatch) error) (*latch.RegisteredWatch, bool, error) {
	if err := w.CheckQuery(ctx, watch.Query); err != nil {
		return nil, false, err
	}
	created := false
	err := w.shelf.Change(ctx, func(all []latch.RegisteredWatch) ([]latch.RegisteredWatch, error) {
		at := findWatch(all, watch.ID)
		created = at < 0
		var before *latch.RegisteredWatch
		if !created {
			before = &all[at]
		}
		if err := check(before); err != nil {
			return nil, err
		}
		return w.with(all, &watch)
	})
	if err != nil {
		return nil, false, err
	}
	return &watch, created, w.begin(ctx, &watch)
}

// with returns the watches with one put among them, whose times it sets.
func (w *Watches) with(all []latch.RegisteredWatch, watch *latch.RegisteredWatch) ([]latch.RegisteredWatch, error) {
	after := slices.Clone(all)
	watch.TaskQueue, watch.UpdatedAt = w.store.taskQueue, latch.NewTime(time.Now())
	if at := findWatch(after, watch.ID); at >= 0 {
		watch.TaskQueue, watch.CreatedAt = after[at].TaskQueue, after[at].CreatedAt
		after[at] = *watch
		return after, nil
	}
	if len(after) >= MaximumWatches {
		return nil, &RefusedError{Reason: fmt.Sprintf("there are %d watches already, and no more are kept", len(after))}
	}
	watch.CreatedAt = watch.UpdatedAt
	return append(after, *watch), nil
}

// PutAll registers several watches and removes others, all at once.
func (w *Watches) PutAll(ctx context.Context, put []latch.RegisteredWatch, remove []string) error {
	for i := range put {
		if err := w.CheckQuery(ctx, put[i].Query); err != nil {
			return aboutWatch(put[i].ID, err)
		}
	}
	var written []latch.RegisteredWatch
	err := w.shelf.Change(ctx, func(all []latch.RegisteredWatch) (after []latch.RegisteredWatch, err error) {
		after = slices.DeleteFunc(slices.Clone(all), func(w latch.RegisteredWatch) bool { return slices.Contains(remove, w.ID) })
		written = slices.Clone(put)
		for i := range written {
			if after, err = w.with(after, &written[i]); err != nil {
				return nil, err
			}
		}
		return after, nil
	})
	for i := range written {
		if err == nil {
			err = w.begin(ctx, &written[i])
		}
	}
	return err
}

// Delete removes a watch, unless check, called with it as it is, returns an error. It
// finds nothing more within seconds; what it has found is still told.
func (w *Watches) Delete(ctx context.Context, id string, check func(*latch.RegisteredWatch) error) error {
	return w.shelf.Change(ctx, func(all []latch.RegisteredWatch) ([]latch.RegisteredWatch, error) {
		at := findWatch(all, id)
		if at < 0 {
			return nil, aboutWatch(id, ErrUnknown)
		}
		if err := check(&all[at]); err != nil {
			return nil, err
		}
		return slices.Delete(slices.Clone(all), at, at+1), nil
	})
}

// CheckQuery asks the server whether it takes the query. The [*RefusedError] has what
// the server says against it.
func (w *Watches) CheckQuery(ctx context.Context, query string) error {
	for _, trial := range watched.Trials(query, time.Now()) {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		_, err := overload.Again(ctx, func(ctx context.Context) (*workflowservice.ListWorkflowExecutionsResponse, error) {
			return w.store.service().ListWorkflowExecutions(ctx, &workflowservice.ListWorkflowExecutionsRequest{Namespace: w.store.namespace, Query: trial, PageSize: 1})
		})
		cancel()
		var invalid *serviceerror.InvalidArgument
		if errors.As(err, &invalid) {
			return &RefusedError{Field: "query", Reason: "Temporal does not take it: " + invalid.Message}
		}
		if err != nil {
			return fmt.Errorf("ask Temporal about the query: %w", err)
		}
	}
	return nil
}

// Query returns the list filter for the runs that a watch looks for: those that end in a way to
// which one of its webhooks listens, or a registered one. It is "" if none does.
func (w *Watches) Query(ctx context.Context, watch *latch.Watch) (string, error) {
	registered, err := w.store.webhooks.RecentList(ctx)
	var namesake *NamesakeError
	if err != nil && !errors.As(err, &namesake) { // it leaves no room for registered webhooks
		return "", fmt.Errorf("find the registered webhooks that listen to a watch: %w", err)
	}
	return watched.Query(watch.Query, func(event string) bool {
		return watch.ListensTo(event) || slices.ContainsFunc(registered, func(webhook latch.RegisteredWebhook) bool {
			_, listens := webhook.On(event)
			return listens
		})
	}), nil
}

// begin starts the watch's workflow, or has one that is there know of the change.
func (w *Watches) begin(ctx context.Context, watch *latch.RegisteredWatch) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	input, err := w.store.converter.ToPayloads(protocol.Watch{ID: watch.ID})
	if err != nil {
		return fmt.Errorf("encode what starts the watch: %w", err)
	}
	summary, err := w.store.converter.ToPayload(runs.Summary("Watch " + watch.ID))
	if err != nil {
		return fmt.Errorf("encode the watch's summary: %w", err)
	}
	request := &workflowservice.SignalWithStartWorkflowExecutionRequest{
		Namespace:                w.store.namespace,
		WorkflowId:               latch.PrefixWatch + watch.ID,
		WorkflowType:             &commonpb.WorkflowType{Name: latch.WorkflowWatch},
		TaskQueue:                &taskqueuepb.TaskQueue{Name: watch.TaskQueue},
		Input:                    input,
		SignalName:               protocol.SignalWatchChanged,
		Identity:                 w.store.identity,
		RequestId:                uuid.NewString(),
		WorkflowIdReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIdConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		UserMetadata:             &sdkpb.UserMetadata{Summary: summary},
	}
	_, err = overload.Again(ctx, func(ctx context.Context) (*workflowservice.SignalWithStartWorkflowExecutionResponse, error) {
		return w.store.service().SignalWithStartWorkflowExecution(ctx, request)
	})
	if err != nil {
		return fmt.Errorf("start the workflow of watch %q, which is registered: %w", watch.ID, err)
	}
	return nil
}

func findWatch(all []latch.RegisteredWatch, id string) int {
	return slices.IndexFunc(all, func(w latch.RegisteredWatch) bool { return w.ID == id })
}

func aboutWatch(id string, err error) error { return fmt.Errorf("watch %q: %w", id, err) }
