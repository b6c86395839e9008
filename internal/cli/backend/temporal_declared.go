package backend

import (
	"context"
	"errors"
	"slices"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/declared"
	"github.com/latch-run/latch/internal/registry"
)

// Declarations returns the registry of the namespace.
func (t *Temporal) Declarations() Declarations { return declarations{t.registry, t.taskQueue} }

// declarations implements [Declarations] over Temporal's schedules.
type declarations struct {
	registry *registry.Store
	queue    string
}

// TaskQueue is the queue of jobs whose document names none.
func (d declarations) TaskQueue() string { return d.queue }

// Together returns true: each call is one write.
func (d declarations) Together() bool { return true }

// State reads what is registered, and only the declared jobs in full.
func (d declarations) State(ctx context.Context, reading Reading) (*declared.State, error) {
	state := &declared.State{Jobs: map[string]*registry.Definition{}}
	var err error
	if state.Rows, err = d.registry.List(ctx); err != nil {
		return nil, err
	}
	if state.Webhooks, err = d.registry.Webhooks().List(ctx); err != nil {
		return nil, err
	}
	if state.Watches, err = d.registry.Watches().List(ctx); err != nil {
		return nil, err
	}
	if state.Freezes, err = d.registry.Freezes().List(ctx); err != nil {
		return nil, err
	}
	if state.Tags, err = d.registry.Tags(ctx); err != nil {
		return nil, err
	}
	ids, done := reading.jobs(state.Rows), 0
	for part := range slices.Chunk(ids, readAtOnce) {
		reading.Read(done, len(ids))
		entries, err := d.registry.GetAll(ctx, part)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			state.Jobs[entry.ID] = &entry.Definition
		}
		done += len(part)
	}
	return state, nil
}

// jobs returns the ids of the jobs that are needed in full.
func (r *Reading) jobs(rows []registry.Row) []string {
	var ids []string
	if r.Items == nil {
		for i := range rows {
			ids = append(ids, rows[i].ID)
		}
	}
	for _, item := range r.Items {
		if item.Kind == declared.Job {
			ids = append(ids, item.ID)
		}
	}
	return ids
}

// ApplyJob registers the job, or changes its current version.
func (d declarations) ApplyJob(ctx context.Context, plan *declared.Plan, item *declared.Item) error {
	change := func(definition *registry.Definition) error {
		*definition = plan.Define(item, *definition)
		return nil
	}
	_, err := d.registry.Update(ctx, item.ID, change)
	if !errors.Is(err, registry.ErrUnknown) {
		return err
	}
	if _, err = d.registry.Create(ctx, plan.Define(item, registry.Definition{})); errors.Is(err, registry.ErrExists) {
		_, err = d.registry.Update(ctx, item.ID, change)
	}
	return err
}

// RemoveJob removes a job.
func (d declarations) RemoveJob(ctx context.Context, id string) error {
	err := d.registry.Delete(ctx, id)
	if errors.Is(err, registry.ErrUnknown) {
		return nil
	}
	return err
}

// ApplyWebhooks writes and removes webhooks in one change.
func (d declarations) ApplyWebhooks(ctx context.Context, put []latch.RegisteredWebhook, remove []string) error {
	return d.registry.Webhooks().Put(ctx, put, remove)
}

// ApplyWatches writes and removes watches in one change.
func (d declarations) ApplyWatches(ctx context.Context, put []latch.RegisteredWatch, remove []string) error {
	return d.registry.Watches().PutAll(ctx, put, remove)
}

// ApplyFreezes writes and removes freezes in one change.
func (d declarations) ApplyFreezes(ctx context.Context, put []latch.RegisteredFreeze, remove []string) error {
	return d.registry.Freezes().PutAll(ctx, put, remove)
}

// CheckQuery asks the server whether it accepts a watch's query.
func (d declarations) CheckQuery(ctx context.Context, query string) error {
	return d.registry.Watches().CheckQuery(ctx, query)
}

// ApplyTags writes and removes tags in one change.
func (d declarations) ApplyTags(ctx context.Context, put []registry.Tag, remove []string) error {
	return d.registry.PutTags(ctx, put, remove)
}
