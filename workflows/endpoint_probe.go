package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch/internal/protocol"
)

// probeLimit bounds finding and sending the delivery or event for a probe.
const probeLimit = 5 * time.Minute

// probe probes a disabled endpoint once. A delivery that it sends reports like any other.
func (e *endpoint) probe(ctx workflow.Context) error {
	if _, err := e.look(ctx); err != nil || e.State == nil {
		return err
	}
	e.planProbe(ctx)
	if err := e.write(ctx); err != nil {
		return err
	}
	probing := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: probeLimit,
		HeartbeatTimeout:    sendHeartbeat,
		RetryPolicy:         &temporal.RetryPolicy{MaximumAttempts: 1},
		Summary:             "Try the endpoint of " + e.Webhook,
	})
	var answer protocol.ProbeAnswer
	request := protocol.ProbeRequest{Webhook: e.Webhook, Kept: e.Kept}
	if err := workflow.ExecuteActivity(probing, protocol.ActivityProbe, request).Get(ctx, &answer); err != nil {
		workflow.GetLogger(ctx).Warn("an endpoint could not be tried; it is tried again later", "webhook", e.Webhook, "error", err)
		return nil
	}
	return e.take(ctx, answer.Report)
}
