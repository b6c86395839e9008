package backend

import (
	"context"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/freeze"
)

// Freezes registers freezes.
type Freezes interface {
	// Freezes lists the freezes of the task queue, each with its state.
	Freezes(ctx context.Context) ([]latch.RegisteredFreeze, error)
	// PutFreeze registers a freeze, or replaces the one with its id.
	PutFreeze(ctx context.Context, freeze latch.RegisteredFreeze) (*latch.RegisteredFreeze, error)
	// DeleteFreeze removes a freeze. It returns an error if no freeze has the id.
	DeleteFreeze(ctx context.Context, id string) error
}

// anyFreeze accepts any version of a freeze.
func anyFreeze(*latch.RegisteredFreeze) error { return nil }

// Freezes lists the freezes of the task queue.
func (t *Temporal) Freezes(ctx context.Context) ([]latch.RegisteredFreeze, error) {
	registered, err := t.registry.Freezes().List(ctx)
	if err != nil {
		return nil, err
	}
	shown := []latch.RegisteredFreeze{}
	for _, each := range registered {
		shown = append(shown, freeze.Shown(each, time.Now()))
	}
	return shown, nil
}

// PutFreeze registers the freeze.
func (t *Temporal) PutFreeze(ctx context.Context, registered latch.RegisteredFreeze) (*latch.RegisteredFreeze, error) {
	put, _, err := t.registry.Freezes().Put(ctx, registered, anyFreeze)
	if err != nil {
		return nil, err
	}
	shown := freeze.Shown(*put, time.Now())
	return &shown, nil
}

// DeleteFreeze removes the freeze.
func (t *Temporal) DeleteFreeze(ctx context.Context, id string) error {
	return t.registry.Freezes().Delete(ctx, id, anyFreeze)
}

// Freezes lists the freezes of the API's task queue.
func (a *API) Freezes(ctx context.Context) ([]latch.RegisteredFreeze, error) {
	list := struct{ Freezes []latch.RegisteredFreeze }{Freezes: []latch.RegisteredFreeze{}}
	err := a.failed(a.client.Freezes(ctx, &list), failure.Failed)
	return list.Freezes, err
}

// PutFreeze registers the freeze.
func (a *API) PutFreeze(ctx context.Context, registered latch.RegisteredFreeze) (*latch.RegisteredFreeze, error) {
	made := new(latch.RegisteredFreeze)
	return made, a.failed(a.client.PutFreeze(ctx, registered.ID, registered, made), failure.Failed)
}

// DeleteFreeze removes the freeze.
func (a *API) DeleteFreeze(ctx context.Context, id string) error {
	return a.failed(a.client.DeleteFreeze(ctx, id, ""), failure.Failed)
}
