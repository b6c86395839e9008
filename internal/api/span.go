package api

import (
	"context"
	"net/http"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// startSpan starts a request's span, in the caller's trace if the request names
// one (W3C Trace Context).
func (a *API) startSpan(r *http.Request) (context.Context, trace.Span) {
	ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
	return a.tracer.Start(ctx, "request", trace.WithSpanKind(trace.SpanKindServer))
}

// endSpan names the span after the route that handled the request, and ends it.
// It omits paths and query strings, which may contain keys and locks.
func endSpan(span trace.Span, method string, v *visit) {
	if _, route, _ := strings.Cut(v.route, " "); route != "" {
		span.SetName(method + " " + route)
		span.SetAttributes(attribute.String("http.route", route))
	}
	span.SetAttributes(attribute.String("http.request.method", method), attribute.Int("http.response.status_code", v.status))
	if v.status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, http.StatusText(v.status))
	}
	span.End()
}
