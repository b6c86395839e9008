package telemetry

import (
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch/internal/metric"
)

func page(t *testing.T, metrics *Metrics) string {
	t.Helper()
	answer := httptest.NewRecorder()
	metrics.Page.ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	require.Equal(t, 200, answer.Code)
	return answer.Body.String()
}

// The page has a counter as a counter, a timer in buckets of seconds, and the
// catalogue's help texts; a wait for people has buckets up to a month.
func TestPageFollowsTheCatalogue(t *testing.T) {
	t.Parallel()
	metrics, err := NewMetrics("worker")
	require.NoError(t, err)
	for _, each := range metric.All() {
		switch each.Kind {
		case metric.Counter:
			metrics.Handler.Counter(each.Name).Inc(2)
		case metric.Gauge:
			metrics.Handler.Gauge(each.Name).Update(3)
		case metric.Timer:
			metrics.Handler.Timer(each.Name).Record(20 * time.Millisecond)
		}
	}
	metrics.Handler.Counter("temporal_request").Inc(1)
	metrics.Handler.Timer("temporal_request_latency").Record(time.Second)
	text := page(t, metrics)
	for _, each := range metric.All() {
		require.Contains(t, text, "# HELP "+each.Exposed()+" "+each.Help+"\n")
		require.Contains(t, text, "# TYPE "+each.Exposed()+" "+string(each.Kind)+"\n")
	}
	for _, line := range []string{
		"latch_deliveries_total 2\n", "latch_open_locks 3\n",
		`latch_delivery_attempt_duration_seconds_bucket{le="0.025"} 1`, `latch_lock_wait_seconds_bucket{le="2.592e+06"} 1`,
		"# HELP temporal_request_total Of Temporal's SDK: ", "# HELP temporal_request_latency_seconds Of Temporal's SDK: ",
		"# TYPE temporal_request_total counter\n", `temporal_request_latency_seconds_bucket{le="1"} 1`,
		`,program="worker",version="`, "go_goroutines ", "process_cpu_seconds_total ",
	} {
		require.Contains(t, text, line)
	}
	require.NotContains(t, text, "otel_scope")
}

// Values of the same tags add up, whoever records them; other tags are counted separately, and
// each handler and instrument is made once.
func TestTagsAreTold(t *testing.T) {
	t.Parallel()
	metrics, err := NewMetrics("worker")
	require.NoError(t, err)
	tagged := func(event, outcome string) client.MetricsHandler {
		return metrics.Handler.WithTags(metric.Labels("event", event)).WithTags(metric.Labels("outcome", outcome))
	}
	var together sync.WaitGroup
	for range 8 {
		together.Go(func() {
			tagged("JOB_START", "delivered").Counter(metric.Deliveries).Inc(1)
			tagged("JOB_START", "failed").Counter(metric.Deliveries).Inc(2)
		})
	}
	together.Wait()
	text := page(t, metrics)
	require.Contains(t, text, `latch_deliveries_total{event="JOB_START",outcome="delivered"} 8`)
	require.Contains(t, text, `latch_deliveries_total{event="JOB_START",outcome="failed"} 16`)
	require.Same(t, tagged("JOB_START", "gone"), tagged("JOB_START", "gone"))
	require.NotEqual(t, keyOf(map[string]string{"a": "b", "c": "d"}), keyOf(map[string]string{"a": "b\x00c", "": "d"}))
}
