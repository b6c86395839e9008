package mitto

import (
	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/urlmask"
)

// publicWebhookKeys are the keys of a webhook that templates see. Any other key
// that a client sent may be private.
var publicWebhookKeys = []string{"id", "url", "method", keyEventType, "events", "content_type", "headers", "body", "enabled", "created_at", "updated_at"}

// publicWebhooks returns the job's webhooks without their private parts: header
// names without values, and URLs as [urlmask.Public] shows them.
func (j *Job) publicWebhooks() []latch.Object {
	webhooks := []latch.Object{}
	for _, webhook := range j.Webhooks() {
		public := latch.Object{}
		for _, key := range publicWebhookKeys {
			if value, there := webhook[key]; there {
				public[key] = value
			}
		}
		if headers := members(public["headers"]); headers != nil {
			for name := range headers {
				headers[name] = rawjson.Encode(urlmask.Hidden)
			}
			public["headers"] = rawjson.Encode(headers)
		}
		if isText(public["url"]) {
			public["url"] = rawjson.Encode(urlmask.Public(text(public["url"])))
		}
		webhooks = append(webhooks, public)
	}
	return webhooks
}
