package registry

import (
	"encoding/json"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/urlmask"
)

// Shown returns a webhook without its credentials: *** replaces those in its
// URL, and literal values whose names say that they are credentials.
func Shown(webhook latch.RegisteredWebhook) latch.RegisteredWebhook {
	return shown(webhook, latch.RegisteredWebhook{Webhook: latch.Webhook{ID: webhook.ID}})
}

// ShownWatch is [Shown] for a watch.
func ShownWatch(watch latch.RegisteredWatch) latch.RegisteredWatch {
	return shown(watch, latch.RegisteredWatch{Watch: latch.Watch{ID: watch.ID}})
}

// shown returns a value without credentials, and the other one where that fails.
func shown[T any](value, without T) T {
	encoded, err := json.Marshal(value)
	if err != nil {
		return without // what was decoded encodes
	}
	var hidden T
	if json.Unmarshal(urlmask.JSON(encoded), &hidden) != nil {
		return without
	}
	return hidden
}
