package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs"
)

// triedAfter is how long after a change of the webhook a disabled endpoint is tried: all workers have
// read the change by then.
const triedAfter = 2 * recently

// endpointAfter returns the state of the endpoint after a change of the webhook. It is nil if
// failed attempts are no longer counted, or are counted anew. A disabled endpoint is tried soon
// if the webhook itself changes, which may have mended it, and one interval from now if the interval
// of its probes changes.
func endpointAfter(before, changed *latch.RegisteredWebhook, now time.Time) *latch.EndpointState {
	switch {
	case changed.Health == nil || changed.IsEnabled() && !before.IsEnabled():
		return nil
	case !before.Endpoint.Disabled() || !changed.IsEnabled():
		return before.Endpoint
	case !sameWebhook(&before.Webhook, &changed.Webhook):
		return probedAt(before.Endpoint, now.Add(triedAfter))
	case probeInterval(before.Health) != probeInterval(changed.Health):
		return probedAt(before.Endpoint, now.Add(probeInterval(changed.Health)))
	default:
		return before.Endpoint
	}
}

// sameWebhook reports whether nothing differs in the webhooks. One that cannot be encoded equals
// none.
func sameWebhook(a, b *latch.Webhook) bool {
	left, failed := json.Marshal(a)
	right, alsoFailed := json.Marshal(b)
	return failed == nil && alsoFailed == nil && bytes.Equal(left, right)
}

func probeInterval(health *latch.Health) time.Duration {
	if health == nil {
		return 0
	}
	return time.Duration(latch.WithDefaults(*health).Probe)
}

// probedAt returns the state with another time of the next probe.
func probedAt(state *latch.EndpointState, at time.Time) *latch.EndpointState {
	moved := *state
	moved.ProbeAt = latch.NewTime(at)
	return &moved
}

// WithProbe returns the state to write for an endpoint that stays disabled. It keeps the time of a
// probe that is due before the state's own: a change of the webhook has asked for it meanwhile.
func WithProbe(state, known *latch.EndpointState, now time.Time) *latch.EndpointState {
	if !state.Disabled() || !known.Disabled() || !known.DisabledAt.Equal(state.DisabledAt.Time) ||
		known.ProbeAt.Before(now) || !known.ProbeAt.Before(state.ProbeAt.Time) {
		return state
	}
	return probedAt(state, known.ProbeAt.Time)
}

// change is [Shelf.Change] for webhooks with these ids. It announces the change of those whose
// endpoint does not work.
func (w *Webhooks) change(ctx context.Context, ids []string,
	change func([]latch.RegisteredWebhook) ([]latch.RegisteredWebhook, error)) error {
	var announced []string
	err := w.shelf.Change(ctx, func(all []latch.RegisteredWebhook) ([]latch.RegisteredWebhook, error) {
		announced = nil
		for i := range all {
			if all[i].Endpoint != nil && slices.Contains(ids, all[i].ID) {
				announced = append(announced, all[i].ID)
			}
		}
		return change(all)
	})
	if err != nil {
		return err
	}
	var untold []error
	for _, id := range announced {
		untold = append(untold, w.announce(ctx, id))
	}
	return errors.Join(untold...)
}

// announce has the workflow that counts the failed attempts at a webhook's endpoint look at the
// webhook, which was changed. It starts that workflow if somebody has ended it.
func (w *Webhooks) announce(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	queue := w.shelf.store.taskQueue
	err := w.shelf.store.jobs.Signal(ctx, runs.Start{Workflow: latch.WorkflowEndpoint, WorkflowID: protocol.EndpointID(queue, id),
		TaskQueue: queue, Summary: "Endpoint of " + id, Arguments: []any{protocol.Endpoint{Webhook: id}}},
		protocol.SignalReport, protocol.Report{Changed: true})
	if err != nil {
		return fmt.Errorf("webhook %q is changed, but what tries its endpoint could not be told: %w", id, err)
	}
	return nil
}
