package rehearsal

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// A World replaces everything outside the worker. Its functions may be called concurrently.
type World struct {
	// Answer answers a request. Nothing is looked up or dialled, and no address is checked. Its
	// error is treated like a network error. [ErrNoAnswer] stands for an answer that takes
	// longer than the timeout of the webhook or the task.
	Answer func(*http.Request, Message) (*http.Response, error)
	// Now returns the time.
	Now func() time.Time
	// ScheduledAt returns when the current activity was scheduled.
	ScheduledAt time.Time
	// Pending returns the state of the asking run's activities.
	Pending func(protocol.PendingRequest) protocol.PendingAnswer
	// Webhooks, Freezes and Jobs are the registered ones.
	Webhooks []latch.RegisteredWebhook
	Freezes  []latch.RegisteredFreeze
	Jobs     []latch.Job
}

// A Message describes the purpose of a request.
type Message struct {
	// Delivery is the delivery of a webhook's request, and Attempt counts its attempts from 1.
	// They are nil and 0 for a task's request and for a token's.
	Delivery *protocol.WebhookRequest
	Attempt  int
	// Token reports that the request asks for an OAuth2 token.
	Token bool
	// Hide masks the secrets that the request may contain.
	Hide func(string) string
}

// ErrNoAnswer is the error of a request that is not answered in time.
var ErrNoAnswer = errors.New("no answer in time")

type key struct{}

// In returns a context whose activities use the world.
func In(ctx context.Context, world *World) context.Context {
	return context.WithValue(ctx, key{}, world)
}

// Of returns the world that replaces the real one, or nil.
func Of(ctx context.Context) *World {
	world, _ := ctx.Value(key{}).(*World)
	return world
}

// Now returns the time in the context's world.
func Now(ctx context.Context) time.Time {
	if world := Of(ctx); world != nil {
		return world.Now()
	}
	return time.Now()
}
