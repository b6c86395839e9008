// Package telemetry is where Latch's programs send what they count and trace:
// metrics to a page that Prometheus scrapes, traces to an OTLP receiver.
//
// What lives here: [Metrics] (metrics.go), and [Traces] (traces.go), which the
// OTEL_… variables of OpenTelemetry switch on.
//
// What it may not know: what is counted; package metric knows that.
//
// Where to start: [NewMetrics].
package telemetry
