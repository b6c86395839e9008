package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/latch-run/latch"
)

// MaximumWebhooks bounds the webhooks that stand by themselves, for each task
// queue: every run is told of those that apply to it.
const MaximumWebhooks = 200

// lately is how old what [Webhooks.Lately] returns may be: however many ask, they
// cost twenty readings a second, and a change counts at once.
const lately = 50 * time.Millisecond

// recently is how old what [Webhooks.Recently] returns may be.
const recently = time.Second

// Webhooks are those that stand by themselves and apply to the runs of a task
// queue. A run takes those that apply to it as it begins: a change counts for
// runs that begin after it, and for deliveries that are tried again.
type Webhooks struct {
	shelf *Shelf[[]latch.RegisteredWebhook]
}

// Webhooks returns those of the store's task queue.
func (s *Store) Webhooks() *Webhooks { return s.webhooks }

func newWebhooks(store *Store) *Webhooks {
	return &Webhooks{newShelf[[]latch.RegisteredWebhook](store, "latch-webhooks-"+store.taskQueue, "registered webhooks of task queue "+store.taskQueue)}
}

// List returns them as they are now, in the order in which they were made.
func (w *Webhooks) List(ctx context.Context) ([]latch.RegisteredWebhook, error) {
	return w.shelf.Read(ctx)
}

// Get returns a webhook. Its error is ErrUnknown if none has the id.
func (w *Webhooks) Get(ctx context.Context, id string) (*latch.RegisteredWebhook, error) {
	all, err := w.List(ctx)
	return among(all, id, err)
}

// Lately is [Webhooks.Get] for callers who ask often: what it returns may be a
// twentieth of a second old.
func (w *Webhooks) Lately(ctx context.Context, id string) (*latch.RegisteredWebhook, error) {
	all, err := w.shelf.ReadWithin(ctx, lately)
	return among(all, id, err)
}

func among(all []latch.RegisteredWebhook, id string, err error) (*latch.RegisteredWebhook, error) {
	if err != nil {
		return nil, err
	}
	at := find(all, id)
	if at < 0 {
		return nil, aboutWebhook(id, ErrUnknown)
	}
	return &all[at], nil
}

// Create adds one. Its error is ErrExists where there is one of that id.
func (w *Webhooks) Create(ctx context.Context, webhook latch.RegisteredWebhook) (*latch.RegisteredWebhook, error) {
	webhook.CreatedAt = latch.NewTime(time.Now())
	webhook.UpdatedAt = webhook.CreatedAt
	return &webhook, w.shelf.Change(ctx, func(all []latch.RegisteredWebhook) ([]latch.RegisteredWebhook, error) {
		switch {
		case find(all, webhook.ID) >= 0:
			return nil, aboutWebhook(webhook.ID, ErrExists)
		case len(all) >= MaximumWebhooks:
			return nil, &RefusedError{Reason: fmt.Sprintf("there are %d registered webhooks already, and no more are kept", len(all))}
		}
		return append(slices.Clone(all), webhook), nil
	})
}

// Update changes a webhook: change is called with it as it is. Its error is
// ErrUnknown if none has the id.
func (w *Webhooks) Update(ctx context.Context, id string, change func(*latch.RegisteredWebhook) error) (*latch.RegisteredWebhook, error) {
	var changed latch.RegisteredWebhook
	err := w.shelf.Change(ctx, func(all []latch.RegisteredWebhook) ([]latch.RegisteredWebhook, error) {
		at := find(all, id)
		if at < 0 {
			return nil, aboutWebhook(id, ErrUnknown)
		}
		changed = all[at]
		if err := change(&changed); err != nil {
			return nil, err
		}
		changed.ID, changed.CreatedAt, changed.UpdatedAt = id, all[at].CreatedAt, latch.NewTime(time.Now())
		changed.Endpoint = endpointAfter(&all[at], &changed)
		after := slices.Clone(all)
		after[at] = changed
		return after, nil
	})
	return &changed, err
}

// endpointAfter returns what is known of the endpoint once the webhook has changed: nil
// where nobody counts any more, or the count begins anew.
func endpointAfter(before, changed *latch.RegisteredWebhook) *latch.EndpointState {
	if changed.Health == nil || changed.IsEnabled() && !before.IsEnabled() {
		return nil
	}
	return before.Endpoint
}

// Recently is [Webhooks.Lately], as of at most a second ago: it costs next to
// nothing on a worker that begins runs.
func (w *Webhooks) Recently(ctx context.Context, id string) (*latch.RegisteredWebhook, error) {
	all, err := w.shelf.ReadWithin(ctx, recently)
	return among(all, id, err)
}

// RecentList is [Webhooks.List], as of at most a second ago.
func (w *Webhooks) RecentList(ctx context.Context) ([]latch.RegisteredWebhook, error) {
	return w.shelf.ReadWithin(ctx, recently)
}

// Observe writes what is known of a webhook's endpoint: observe is called with the
// webhook as it is, and returns the state to write and whether that differs. It is
// no change of the webhook. The error is ErrUnknown if none has the id.
func (w *Webhooks) Observe(ctx context.Context, id string, observe func(*latch.RegisteredWebhook) (*latch.EndpointState, bool)) error {
	err := w.shelf.Change(ctx, func(all []latch.RegisteredWebhook) ([]latch.RegisteredWebhook, error) {
		at := find(all, id)
		if at < 0 {
			return nil, aboutWebhook(id, ErrUnknown)
		}
		state, differs := observe(&all[at])
		if !differs {
			return nil, errSame
		}
		after := slices.Clone(all)
		after[at].Endpoint = state
		return after, nil
	})
	if errors.Is(err, errSame) {
		return nil
	}
	return err
}

// errSame ends a change that would change nothing.
var errSame = errors.New("nothing differs")

// Put writes several webhooks and removes others, all at once: a run sees either none
// of it or all.
func (w *Webhooks) Put(ctx context.Context, put []latch.RegisteredWebhook, remove []string) error {
	return w.shelf.Change(ctx, func(all []latch.RegisteredWebhook) ([]latch.RegisteredWebhook, error) {
		now := latch.NewTime(time.Now())
		after := slices.DeleteFunc(slices.Clone(all), func(w latch.RegisteredWebhook) bool { return slices.Contains(remove, w.ID) })
		for _, webhook := range put {
			webhook.CreatedAt, webhook.UpdatedAt = now, now
			if at := find(after, webhook.ID); at >= 0 {
				webhook.CreatedAt, webhook.Endpoint = after[at].CreatedAt, endpointAfter(&after[at], &webhook)
				after[at] = webhook
				continue
			}
			after = append(after, webhook)
		}
		if len(after) > MaximumWebhooks && len(after) > len(all) {
			return nil, &RefusedError{Reason: fmt.Sprintf("there would be %d registered webhooks; at most %d are kept", len(after), MaximumWebhooks)}
		}
		return after, nil
	})
}

// Delete removes one, unless check, called with it as it is, returns an error. Runs
// under way keep it for what they send for the first time.
func (w *Webhooks) Delete(ctx context.Context, id string, check func(*latch.RegisteredWebhook) error) error {
	return w.shelf.Change(ctx, func(all []latch.RegisteredWebhook) ([]latch.RegisteredWebhook, error) {
		at := find(all, id)
		if at < 0 {
			return nil, aboutWebhook(id, ErrUnknown)
		}
		if err := check(&all[at]); err != nil {
			return nil, err
		}
		return slices.Delete(slices.Clone(all), at, at+1), nil
	})
}

func find(all []latch.RegisteredWebhook, id string) int {
	return slices.IndexFunc(all, func(w latch.RegisteredWebhook) bool { return w.ID == id })
}

func aboutWebhook(id string, err error) error { return fmt.Errorf("webhook %q: %w", id, err) }
