package runs

import (
	"context"

	"go.opentelemetry.io/otel/propagation"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
)

// traceField is the header field in which all of Temporal's SDKs look for the
// trace of a run.
const traceField = "_tracer-data"

// traceHeader returns the header that adds a started run to the context's
// trace, or nil without a trace. It is not encrypted, because the SDK reads
// it.
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
