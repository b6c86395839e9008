package telemetry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/interceptor"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/typo"
)

// Traces are a program's spans.
type Traces struct {
	// Tracer makes spans; they go nowhere where tracing is off.
	Tracer trace.Tracer
	// Interceptor traces what clients and workers do; nil where tracing is off.
	Interceptor interceptor.Interceptor

	provider *sdktrace.TracerProvider
}

// Values of OTEL_TRACES_EXPORTER and of OTEL_EXPORTER_OTLP_PROTOCOL.
const (
	exporterOTLP = "otlp"
	exporterNone = "none"
	protocolGRPC = "grpc"
	protocolHTTP = "http/protobuf"
)

// NewTraces returns the traces of a program ("latch-worker", "latch-api"), which
// OpenTelemetry's own variables set up; lookup reads one. They are off unless
// OTEL_TRACES_EXPORTER is otlp or an OTLP endpoint is given. All that is wrong
// with the variables that are read here is reported at once.
func NewTraces(ctx context.Context, service string, lookup func(string) string) (*Traces, error) {
	on, problem := tracingOn(lookup)
	protocol := cmp.Or(lookup("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"), lookup("OTEL_EXPORTER_OTLP_PROTOCOL"), protocolHTTP)
	if protocol != protocolGRPC && protocol != protocolHTTP {
		problem = errors.Join(problem, fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL: %q is neither %s nor %s", protocol, protocolGRPC, protocolHTTP))
	}
	switch {
	case !on && problem == nil:
		return &Traces{Tracer: noop.NewTracerProvider().Tracer("latch")}, nil
	case problem != nil:
		return nil, problem
	}
	exporter, err := newExporter(ctx, protocol)
	if err != nil {
		return nil, fmt.Errorf("traces (OTEL_EXPORTER_OTLP_…): %w", err)
	}
	about, err := resource.Merge(resource.NewSchemaless(attribute.String("service.name", service), attribute.String("service.version", latch.Version)), resource.Environment())
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(about))
	tracer := provider.Tracer("latch", trace.WithInstrumentationVersion(latch.Version))
	tracing, err := opentelemetry.NewTracingInterceptor(opentelemetry.TracerOptions{Tracer: tracer, AllowInvalidParentSpans: true})
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	return &Traces{Tracer: tracer, Interceptor: tracing, provider: provider}, nil
}

// tracingOn reports whether the variables switch tracing on.
func tracingOn(lookup func(string) string) (bool, error) {
	exporter := lookup("OTEL_TRACES_EXPORTER")
	switch {
	case exporter != "" && exporter != exporterOTLP && exporter != exporterNone:
		return false, fmt.Errorf("OTEL_TRACES_EXPORTER: %q is neither otlp nor none%s", exporter, typo.Hint(exporter, []string{exporterOTLP, exporterNone}))
	case strings.EqualFold(lookup("OTEL_SDK_DISABLED"), "true") || exporter == exporterNone:
		return false, nil
	default:
		return exporter == exporterOTLP || lookup("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || lookup("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != "", nil
	}
}

func newExporter(ctx context.Context, protocol string) (sdktrace.SpanExporter, error) {
	if protocol == protocolGRPC {
		return otlptracegrpc.New(ctx)
	}
	return otlptracehttp.New(ctx)
}

// closeTimeout bounds how long the last spans may take to be sent.
const closeTimeout = 5 * time.Second

// CloseSoon sends the spans that have ended, also after ctx has, and logs where
// that fails.
func (t *Traces) CloseSoon(ctx context.Context, logger *slog.Logger) {
	if t.provider == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		logger.Warn("the last spans were not sent", "error", err)
	}
}
