package attach

import (
	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// HoldsStart reports whether a webhook may hold a run at JOB_START: until its lock is removed,
// or it has soaked or measured.
func HoldsStart(webhook *latch.Webhook) bool {
	settings, listens := webhook.On(latch.EventJobStart)
	return listens && settings.IsActedOn() && (settings.Blocking || settings.Soak > 0 || webhook.Analysis != nil)
}

// WithoutHolds leaves out the settings for JOB_START of the webhooks that may hold a run there.
func WithoutHolds(webhooks []protocol.AttachedWebhook) []protocol.AttachedWebhook {
	kept := make([]protocol.AttachedWebhook, len(webhooks))
	for i, webhook := range webhooks {
		if HoldsStart(&webhook.Webhook) {
			settings := webhook.EventSettings()
			webhook.Event, webhook.Events = "", nil
			for _, each := range settings {
				if each.Event != latch.EventJobStart {
					webhook.Events = append(webhook.Events, each)
				}
			}
		}
		kept[i] = webhook
	}
	return kept
}
