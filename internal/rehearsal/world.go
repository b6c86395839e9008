package rehearsal

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// A World stands in the place of what is outside the worker. All of its
// functions are called side by side.
type World struct {
	// Answer answers a request. Nothing is looked up or dialled, and no address
	// is checked. Its error is treated as the network's; [ErrNoAnswer] is an
	// answer that takes longer than the webhook or the task waits.
	Answer func(*http.Request, Message) (*http.Response, error)
	// Now is the time.
	Now func() time.Time
	// ScheduledAt is when the activity under way was scheduled.
	ScheduledAt time.Time
	// Pending returns where activities of the run that asks stand.
	Pending func(protocol.PendingRequest) protocol.PendingAnswer
	// Webhooks and Jobs are registered.
	Webhooks []latch.RegisteredWebhook
	Jobs     []latch.Job
}

// A Message is what a request is sent for.
type Message struct {
	// Delivery is what a webhook's request delivers, and Attempt counts its
	// attempts from 1; nil and 0 for a task's request and for a token's.
	Delivery *protocol.WebhookRequest
	Attempt  int
	// Token reports that the request asks for an OAuth2 token.
	Token bool
	// Hide masks the secrets that the request may have.
	Hide func(string) string
}

// ErrNoAnswer is the error of a request that is not answered in time.
var ErrNoAnswer = errors.New("no answer in time")

type key struct{}

// In returns a context whose activities act in the world.
func In(ctx context.Context, world *World) context.Context {
	return context.WithValue(ctx, key{}, world)
}

// Of returns the world that stands in the place of the real one; nil in the
// real one.
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
