package registry

import (
	"encoding/json"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/urlmask"
)

// Shown returns a webhook as anybody may see it: with *** in place of
// credentials in its URL and of literal values that are credentials by name.
func Shown(webhook latch.RegisteredWebhook) latch.RegisteredWebhook {
	encoded, err := json.Marshal(webhook)
	if err != nil {
		return latch.RegisteredWebhook{Webhook: latch.Webhook{ID: webhook.ID}} // what was decoded encodes
	}
	var shown latch.RegisteredWebhook
	if json.Unmarshal(urlmask.JSON(encoded), &shown) != nil {
		return latch.RegisteredWebhook{Webhook: latch.Webhook{ID: webhook.ID}}
	}
	return shown
}
