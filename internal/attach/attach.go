package attach

import (
	"slices"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// Merge returns a run's webhooks in the order in which they are sent. One of the run's own
// webhooks replaces a registered one with the same id, unless that one is enforced.
//
// Enforced webhooks come first: at most 500 deliveries of an event are in flight at once, and
// the run's own must not make an enforced one wait until its answer_timeout is over.
func Merge(own []latch.Webhook, registered []protocol.AttachedWebhook) []protocol.AttachedWebhook {
	merged := make([]protocol.AttachedWebhook, 0, len(own)+len(registered))
	for _, webhook := range registered {
		if webhook.Enforced {
			merged = append(merged, attached(webhook))
		}
	}
	enforced := len(merged)
	for _, webhook := range own {
		if !has(merged[:enforced], webhook.ID) { // admission refuses such a run; see Reserved
			merged = append(merged, protocol.AttachedWebhook{Webhook: webhook})
		}
	}
	brought := len(merged)
	for _, webhook := range registered {
		if !webhook.Enforced && !has(merged[:brought], webhook.ID) {
			merged = append(merged, attached(webhook))
		}
	}
	return merged
}

// AtGate changes the webhooks to decide at the gate's event as webhooks of a gate do.
func AtGate(webhooks []protocol.AttachedWebhook, event string) {
	for i := range webhooks {
		webhooks[i].Webhook = webhooks[i].AtGate(event)
	}
}

// attached marks a webhook as registered. Admissions of earlier versions lack the mark.
func attached(webhook protocol.AttachedWebhook) protocol.AttachedWebhook {
	webhook.Registered = true
	return webhook
}

func has(webhooks []protocol.AttachedWebhook, id string) bool {
	return slices.ContainsFunc(webhooks, func(w protocol.AttachedWebhook) bool { return w.ID == id })
}

// Plain returns only the webhooks, without the run's data about them.
func Plain(webhooks []protocol.AttachedWebhook) []latch.Webhook {
	plain := make([]latch.Webhook, len(webhooks))
	for i := range webhooks {
		plain[i] = webhooks[i].Webhook
	}
	return plain
}
