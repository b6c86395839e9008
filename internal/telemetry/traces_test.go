package telemetry

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// Tracing is off unless OpenTelemetry's own variables switch it on, and a value
// that cannot be one is named before anything starts.
func TestTracesFollowTheVariables(t *testing.T) {
	for name, test := range map[string]struct {
		set   map[string]string
		on    bool
		wrong []string
	}{
		"nothing":                {},
		"an endpoint":            {set: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, on: true},
		"an endpoint for traces": {set: map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1"}, on: true},
		"the exporter":           {set: map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, on: true},
		"none": {set: map[string]string{"OTEL_TRACES_EXPORTER": "none",
			"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}},
		"disabled": {set: map[string]string{"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_EXPORTER": "otlp"}},
		"both wrong": {set: map[string]string{"OTEL_TRACES_EXPORTER": "otpl", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"},
			wrong: []string{`OTEL_TRACES_EXPORTER: "otpl" is neither otlp nor none`,
				`OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" is neither grpc nor http/protobuf`}},
	} {
		t.Run(name, func(t *testing.T) {
			traces, err := NewTraces(t.Context(), "latch-worker", func(variable string) string { return test.set[variable] })
			if test.wrong != nil {
				for _, text := range test.wrong {
					require.ErrorContains(t, err, text)
				}
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.on, traces.Interceptor != nil)
			_, span := traces.Tracer.Start(t.Context(), "x")
			require.Equal(t, test.on, span.SpanContext().IsValid())
		})
	}
}

// Spans reach the receiver that the variables name, also those that ended last.
func TestTracesReachTheReceiver(t *testing.T) {
	got := make(chan string, 1)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- r.URL.Path + " " + string(body)
	}))
	defer receiver.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.URL)
	t.Setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
	traces, err := NewTraces(t.Context(), "latch-api", os.Getenv)
	require.NoError(t, err)
	_, span := traces.Tracer.Start(t.Context(), "the request")
	span.End()
	traces.CloseSoon(t.Context(), slog.New(slog.DiscardHandler))
	sent := <-got
	for _, part := range []string{"/v1/traces ", "the request", "latch-api"} {
		require.Contains(t, sent, part)
	}
}
