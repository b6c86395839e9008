package activities

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/delivery"
	"github.com/latch-run/latch/internal/protocol"
)

// Any workflow can start the activity latch.SendWebhook with its own input. A signature, a lock
// or a method in that input is refused permanently, and nothing is sent.
func TestACraftedSendWebhookIsRefused(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was sent") }))
	t.Cleanup(server.Close)
	sender, err := delivery.New(delivery.Options{EgressAllow: []string{"127.0.0.1"}})
	require.NoError(t, err)
	t.Cleanup(sender.Close)
	for says, webhook := range map[string]latch.Webhook{
		`method: "CONNECT"`:         {ID: "hook", URL: server.URL, Method: "CONNECT"},
		"headers.Webhook-Signature": {ID: "hook", URL: server.URL, Headers: map[string]string{"Webhook-Signature": "v1,forged"}},
		"headers.X-Latch-Lock":      {ID: "hook", URL: server.URL, Headers: map[string]string{"X-Latch-Lock": "release-1:board:x"}},
	} {
		got := try(t, sender, memory{},
			protocol.Send{Request: protocol.WebhookRequest{DeliveryID: "dlv_1", Event: latch.Event{Event: "JOB_SUCCESS"}, Webhook: webhook}})
		require.NotNil(t, got.failure, says)
		require.True(t, got.failure.NonRetryable(), says)
		require.Contains(t, got.failure.Message(), says)
	}
}
