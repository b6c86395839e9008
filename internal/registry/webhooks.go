package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/latch-run/latch"
)

// MaximumWebhooks bounds the registered webhooks of a task queue: every run
// receives those that apply to it.
const MaximumWebhooks = 200

// lately bounds the age of the result of [Webhooks.Lately]. Any number of
// callers cause at most twenty reads a second, and changes take effect almost
// at once.
const lately = 50 * time.Millisecond

// recently bounds the age of the result of [Webhooks.Recently].
const recently = time.Second

// Webhooks are the registered webhooks that apply to the runs of a task queue.
// A run takes them as it begins, so a change takes effect for runs that begin
// after it, and for redeliveries.
type Webhooks struct {
	shelf *Shelf[[]latch.RegisteredWebhook]
}

// Webhooks returns the registered webhooks of the store's task queue.
func (s *Store) Webhooks() *Webhooks { return s.webhooks }

func newWebhooks(store *Store) *Webhooks {
	return &Webhooks{newShelf[[]latch.RegisteredWebhook](store, "latch-webhooks-"+store.taskQueue, "registered webhooks of task queue "+store.taskQueue)}
}

// List returns the current webhooks, oldest first.
func (w *Webhooks) List(ctx context.Context) ([]latch.RegisteredWebhook, error) {
	return w.shelf.Read(ctx)
}

// ListWithin is [Webhooks.List] as of at most so long ago.
func (w *Webhooks) ListWithin(ctx context.Context, age time.Duration) ([]latch.RegisteredWebhook, error) {
	return w.shelf.ReadWithin(ctx, age)
}

// Get returns a webhook. Its error is ErrUnknown if none has the id.
func (w *Webhooks) Get(ctx context.Context, id string) (*latch.RegisteredWebhook, error) {
	all, err := w.List(ctx)
	return among(all, id, err)
}

// Lately is [Webhooks.Get] for frequent callers: its result may be a twentieth
// of a second old, or up to a second while Temporal is slow to answer.
func (w *Webhooks) Lately(ctx context.Context, id string) (*latch.RegisteredWebhook, error) {
	age := w.shelf.reads.unhurried(lately, recently)
	if age > lately {
		w.shelf.reads.ahead(age)
	}
	all, err := w.shelf.ReadWithin(ctx, age)
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

// Create adds a webhook. Its error is ErrExists if the id is taken.
func (w *Webhooks) Create(ctx context.Context, webhook latch.RegisteredWebhook) (*latch.RegisteredWebhook, error) {
	webhook.CreatedAt = latch.NewTime(time.Now())
	webhook.UpdatedAt = webhook.CreatedAt
	return &webhook, w.shelf.Change(ctx, func(all []latch.RegisteredWebhook) ([]latch.RegisteredWebhook, error) {
		switch {
		case find(all, webhook.ID) >= 0:
			return nil, aboutWebhook(webhook.ID, ErrExists)
		case len(all) >= MaximumWebhooks:
			return nil, &RefusedError{Reason: fmt.Sprintf("there are %d registered webhooks already, which is the limit", len(all))}
		}
		return append(slices.Clone(all), webhook), nil
	})
}

// Update changes a webhook: it calls change with the latest version. Its error
// is ErrUnknown if none has the id.
func (w *Webhooks) Update(ctx context.Context, id string, change func(*latch.RegisteredWebhook) error) (*latch.RegisteredWebhook, error) {
	var changed latch.RegisteredWebhook
	err := w.change(ctx, []string{id}, func(all []latch.RegisteredWebhook) ([]latch.RegisteredWebhook, error) {
		at := find(all, id)
		if at < 0 {
			return nil, aboutWebhook(id, ErrUnknown)
		}
		changed = all[at]
		if err := change(&changed); err != nil {
			return nil, err
		}
		now := time.Now()
		changed.ID, changed.CreatedAt, changed.UpdatedAt = id, all[at].CreatedAt, latch.NewTime(now)
		changed.Endpoint = endpointAfter(&all[at], &changed, now)
		after := slices.Clone(all)
		after[at] = changed
		return after, nil
	})
	return &changed, err
}

// Recently is [Webhooks.Lately] with a result up to a second old. It costs a
// worker that starts many runs almost nothing.
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

// Put writes several webhooks and removes others, in one write: a run sees all
// of it or nothing.
func (w *Webhooks) Put(ctx context.Context, put []latch.RegisteredWebhook, remove []string) error {
	ids := slices.Clone(remove)
	for i := range put {
		ids = append(ids, put[i].ID)
	}
	return w.change(ctx, ids, func(all []latch.RegisteredWebhook) ([]latch.RegisteredWebhook, error) {
		began := time.Now()
		now := latch.NewTime(began)
		after := slices.DeleteFunc(slices.Clone(all), func(w latch.RegisteredWebhook) bool { return slices.Contains(remove, w.ID) })
		for _, webhook := range put {
			webhook.CreatedAt, webhook.UpdatedAt = now, now
			if at := find(after, webhook.ID); at >= 0 {
				webhook.CreatedAt, webhook.Endpoint = after[at].CreatedAt, endpointAfter(&after[at], &webhook, began)
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

// Delete removes a webhook, unless check returns an error for it. Runs in
// progress keep using it for what they send for the first time.
func (w *Webhooks) Delete(ctx context.Context, id string, check func(*latch.RegisteredWebhook) error) error {
	return w.change(ctx, []string{id}, func(all []latch.RegisteredWebhook) ([]latch.RegisteredWebhook, error) {
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
