package registry

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/latch-run/latch"
)

// MaximumFreezes bounds the freezes of a task queue: every release receives those that apply to it.
const MaximumFreezes = 100

// Freezes are the freezes that apply to the releases of a task queue. A release takes them as it
// begins, so a change takes effect for releases that begin after it.
type Freezes struct {
	shelf *Shelf[[]latch.RegisteredFreeze]
}

// Freezes returns the freezes of the store's task queue.
func (s *Store) Freezes() *Freezes { return s.freezes }

func newFreezes(store *Store) *Freezes {
	return &Freezes{newShelf[[]latch.RegisteredFreeze](store, "latch-freezes-"+store.taskQueue, "freezes of task queue "+store.taskQueue)}
}

// List returns the current freezes, oldest first.
func (f *Freezes) List(ctx context.Context) ([]latch.RegisteredFreeze, error) {
	return f.shelf.Read(ctx)
}

// ListWithin is [Freezes.List] as of at most so long ago.
func (f *Freezes) ListWithin(ctx context.Context, age time.Duration) ([]latch.RegisteredFreeze, error) {
	return f.shelf.ReadWithin(ctx, age)
}

// Get returns a freeze. Its error is ErrUnknown if none has the id.
func (f *Freezes) Get(ctx context.Context, id string) (*latch.RegisteredFreeze, error) {
	all, err := f.List(ctx)
	if err != nil {
		return nil, err
	}
	at := findFreeze(all, id)
	if at < 0 {
		return nil, aboutFreeze(id, ErrUnknown)
	}
	return &all[at], nil
}

// Put registers a freeze, or replaces the one with its id, unless check, called with the current
// one or nil, returns an error. It returns the freeze, and whether it is new.
func (f *Freezes) Put(ctx context.Context, freeze latch.RegisteredFreeze,
	check func(*latch.RegisteredFreeze) error) (*latch.RegisteredFreeze, bool, error) {
	created := false
	err := f.shelf.Change(ctx, func(all []latch.RegisteredFreeze) ([]latch.RegisteredFreeze, error) {
		at := findFreeze(all, freeze.ID)
		created = at < 0
		var before *latch.RegisteredFreeze
		if !created {
			before = &all[at]
		}
		if err := check(before); err != nil {
			return nil, err
		}
		return withFreeze(all, &freeze)
	})
	return &freeze, created, err
}

// withFreeze returns the freezes with one more, whose times it sets.
func withFreeze(all []latch.RegisteredFreeze, freeze *latch.RegisteredFreeze) ([]latch.RegisteredFreeze, error) {
	after := slices.Clone(all)
	freeze.State, freeze.UpdatedAt = nil, latch.NewTime(time.Now())
	if at := findFreeze(after, freeze.ID); at >= 0 {
		freeze.CreatedAt = after[at].CreatedAt
		after[at] = *freeze
		return after, nil
	}
	if len(after) >= MaximumFreezes {
		return nil, &RefusedError{Reason: fmt.Sprintf("there are %d freezes already, which is the limit", len(after))}
	}
	freeze.CreatedAt = freeze.UpdatedAt
	return append(after, *freeze), nil
}

// PutAll writes several freezes and removes others, in one write: a release sees all of it or
// nothing.
func (f *Freezes) PutAll(ctx context.Context, put []latch.RegisteredFreeze, remove []string) error {
	return f.shelf.Change(ctx, func(all []latch.RegisteredFreeze) (after []latch.RegisteredFreeze, err error) {
		after = slices.DeleteFunc(slices.Clone(all), func(f latch.RegisteredFreeze) bool { return slices.Contains(remove, f.ID) })
		for _, freeze := range put {
			if after, err = withFreeze(after, &freeze); err != nil {
				return nil, err
			}
		}
		return after, nil
	})
}

// Delete removes a freeze, unless check returns an error for it. Releases that it holds stay held.
func (f *Freezes) Delete(ctx context.Context, id string, check func(*latch.RegisteredFreeze) error) error {
	return f.shelf.Change(ctx, func(all []latch.RegisteredFreeze) ([]latch.RegisteredFreeze, error) {
		at := findFreeze(all, id)
		if at < 0 {
			return nil, aboutFreeze(id, ErrUnknown)
		}
		if err := check(&all[at]); err != nil {
			return nil, err
		}
		return slices.Delete(slices.Clone(all), at, at+1), nil
	})
}

func findFreeze(all []latch.RegisteredFreeze, id string) int {
	return slices.IndexFunc(all, func(f latch.RegisteredFreeze) bool { return f.ID == id })
}

func aboutFreeze(id string, err error) error { return fmt.Errorf("freeze %q: %w", id, err) }
