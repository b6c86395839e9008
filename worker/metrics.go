package main

import (
	"fmt"
	"net/http"

	prometheusclient "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"
)

// metrics are the SDK's own, as OpenTelemetry gathers them, and a page for
// Prometheus to scrape.
type metrics struct {
	handler client.MetricsHandler
	page    http.Handler
}

func newMetrics() (*metrics, error) {
	registry := prometheusclient.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	exporter, err := prometheus.New(prometheus.WithRegisterer(registry))
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	provider := metric.NewMeterProvider(metric.WithReader(exporter))
	handler := opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{Meter: provider.Meter("temporal-sdk-go")})
	return &metrics{handler: handler, page: promhttp.HandlerFor(registry, promhttp.HandlerOpts{})}, nil
}
