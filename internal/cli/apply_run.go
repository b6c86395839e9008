package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/declared"
	"github.com/latch-run/latch/internal/registry"
)

// jobWriters is how many jobs are written concurrently.
const jobWriters = 16

// An applier carries out a plan.
type applier struct {
	store    backend.Declarations
	plan     *declared.Plan
	progress *output.Progress
	of       int

	mutex sync.Mutex
	done  map[*declared.Change]bool
}

func newApplier(e *env, store backend.Declarations, plan *declared.Plan) *applier {
	return &applier{store: store, plan: plan, progress: e.out.Progress(), done: map[*declared.Change]bool{},
		of: len(plan.Changes) - plan.Count(declared.Unchanged)}
}

// run carries out the plan, and returns what was done, even if it fails half way. It writes
// tags, webhooks, watches and freezes before the jobs, and jobs after those that they follow. It removes
// last, unless new items need the room.
func (a *applier) run(ctx context.Context) (map[*declared.Change]bool, error) {
	defer a.progress.End()
	for _, step := range []func(context.Context) error{
		func(ctx context.Context) error { return a.tags(ctx, a.plan.Early(declared.Tag)) },
		func(ctx context.Context) error { return a.webhooks(ctx, a.plan.Early(declared.Webhook)) },
		func(ctx context.Context) error { return a.watches(ctx, a.plan.Early(declared.Watch)) },
		func(ctx context.Context) error { return a.freezes(ctx, a.plan.Early(declared.Freeze)) },
		a.writeJobs, a.removeJobs,
		func(ctx context.Context) error { return a.freezes(ctx, a.plan.Late(declared.Freeze)) },
		func(ctx context.Context) error { return a.watches(ctx, a.plan.Late(declared.Watch)) },
		func(ctx context.Context) error { return a.webhooks(ctx, a.plan.Late(declared.Webhook)) },
		func(ctx context.Context) error { return a.tags(ctx, a.plan.Late(declared.Tag)) },
	} {
		if err := step(ctx); err != nil {
			return a.done, err
		}
	}
	return a.done, nil
}

// finished records what was done.
func (a *applier) finished(changes ...*declared.Change) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	for _, change := range changes {
		a.done[change] = true
	}
	a.progress.Show("applying: %d of %d", len(a.done), a.of)
}

func (a *applier) tags(ctx context.Context, changes []*declared.Change) error {
	kept, remove := divide(changes)
	var put []registry.Tag
	for _, change := range kept {
		put = append(put, registry.Tag{Name: change.ID, ManagedBy: a.plan.Owner})
	}
	return a.together(changes, func() error { return a.store.ApplyTags(ctx, put, remove) })
}

func (a *applier) webhooks(ctx context.Context, changes []*declared.Change) error {
	kept, remove := divide(changes)
	var put []latch.RegisteredWebhook
	for _, change := range kept {
		put = append(put, *change.Webhook())
	}
	return a.together(changes, func() error { return a.store.ApplyWebhooks(ctx, put, remove) })
}

func (a *applier) watches(ctx context.Context, changes []*declared.Change) error {
	kept, remove := divide(changes)
	var put []latch.RegisteredWatch
	for _, change := range kept {
		put = append(put, *change.Watch())
	}
	return a.together(changes, func() error { return a.store.ApplyWatches(ctx, put, remove) })
}

func (a *applier) freezes(ctx context.Context, changes []*declared.Change) error {
	kept, remove := divide(changes)
	var put []latch.RegisteredFreeze
	for _, change := range kept {
		put = append(put, *change.Freeze())
	}
	return a.together(changes, func() error { return a.store.ApplyFreezes(ctx, put, remove) })
}

// divide returns the changes to write, and the ids to remove.
func divide(changes []*declared.Change) (kept []*declared.Change, removed []string) {
	for _, change := range changes {
		if change.Action == declared.Removed {
			removed = append(removed, change.ID)
			continue
		}
		kept = append(kept, change)
	}
	return kept, removed
}

// together makes several changes at once, if there are any.
func (a *applier) together(changes []*declared.Change, do func() error) error {
	if len(changes) == 0 {
		return nil
	}
	err := do()
	if err == nil {
		a.finished(changes...)
	}
	return err
}

func (a *applier) writeJobs(ctx context.Context) error {
	waves := declared.Waves(a.plan.Of(declared.Job, declared.Created, declared.Updated))
	return a.inWaves(ctx, waves, func(ctx context.Context, change *declared.Change) error {
		return refusedItem(change, a.store.ApplyJob(ctx, a.plan, change.Item()))
	})
}

// removeJobs removes followers before the jobs that they follow.
func (a *applier) removeJobs(ctx context.Context) error {
	waves := declared.Waves(a.plan.Of(declared.Job, declared.Removed))
	slices.Reverse(waves)
	return a.inWaves(ctx, waves, func(ctx context.Context, change *declared.Change) error {
		return a.store.RemoveJob(ctx, change.ID)
	})
}

// inWaves processes the jobs of each wave concurrently, one wave after another.
func (a *applier) inWaves(ctx context.Context, waves [][][]*declared.Change, do func(context.Context, *declared.Change) error) error {
	for _, wave := range waves {
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(jobWriters)
		for _, changes := range wave {
			group.Go(func() error {
				for _, change := range changes {
					if err := ctx.Err(); err != nil {
						return err
					}
					if err := do(ctx, change); err != nil {
						return err
					}
					a.finished(change)
				}
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
	}
	return nil
}

// refusedItem adds the file and the line to an error of the registry.
func refusedItem(change *declared.Change, err error) error {
	var refused *registry.RefusedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused):
		problems := change.Item().Locate(latch.Problems{{Path: refused.Field, Message: refused.Reason}})
		return failure.OfProblems(declared.Labelled(change.File, problems))
	default:
		return fmt.Errorf("%s: %w", change.File, err)
	}
}
