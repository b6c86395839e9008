package activities

import (
	"encoding/json"

	"github.com/latch-run/latch/internal/delivery"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/vars"
)

// digestOf returns the digest of what a lock shows (contract, "Digest"), or "" if a run of an
// earlier version does not say it. What cannot be rendered is left out: the delivery then fails,
// and says why.
func digestOf(shows *protocol.WebhookRequest, planned *protocol.PlannedHook) (string, error) {
	if shows == nil {
		return "", nil
	}
	shown := map[string]any{"lock": planned.Lock, "webhook": shows.Webhook.ID}
	for _, name := range vars.Shown() {
		if value, given := shows.Variables[name]; given {
			shown[name] = value
		}
	}
	if shows.Webhook.HasTarget() {
		shown["request"] = shownRequest(*shows, planned)
	}
	return rawjson.Digest(shown)
}

// shownRequest returns the request as far as it does not depend on its attempt. The default body
// has nothing that the variables lack.
func shownRequest(request protocol.WebhookRequest, planned *protocol.PlannedHook) map[string]any {
	request.Lock, request.LockURL = planned.Lock, planned.LockURL
	request.Webhook.Interactive = false // its buttons name the digest
	preview, _ := delivery.Render(&request)
	rendered := map[string]any{"method": preview.Method, "url": preview.URL}
	if request.Webhook.BodyFor(request.Event) != nil || request.Webhook.WorkInput() != nil {
		rendered["body"] = string(preview.Body)
		if json.Valid(preview.Body) {
			rendered["body"] = json.RawMessage(preview.Body)
		}
	}
	return rendered
}
