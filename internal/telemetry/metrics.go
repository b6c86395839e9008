package telemetry

import (
	"fmt"
	"net/http"
	"strings"

	prometheusclient "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/exporters/prometheus"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"

	"github.com/latch-run/latch/internal/buildinfo"
	"github.com/latch-run/latch/internal/metric"
)

// Metrics are a program's: the SDK's own, Latch's, and those of the process.
type Metrics struct {
	// Handler takes values, as client.Options has it.
	Handler client.MetricsHandler
	// Page is what Prometheus scrapes.
	Page http.Handler
}

// Upper bounds of histograms' buckets, in seconds: of calls, and of waits for
// people.
var (
	callBuckets = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}
	waitBuckets = []float64{1, 10, 60, 300, 900, 3600, 4 * 3600, 12 * 3600, 86400, 3 * 86400, 7 * 86400, 30 * 86400}
)

// helpOfSDK is the help text of all metrics of Temporal's SDK, which gives them none.
const helpOfSDK = "Of Temporal's SDK: https://docs.temporal.io/references/sdk-metrics describes it."

// NewMetrics returns the metrics of a program ("worker", "api").
func NewMetrics(program string) (*Metrics, error) {
	registry := prometheusclient.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	exporter, err := prometheus.New(prometheus.WithRegisterer(registry), prometheus.WithoutScopeInfo(), prometheus.WithoutTargetInfo())
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	provider := sdk.NewMeterProvider(sdk.WithReader(exporter), sdk.WithView(view))
	handler := remembering(opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{Meter: provider.Meter("latch"), UseMonotonicCounters: true}))
	build := buildinfo.Read()
	handler.WithTags(metric.Labels("program", program, "version", build.Version, "commit", build.Commit)).Gauge(metric.BuildInfo).Update(1)
	return &Metrics{Handler: handler, Page: promhttp.HandlerFor(registry, promhttp.HandlerOpts{})}, nil
}

// view gives Latch's metrics their help texts, and all histograms buckets in
// seconds: OpenTelemetry's own are meant for milliseconds.
func view(instrument sdk.Instrument) (sdk.Stream, bool) {
	stream := sdk.Stream{Name: instrument.Name, Description: instrument.Description, Unit: instrument.Unit}
	known, own := metric.Find(instrument.Name)
	if own {
		stream.Description = known.Help
	} else if strings.HasPrefix(instrument.Name, "temporal_") && stream.Description == "" {
		stream.Description = helpOfSDK
		own = true
	}
	if instrument.Kind == sdk.InstrumentKindHistogram && instrument.Unit == "s" {
		buckets := callBuckets
		if known.Long {
			buckets = waitBuckets
		}
		stream.Aggregation = sdk.AggregationExplicitBucketHistogram{Boundaries: buckets}
		return stream, true
	}
	return stream, own
}
