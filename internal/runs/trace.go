package runs

import (
	"context"

	"go.opentelemetry.io/otel/propagation"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
)

// traceField is where all of Temporal's SDKs look for the trace that a run belongs
// to.
const traceField = "_tracer-data"

// traceHeader returns the header by which the run that a request starts belongs
// to the context's trace; nil where the context has none. It is not encrypted,
// since the SDK reads it.
func traceHeader(ctx context.Context) *commonpb.Header {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	if len(carrier) == 0 {
		return nil
	}
	encoded, err := converter.GetDefaultDataConverter().ToPayload(map[string]string(carrier))
	if err != nil {
		return nil
	}
	return &commonpb.Header{Fields: map[string]*commonpb.Payload{traceField: encoded}}
}
