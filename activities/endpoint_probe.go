package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/deliveries"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/trial"
	"github.com/latch-run/latch/internal/vars"
)

// logOf returns the log of the deliveries in the activity's namespace.
func (a *Activities) logOf(ctx context.Context) *deliveries.Log {
	temporal := activity.GetClient(ctx)
	return deliveries.New(deliveries.Options{
		Client: temporal, Namespace: activity.GetInfo(ctx).Namespace, Identity: "latch-worker", DataConverter: a.dataConverter(),
	})
}

// Probe probes a disabled endpoint, with the first kept delivery, which a successful probe
// delivers, or otherwise with a made-up event.
func (a *Activities) Probe(ctx context.Context, request protocol.ProbeRequest) (protocol.ProbeAnswer, error) {
	stop := beat(ctx, 5*time.Second)
	defer stop()
	store := a.registryOf(ctx)
	if store == nil {
		return protocol.ProbeAnswer{}, nil
	}
	webhook, err := store.Webhooks().Get(ctx, request.Webhook)
	if errors.Is(err, registry.ErrUnknown) {
		return protocol.ProbeAnswer{}, nil
	}
	if err != nil {
		return protocol.ProbeAnswer{}, registryError(err)
	}
	if kept := request.Kept; kept != nil {
		sent, err := a.logOf(ctx).Probe(ctx, *kept)
		if err == nil && sent {
			return protocol.ProbeAnswer{Sent: kept.DeliveryID}, nil
		}
		activity.GetLogger(ctx).Info("an endpoint is tried with a made-up event", "webhook", request.Webhook, "delivery", kept.DeliveryID, "error", err)
	}
	return a.tryMadeUp(ctx, webhook)
}

// tryMadeUp sends a made-up event, like a test of the webhook.
func (a *Activities) tryMadeUp(ctx context.Context, webhook *latch.RegisteredWebhook) (protocol.ProbeAnswer, error) {
	settings := webhook.EventSettings()
	if len(settings) == 0 || !webhook.HasURL() {
		return protocol.ProbeAnswer{}, nil
	}
	info := activity.GetInfo(ctx)
	system := vars.NewSystem(a.options.FQDN, a.options.Environment, info.Namespace, info.TaskQueue)
	hook := &trial.Hook{File: trial.Around([]latch.Webhook{webhook.Webhook}, settings[0].Event), Webhook: &webhook.Webhook, Settings: settings[0]}
	request, err := hook.Request(hook.Variables(system), func(string) string { return "" })
	if err != nil {
		return protocol.ProbeAnswer{}, fmt.Errorf("make up an event for webhook %q: %w", webhook.ID, err)
	}
	made, err := a.options.Sender.Send(context.WithoutCancel(ctx), request, 1)
	if err != nil && !isEndpoints(err) {
		return protocol.ProbeAnswer{}, err
	}
	at := latch.NewTime(made.CompletedAt)
	if err == nil {
		return protocol.ProbeAnswer{Report: protocol.Report{Delivered: true, At: at}}, nil
	}
	return protocol.ProbeAnswer{Report: protocol.Report{Failed: 1, Since: at, At: at, Error: excerpt.Of(err.Error(), longestEndpointError)}}, nil
}
