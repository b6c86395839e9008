package activities

import (
	"context"

	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rehearsal"
)

// In the SDK's test environment there is no server. What a rehearsal knows counts
// as if the server had told it.

// consultRehearsed is consult where there is no server.
func consultRehearsed(ctx context.Context, read *input, answer *protocol.Admission) {
	found := map[string]bool{}
	world := rehearsal.Of(ctx)
	if world != nil {
		for i := range world.Jobs {
			found[world.Jobs[i].ID] = true
		}
		read.attach(world.Webhooks, answer)
	}
	if len(read.named) > 0 {
		answer.Problems = answer.Problems.Merge(missing(read.named, found))
	}
}

// resolveRehearsed is Resolve where there is no server.
func resolveRehearsed(ctx context.Context, id string) protocol.ResolveAnswer {
	if world := rehearsal.Of(ctx); world != nil {
		for i := range world.Jobs {
			if world.Jobs[i].ID == id {
				return protocol.ResolveAnswer{Definition: &protocol.Definition{ID: id, Job: &world.Jobs[i]}}
			}
		}
	}
	return protocol.ResolveAnswer{}
}

// pendingRehearsed is PendingAttempts where there is no server.
func pendingRehearsed(ctx context.Context, request protocol.PendingRequest) protocol.PendingAnswer {
	if world := rehearsal.Of(ctx); world != nil {
		return world.Pending(request)
	}
	return protocol.PendingAnswer{}
}
