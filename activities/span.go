package activities

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/latch-run/latch/internal/delivery"
	"github.com/latch-run/latch/internal/protocol"
)

// startSpan starts an attempt's span below the activity's. The request names it in its header
// traceparent. If the activity has no span, nothing is traced.
func startSpan(ctx context.Context, send *protocol.Send, number int) (context.Context, trace.Span) {
	provider := trace.SpanFromContext(ctx).TracerProvider()
	return provider.Tracer("latch").Start(ctx, "deliver "+send.Record.Event, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("latch.delivery", send.Record.DeliveryID), attribute.String("latch.webhook", send.Record.Webhook),
		attribute.String("latch.event", send.Record.Event), attribute.Int("latch.attempt", number)))
}

// endSpan ends an attempt's span. Its data about the attempt is masked, as in the record.
func endSpan(span trace.Span, made *delivery.Attempt, err error) {
	if made != nil && made.Request != nil {
		span.SetAttributes(attribute.String("http.request.method", made.Request.Method), attribute.String("url.full", made.Request.URL))
	}
	if made != nil && made.Response != nil {
		span.SetAttributes(attribute.Int("http.response.status_code", made.Response.Status))
	}
	if err != nil {
		span.SetStatus(codes.Error, err.Error())
	}
	span.End()
}
