package delivery

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// Headers that HTTP, the next hop or Latch itself sets, in all spellings that servers accept.
var reservedHeaders = []string{
	"Host", "host", "Content-Length", "Content-Type", "content_type", "Transfer-Encoding", "TRANSFER-ENCODING", "Connection", "Keep-Alive",
	"TE", "Trailer", "Upgrade", "HTTP2-Settings", "Proxy-Connection", "Proxy-Authorization", "Proxy-Authenticate",
}

// Further headers of webhooks.
var signedHeaders = []string{"Webhook-Signature", "webhook-signature", "Webhook_Signature", "WEBHOOK-ID",
	"Webhook-Timestamp", "webhook_timestamp", "webhook-sequence", "Webhook_Previous_Id", "X-Latch-Lock", "x_latch_lock"}

// A delivery given directly to the activity must satisfy admission's rules about webhooks: only
// the methods of webhooks, and no header that sets the sender, the signed content, or the lock.
func TestACraftedDeliveryIsRefused(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, nil)
	sender := local(t, map[string]string{"board": "a-secret-of-a-board"})
	type crafted struct {
		says  string
		craft func(*protocol.WebhookRequest)
	}
	tests := []crafted{}
	for _, method := range []string{"CONNECT", "TRACE", "OPTIONS", "post", "POST ", "GET / HTTP/1.1\r\nHost: evil", "*"} {
		tests = append(tests, crafted{"method: ", func(r *protocol.WebhookRequest) { r.Webhook.Method = method }})
	}
	for _, name := range append(reservedHeaders, signedHeaders...) {
		says := "cannot be set here"
		tests = append(tests,
			crafted{says, func(r *protocol.WebhookRequest) { r.Webhook.Headers = map[string]string{name: "v1,forged"} }},
			crafted{says, func(r *protocol.WebhookRequest) { r.Webhook.HeaderSecrets = map[string]string{name: "board"} }},
			crafted{says, func(r *protocol.WebhookRequest) { r.Webhook.Secret, r.Webhook.SecretHeader = "board", name }})
	}
	for _, name := range []string{"", "A B", "A:B", "A\r\nWebhook-Signature", ":authority", "Webhook-Signature ",
		"Webhook-Signature\x00", "é"} {
		tests = append(tests, crafted{"is not the name of an HTTP header",
			func(r *protocol.WebhookRequest) { r.Webhook.Headers = map[string]string{name: "x"} }})
	}
	for _, id := range []string{"", "dlv_1.1700000000", "dlv 1", "dlv_1\r\nHost: evil", "dlv_é", strings.Repeat("x", 201)} {
		tests = append(tests, crafted{"delivery_id: ", func(r *protocol.WebhookRequest) { r.DeliveryID = id }})
	}
	tests = append(tests,
		crafted{"the same header as", func(r *protocol.WebhookRequest) { r.Webhook.Headers = map[string]string{"X-A": "1", "x-a": "2"} }},
		crafted{"headers.X-A", func(r *protocol.WebhookRequest) {
			r.Webhook.Headers = map[string]string{"X-A": "1\r\nWebhook-Signature: v1,forged"}
		}})
	for _, test := range tests {
		request := &protocol.WebhookRequest{Webhook: latch.Webhook{ID: "crafted", URL: receiver.URL},
			Event: latch.Event{Event: "JOB_SUCCESS"}, DeliveryID: "dlv_1"}
		test.craft(request)
		made, err := sender.Send(t.Context(), request, 1)
		var permanent *PermanentError
		require.ErrorAs(t, err, &permanent, "%+v", request)
		require.ErrorContains(t, err, test.says, "%+v", request)
		require.NotNil(t, made)
	}
	require.Empty(t, receiver.got, "nothing is sent")
}

// An http task may not have headers of webhooks either.
func TestACraftedTaskIsRefused(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, nil)
	sender := local(t, nil)
	for _, method := range []string{"CONNECT", "TRACE", "OPTIONS", "get", "GET /x HTTP/1.1\r\nHost: evil"} {
		_, err := sender.Do(t.Context(), TaskRequest{Task: latch.HTTPTask{URL: receiver.URL, Method: method}})
		require.ErrorContains(t, err, "method: ", method)
	}
	for _, name := range reservedHeaders {
		_, err := sender.Do(t.Context(), TaskRequest{Task: latch.HTTPTask{URL: receiver.URL, Headers: map[string]string{name: "x"}}})
		require.ErrorContains(t, err, "cannot be set here", name)
	}
	require.Empty(t, receiver.got, "nothing is sent")
}
