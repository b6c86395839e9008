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
	return a.inParts(changes, func(kept []*declared.Change, remove []string) error {
		var put []registry.Tag
		for _, change := range kept {
			put = append(put, registry.Tag{Name: change.ID, ManagedBy: a.plan.Owner})
		}
		return a.store.ApplyTags(ctx, put, remove)
	})
}

func (a *applier) webhooks(ctx context.Context, changes []*declared.Change) error {
	return a.inParts(changes, func(kept []*declared.Change, remove []string) error {
		var put []latch.RegisteredWebhook
		for _, change := range kept {
			put = append(put, *change.Webhook())
		}
		return a.store.ApplyWebhooks(ctx, put, remove)
	})
}

func (a *applier) watches(ctx context.Context, changes []*declared.Change) error {
	return a.inParts(changes, func(kept []*declared.Change, remove []string) error {
		var put []latch.RegisteredWatch
		for _, change := range kept {
			put = append(put, *change.Watch())
		}
		return a.store.ApplyWatches(ctx, put, remove)
	})
}

func (a *applier) freezes(ctx context.Context, changes []*declared.Change) error {
	return a.inParts(changes, func(kept []*declared.Change, remove []string) error {
		var put []latch.RegisteredFreeze
		for _, change := range kept {
			put = append(put, *change.Freeze())
		}
		return a.store.ApplyFreezes(ctx, put, remove)
	})
}

// inParts makes all changes in one write, or, where each is a write of its own, one after another:
// first those that make room.
func (a *applier) inParts(changes []*declared.Change, do func(kept []*declared.Change, remove []string) error) error {
	parts := [][]*declared.Change{changes}
	if !a.store.Together() {
		removals, others := parted(changes)
		parts = slices.Collect(slices.Chunk(append(removals, others...), 1))
	}
	for _, part := range parts {
		removals, kept := parted(part)
		var remove []string
		for _, change := range removals {
			remove = append(remove, change.ID)
		}
		if len(part) == 0 {
			continue
		}
		if err := do(kept, remove); err != nil {
			if len(part) == 1 && len(kept) == 1 {
				err = refusedItem(kept[0], err)
			}
			return err
		}
		a.finished(part...)
	}
	return nil
}

// parted returns the removals among the changes, and the others.
func parted(changes []*declared.Change) (removals, others []*declared.Change) {
	for _, change := range changes {
		if change.Action == declared.Removed {
			removals = append(removals, change)
			continue
		}
		others = append(others, change)
	}
	return removals, others
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

// refusedItem adds the file and the line to an error of the registry, or of the API.
func refusedItem(change *declared.Change, err error) error {
	var refused *registry.RefusedError
	var failed *failure.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused):
		problems := change.Item().Locate(latch.Problems{{Path: refused.Field, Message: refused.Reason}})
		return failure.OfProblems(declared.Labelled(change.File, problems))
	case errors.As(err, &failed) && len(failed.Problems) > 0:
		return failure.OfProblems(declared.Labelled(change.File, change.Item().Locate(failed.Problems)))
	default:
		return fmt.Errorf("%s: %w", change.File, err)
	}
}
