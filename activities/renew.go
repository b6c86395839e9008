package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/fields"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/vars"
)

const (
	// renewTimeout bounds reading the registry before an attempt. It is part of the slack that
	// the run allows an attempt.
	renewTimeout = 5 * time.Second
	// unreadWait is the wait before the next try if the registry could not be read.
	unreadWait = 2 * time.Second
)

// A withdrawnError reports that a registered webhook no longer accepts the delivery.
type withdrawnError struct{ webhook, reason string }

// Error says what happened to the webhook.
func (e *withdrawnError) Error() string {
	return fmt.Sprintf("not sent again: the registered webhook %q %s", e.webhook, e.reason)
}

// renew updates a delivery of a registered webhook to the webhook's current version, from its
// second attempt on. Its error is a [*withdrawnError], or reports that the registry cannot be
// read. In the latter case nothing may be sent, because the receiver may have been cut off.
func (a *Activities) renew(ctx context.Context, send *protocol.Send) error {
	first := activity.GetInfo(ctx).Attempt == 1 && send.PriorAttempts == 0 && !send.Carried
	if first {
		return nil
	}
	return a.renewAgain(ctx, send)
}

// renewAgain is renew for an attempt that is not the first.
func (a *Activities) renewAgain(ctx context.Context, send *protocol.Send) error {
	if !send.Registered {
		return nil
	}
	store := a.registryOf(ctx)
	if store == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), renewTimeout)
	defer cancel()
	return renewFrom(ctx, store.Webhooks(), send)
}

// webhooks are the registered ones.
type webhooks interface {
	Lately(ctx context.Context, id string) (*latch.RegisteredWebhook, error)
	Get(ctx context.Context, id string) (*latch.RegisteredWebhook, error)
}

// renewFrom withdraws a delivery only by the webhook as it is at this moment, since that is final:
// Lately may not know yet that it was registered again.
func renewFrom(ctx context.Context, registered webhooks, send *protocol.Send) error {
	now, err := acceptedBy(ctx, registered.Lately, send)
	if _, final := errors.AsType[*withdrawnError](err); final {
		now, err = acceptedBy(ctx, registered.Get, send)
	}
	if err != nil {
		return err
	}
	send.Request.Webhook = renewed(send.Request.Webhook, now)
	return nil
}

// acceptedBy returns the registered webhook of the delivery as get finds it, or a
// [*withdrawnError] if that does not accept it.
func acceptedBy(ctx context.Context, get func(context.Context, string) (*latch.RegisteredWebhook, error), send *protocol.Send) (*latch.RegisteredWebhook, error) {
	id := send.Request.Webhook.ID
	now, err := get(ctx, id)
	switch {
	case errors.Is(err, registry.ErrUnknown):
		return nil, &withdrawnError{id, "was deleted"}
	case err != nil:
		return nil, fmt.Errorf("look up the registered webhook %q before it is sent to again: %w", id, err)
	}
	if reason := withdrawn(now, send); reason != "" {
		return nil, &withdrawnError{id, reason}
	}
	return now, nil
}

// withdrawn says why the webhook's current version does not accept the delivery, or returns ""
// if it does.
func withdrawn(now *latch.RegisteredWebhook, send *protocol.Send) string {
	event := send.Request.Event.Event
	_, listens := now.On(event)
	switch {
	case !now.IsEnabled():
		return "was disabled"
	case !listens:
		return "does not listen to " + event + " any more"
	case !now.HasTarget():
		return "has no url any more"
	case now.Kind() != send.Request.Webhook.Kind():
		return "is of another kind now: " + now.Kind()
	}
	if at, name := lacking(now, send); name != "" {
		return fmt.Sprintf("was changed: its %s looks at %q, which this delivery was not given", at, name)
	}
	return ""
}

// lacking returns the first variable that the webhook's current version uses and that the
// delivery was not given, with the field that uses it. If each was given, it returns "".
// Without this check an expression such as vars[?'host'].orValue('…') would silently send elsewhere.
func lacking(now *latch.RegisteredWebhook, send *protocol.Send) (at, name string) {
	given := func(name string) bool {
		_, there := send.Request.Variables[name]
		always := append(vars.Filled(), "response")
		return there || slices.Contains(send.Given, name) || slices.Contains(always, name)
	}
	was := &send.Request.Webhook
	taken := renewed(latch.Webhook{Activity: was.Activity, Workflow: was.Workflow, Nexus: was.Nexus}, now)
	for _, field := range fields.Of(&taken) {
		if !field.Role.IsTemplate() && !field.Role.IsExpression() {
			continue
		}
		source, err := expr.CompileField(field)
		if err != nil {
			continue // registration refuses it; otherwise the attempt reports it
		}
		for _, name := range source.Uses() {
			if !given(name) {
				return field.Path, name
			}
		}
	}
	return "", ""
}

// renewed returns the webhook as it was sent, updated with parts of its current version: where
// it is sent, how the sender is authenticated, how the answer is judged and kept, and when it
// is retried. The content stays the same (event, method, body and its type, CloudEvents,
// preset), because a receiver treats two attempts with one id as the same. So do the deadline,
// the rate, by which Temporal has queued it, and the path, which concerns the first attempt. A longer timeout has no effect: Temporal ends
// the attempt by the old one.
func renewed(sent latch.Webhook, now *latch.RegisteredWebhook) latch.Webhook {
	sent.URL, sent.URLSecret = now.URL, now.URLSecret
	renewWork(&sent, now)
	sent.Headers, sent.HeaderSecrets = now.Headers, now.HeaderSecrets
	sent.Secret, sent.SecretHeader, sent.SendSecret = now.Secret, now.SecretHeader, now.SendSecret
	sent.Auth, sent.TLS = now.Auth, now.TLS
	sent.Success, sent.Redact, sent.Retry = now.Success, now.Redact, now.Retry
	sent.Analysis, sent.Poll, sent.Soak = now.Analysis, now.Poll, now.Soak
	if now.Work() != "" || now.Analysis != nil { // the run makes each attempt, with the current timeout
		sent.Timeout = now.Timeout
		return sent
	}
	sent.Timeout = min(latch.WithDefaults(sent).Timeout, latch.WithDefaults(now.Webhook).Timeout)
	return sent
}

// renewWork takes over the kind and the target of the work. Its input stays the same.
func renewWork(sent *latch.Webhook, now *latch.RegisteredWebhook) {
	activity, workflow, nexus := now.Activity, now.Workflow, now.Nexus
	if activity != nil && sent.Activity != nil {
		own := *activity
		own.Input, own.Args = sent.Activity.Input, sent.Activity.Args
		activity = &own
	}
	if workflow != nil && sent.Workflow != nil {
		own := *workflow
		own.ID, own.Input, own.Args = sent.Workflow.ID, sent.Workflow.Input, sent.Workflow.Args
		workflow = &own
	}
	if nexus != nil && sent.Nexus != nil {
		own := *nexus
		own.Input = sent.Nexus.Input
		nexus = &own
	}
	sent.Activity, sent.Workflow, sent.Nexus = activity, workflow, nexus
}
