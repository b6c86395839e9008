package registry

import (
	"encoding/json"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/urlmask"
)

// Shown returns a webhook without its credentials: *** replaces those in its
// URL, and literal values whose names say that they are credentials.
func Shown(webhook latch.RegisteredWebhook) latch.RegisteredWebhook {
	encoded, err := json.Marshal(webhook)
	if err != nil {
		return latch.RegisteredWebhook{Webhook: latch.Webhook{ID: webhook.ID}} // a decoded value always encodes
	}
	var shown latch.RegisteredWebhook
	if json.Unmarshal(urlmask.JSON(encoded), &shown) != nil {
		return latch.RegisteredWebhook{Webhook: latch.Webhook{ID: webhook.ID}}
	}
	return shown
}
