package activities

import (
	"context"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rehearsal"
)

// The SDK's test environment has no server. A rehearsal provides the server's answers.

// consultRehearsed is consult without a server.
func consultRehearsed(ctx context.Context, read *input, answer *protocol.Admission) {
	found := map[string]bool{}
	world := rehearsal.Of(ctx)
	if world != nil {
		for i := range world.Jobs {
			found[world.Jobs[i].ID] = true
		}
		read.attach(world.Webhooks, answer)
		if read.kind == latch.ReleaseKind {
			answer.Freezes = read.freezing(world.Freezes, answer.System)
		}
	}
	if len(read.named) > 0 {
		answer.Problems = answer.Problems.Merge(missing(read.named, found))
	}
}

// resolveRehearsed is Resolve without a server.
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

// pendingRehearsed is PendingAttempts without a server.
func pendingRehearsed(ctx context.Context, request protocol.PendingRequest) protocol.PendingAnswer {
	if world := rehearsal.Of(ctx); world != nil {
		return world.Pending(request)
	}
	return protocol.PendingAnswer{}
}
