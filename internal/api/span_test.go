package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/api/apitest"
)

// A run that a request starts belongs to the request's trace, which is the caller's if the
// request names one: a release, one under an idempotency key, an event.
func TestRunsBelongToTheTraceOfTheirRequest(t *testing.T) {
	t.Parallel()
	const caller = "0af7651916cd43dd8448eb211c80319c"
	for path, body := range map[string]string{
		"/latch/v1/releases": `{"id":"1","steps":[{"name":"a","do":{"http":{"url":"https://example.com/"}}}]}`,
		"/latch/v1/events":   `{"event":"DEPLOYED"}`,
	} {
		spans := tracetest.NewSpanRecorder()
		temporal := apitest.Temporal()
		handler := apitest.New(t, temporal, api.Options{Tracer: sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)).Tracer("test")})
		got := apitest.Call(handler, "POST", path, body, "traceparent", "00-"+caller+"-b7ad6b7169203331-01")
		require.Less(t, got.Code, 300, got.Body)
		ended := spans.Ended()
		require.Len(t, ended, 1)
		require.Equal(t, "POST "+path, ended[0].Name())
		require.Equal(t, caller, ended[0].SpanContext().TraceID().String())
		require.Len(t, temporal.Starts, 1)
		header := string(temporal.Starts[0].GetHeader().GetFields()["_tracer-data"].GetData())
		require.Contains(t, header, "00-"+caller+"-"+ended[0].SpanContext().SpanID().String()+"-01", path)
		untraced := apitest.Temporal()
		require.Less(t, apitest.Call(apitest.New(t, untraced, api.Options{}), "POST", path, body).Code, 300)
		require.Nil(t, untraced.Starts[0].GetHeader(), "without a trace there is no header")
	}
}
