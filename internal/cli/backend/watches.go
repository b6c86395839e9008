package backend

import (
	"context"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/registry"
)

// Watches registers watches.
type Watches interface {
	// Watches lists the watches, without credentials.
	Watches(ctx context.Context) ([]latch.RegisteredWatch, error)
	// PutWatch registers a watch, or replaces the one with its id.
	PutWatch(ctx context.Context, watch latch.RegisteredWatch) (*latch.RegisteredWatch, error)
	// DeleteWatch removes a watch. It returns an error if no watch has the id.
	DeleteWatch(ctx context.Context, id string) error
}

// unchecked accepts any version of a watch.
func unchecked(*latch.RegisteredWatch) error { return nil }

// Watches lists the watches of the namespace without credentials.
func (t *Temporal) Watches(ctx context.Context) ([]latch.RegisteredWatch, error) {
	registered, err := t.registry.Watches().List(ctx)
	if err != nil {
		return nil, err
	}
	shown := []latch.RegisteredWatch{}
	for _, watch := range registered {
		shown = append(shown, registry.ShownWatch(watch))
	}
	return shown, nil
}

// PutWatch registers the watch.
func (t *Temporal) PutWatch(ctx context.Context, watch latch.RegisteredWatch) (*latch.RegisteredWatch, error) {
	put, _, err := t.registry.Watches().Put(ctx, watch, unchecked)
	return put, err
}

// DeleteWatch removes the watch.
func (t *Temporal) DeleteWatch(ctx context.Context, id string) error {
	return t.registry.Watches().Delete(ctx, id, unchecked)
}

// Watches lists the watches of the API's namespace.
func (a *API) Watches(ctx context.Context) ([]latch.RegisteredWatch, error) {
	list := struct{ Watches []latch.RegisteredWatch }{Watches: []latch.RegisteredWatch{}}
	err := a.failed(a.client.Watches(ctx, &list), failure.Failed)
	return list.Watches, err
}

// PutWatch registers the watch.
func (a *API) PutWatch(ctx context.Context, watch latch.RegisteredWatch) (*latch.RegisteredWatch, error) {
	made := new(latch.RegisteredWatch)
	return made, a.failed(a.client.PutWatch(ctx, watch.ID, watch, made), failure.Failed)
}

// DeleteWatch removes the watch.
func (a *API) DeleteWatch(ctx context.Context, id string) error {
	return a.failed(a.client.DeleteWatch(ctx, id, ""), failure.Failed)
}
