package delivery

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// The traceparent of a request names the span of its attempt. A header of the webhook replaces
// it. Without tracing there is no such header.
func TestRequestsBearTheTrace(t *testing.T) {
	t.Parallel()
	var got http.Header
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header }))
	defer receiver.Close()
	sender, err := New(Options{EgressAllow: []string{"127.0.0.1"}})
	require.NoError(t, err)
	parent := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2},
		TraceFlags: trace.FlagsSampled})
	traced := trace.ContextWithSpanContext(t.Context(), parent)
	request := &protocol.WebhookRequest{DeliveryID: "dlv_1", Webhook: latch.Webhook{ID: "board", URL: receiver.URL},
		Event: latch.Event{Event: "DEPLOYED"}}

	_, err = sender.Send(t.Context(), request, 1)
	require.NoError(t, err)
	require.NotContains(t, got, "Traceparent")

	_, err = sender.Send(traced, request, 1)
	require.NoError(t, err)
	require.Equal(t, "00-01000000000000000000000000000000-0200000000000000-01", got.Get("Traceparent"))

	own := "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	request.Webhook.Headers = map[string]string{"traceparent": own}
	_, err = sender.Send(traced, request, 1)
	require.NoError(t, err)
	require.Equal(t, own, got.Get("Traceparent"))
}
