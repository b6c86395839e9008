package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/delivery"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/registry"
)

// longestEndpointError bounds the stored text of an endpoint's last error, in bytes.
const longestEndpointError = 500

// Observe reads a registered webhook for latch.Endpoint, and writes the state of its endpoint.
func (a *Activities) Observe(ctx context.Context, observation protocol.Observation) (protocol.Observed, error) {
	store := a.registryOf(ctx)
	if store == nil {
		return protocol.Observed{}, nil
	}
	var seen protocol.Observed
	look := func(webhook *latch.RegisteredWebhook) {
		seen = protocol.Observed{State: webhook.Endpoint}
		if webhook.IsEnabled() {
			seen.Health = webhook.Health
		}
	}
	var err error
	if observation.Look {
		var webhook *latch.RegisteredWebhook
		if webhook, err = store.Webhooks().Get(ctx, observation.Webhook); err == nil {
			look(webhook)
		}
	} else {
		err = store.Webhooks().Observe(ctx, observation.Webhook, func(webhook *latch.RegisteredWebhook) (*latch.EndpointState, bool) {
			look(webhook)
			if webhook.Health == nil {
				return nil, webhook.Endpoint != nil
			}
			state := registry.WithProbe(observation.State, webhook.Endpoint, time.Now())
			return state, !same(state, webhook.Endpoint)
		})
	}
	if errors.Is(err, registry.ErrUnknown) {
		return protocol.Observed{}, nil
	}
	if err != nil {
		return protocol.Observed{}, registryError(fmt.Errorf("observe the endpoint of webhook %q: %w", observation.Webhook, err))
	}
	return seen, nil
}

func same(a, b *latch.EndpointState) bool { return string(encode(a)) == string(encode(b)) }

// isEndpoints reports whether the endpoint caused a failed attempt: it was unreachable, or
// answered with an unsuccessful status. An attempt that could not be rendered, signed or sent
// says nothing about the endpoint.
func isEndpoints(err error) bool {
	var unreachable *delivery.UnreachableError
	var status *delivery.StatusError
	return errors.As(err, &unreachable) || errors.As(err, &status)
}

// report reports the outcome of an attempt to the workflow that counts, if the webhook is
// registered with a health. It returns once Temporal has it, so that a dying worker loses no
// count of an attempt whose outcome is recorded.
func (a *Activities) report(ctx context.Context, send *protocol.Send, err error, at time.Time) {
	if !send.Registered || err != nil && !isEndpoints(err) {
		return
	}
	webhook := a.recently(ctx, send)
	if webhook == nil || webhook.Health == nil {
		return
	}
	info := activity.GetInfo(ctx)
	key := endpointKey{info.Namespace, a.homeQueue(ctx), webhook.ID}
	if err == nil {
		if webhook.Endpoint != nil || a.endpoints.isFailing(key) {
			a.endpoints.report(ctx, key, protocol.Report{Delivered: true, At: latch.NewTime(at)}, a.signalEndpoint(ctx, key))
		}
		return
	}
	a.endpoints.report(ctx, key, protocol.Report{Failed: 1, Since: latch.NewTime(at), At: latch.NewTime(at),
		Error: excerpt.Of(err.Error(), longestEndpointError)}, a.signalEndpoint(ctx, key))
}

// recently reads the registered webhook of a delivery, at most a second old. It returns nil if
// the webhook was deleted or cannot be read.
func (a *Activities) recently(ctx context.Context, send *protocol.Send) *latch.RegisteredWebhook {
	store := a.registryOf(ctx)
	if store == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), renewTimeout)
	defer cancel()
	webhook, err := store.Webhooks().Recently(ctx, send.Request.Webhook.ID)
	if err != nil {
		return nil
	}
	return webhook
}

// signalEndpoint returns a function that signals a report to the workflow that counts, and
// starts that workflow if it does not run.
func (a *Activities) signalEndpoint(ctx context.Context, key endpointKey) func(context.Context, protocol.Report) error {
	temporal := activity.GetClient(ctx)
	return func(ctx context.Context, report protocol.Report) error {
		_, err := temporal.SignalWithStartWorkflow(ctx, protocol.EndpointID(key.taskQueue, key.webhook), protocol.SignalReport, report,
			client.StartWorkflowOptions{TaskQueue: key.taskQueue, StaticSummary: excerpt.Of("Endpoint of "+key.webhook, 190)},
			latch.WorkflowEndpoint, protocol.Endpoint{Webhook: key.webhook})
		return err
	}
}
