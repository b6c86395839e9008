package activities

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/protocol"
)

func digestAt(t *testing.T, shows *protocol.WebhookRequest, lock string) string {
	t.Helper()
	digest, err := digestOf(shows, &protocol.PlannedHook{Lock: lock})
	require.NoError(t, err)
	return digest
}

// Contract, "Digest": it changes with everything that the lock shows, and with nothing else.
func TestDigestOf(t *testing.T) {
	t.Parallel()
	shows := func() *protocol.WebhookRequest {
		return &protocol.WebhookRequest{DeliveryID: "dlv_1", Webhook: latch.Webhook{ID: "board", URL: "https://example.com/${vars.env}", Body: json.RawMessage(`{"to":"${vars.to}"}`)},
			Event: latch.Event{Event: "BEFORE_RELEASE"}, Variables: expr.Variables{"event": json.RawMessage(`"BEFORE_RELEASE"`), "vars": json.RawMessage(`{"env":"prod","to":"2"}`),
				"instance": json.RawMessage(`{"a": 1}`), "steps": json.RawMessage(`{"a":{"status":"pending"}}`), "release": json.RawMessage(`{"id":"shop"}`)}}
	}
	digest := digestAt(t, shows(), "l")
	require.Regexp(t, `^sha256:[0-9a-f]{64}$`, digest)
	set := func(name, value string) func(*protocol.WebhookRequest) {
		return func(r *protocol.WebhookRequest) { r.Variables[name] = json.RawMessage(value) }
	}
	for name, test := range map[string]struct {
		change func(*protocol.WebhookRequest)
		same   bool
	}{
		"nothing":           {func(*protocol.WebhookRequest) {}, true},
		"blanks":            {set("instance", ` { "a" : 1 } `), true},
		"order of keys":     {set("vars", `{"to":"2","env":"prod"}`), true},
		"what is unshown":   {set("now", `"2026-07-01T12:00:00Z"`), true},
		"the release":       {set("release", `{"id":"shop2"}`), false},
		"vars":              {set("vars", `{"env":"prod","to":"2","more":1}`), false},
		"instance":          {set("instance", `{"a":2}`), false},
		"digits":            {set("instance", `{"a":1.0}`), false},
		"steps":             {set("steps", `{"a":{"status":"done"}}`), false},
		"the event":         {set("event", `"AFTER_STEP"`), false},
		"the request's url": {func(r *protocol.WebhookRequest) { r.Webhook.URL = "https://example.com/other" }, false},
		"its body":          {func(r *protocol.WebhookRequest) { r.Webhook.Body = json.RawMessage(`{"to":"3"}`) }, false},
		"its method":        {func(r *protocol.WebhookRequest) { r.Webhook.Method = "PUT" }, false},
		"its buttons": {func(r *protocol.WebhookRequest) {
			r.Webhook.Preset, r.Webhook.Interactive = latch.PresetSlack, true
		}, true},
		"the webhook": {func(r *protocol.WebhookRequest) { r.Webhook.ID = "other" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changed := shows()
			test.change(changed)
			require.Equal(t, test.same, digestAt(t, changed, "l") == digest)
		})
	}
	require.NotEqual(t, digest, digestAt(t, shows(), "another lock"))
	require.Empty(t, digestAt(t, nil, "l"))
}
