package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rehearsal"
)

// keptEvery is how often a worker reports that it keeps deliveries, so that the endpoint is
// probed even if the workflow that does so was ended from outside.
const keptEvery = 10 * time.Second

// keptBack says why a delivery is kept instead of sent: the endpoint of its registered webhook
// is disabled. It returns "" for a delivery that is sent, and for a hook that holds or decides
// something: a gate must not open because its endpoint was not asked.
func (a *Activities) keptBack(ctx context.Context, send *protocol.Send) string {
	if !send.Registered || send.Probe || isGate(send) {
		return ""
	}
	webhook := a.recently(ctx, send)
	if webhook == nil || webhook.Health == nil || !webhook.Endpoint.Disabled() {
		return ""
	}
	info := activity.GetInfo(ctx)
	key := endpointKey{info.Namespace, a.homeQueue(ctx), webhook.ID}
	if a.endpoints.keeps(key) {
		kept := &protocol.KeptDelivery{DeliveryID: send.Record.DeliveryID, WorkflowID: send.Record.WorkflowID, RunID: send.Record.RunID, At: send.Record.StartedAt}
		a.endpoints.report(ctx, key, protocol.Report{Kept: kept}, a.signalEndpoint(ctx, key))
	}
	return "not sent: " + webhook.Endpoint.Describe() + "; it can be sent later"
}

// isGate reports whether the run that fired the delivery waits for it.
func isGate(send *protocol.Send) bool {
	return !send.Carried && (send.Request.Event.Blocking || send.Question != nil && send.Question.Decides)
}

// keptOutcome returns the outcome of a delivery that is kept after the given number of
// attempts.
func keptOutcome(ctx context.Context, reason string, attempts int, known memory) protocol.Outcome {
	return protocol.Outcome{Kept: true, Withdrawn: true, Error: reason, Attempts: attempts, Tries: known.Tries,
		CompletedAt: latch.NewTime(rehearsal.Now(ctx))}
}
