package e2e

import (
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/latch-run/latch"
)

// A trace continues from whoever starts a run over its workflow and activities to the receiver,
// through the request.
func TestATraceReachesTheReceiver(t *testing.T) {
	t.Parallel()
	var mutex sync.Mutex
	traces := map[string]map[string]bool{} // names of spans, by trace
	otlp := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var request collector.ExportTraceServiceRequest
		if proto.Unmarshal(body, &request) != nil {
			return
		}
		mutex.Lock()
		defer mutex.Unlock()
		for _, resource := range request.GetResourceSpans() {
			for _, scope := range resource.GetScopeSpans() {
				for _, span := range scope.GetSpans() {
					id := hex.EncodeToString(span.GetTraceId())
					if traces[id] == nil {
						traces[id] = map[string]bool{}
					}
					traces[id][span.GetName()] = true
				}
			}
		}
	}))
	defer otlp.Close()
	b := setup(t, "OTEL_EXPORTER_OTLP_ENDPOINT", otlp.URL, "OTEL_BSP_SCHEDULE_DELAY", "100")
	run := b.start(latch.WorkflowEmit, "traced", `{"id":"traced","event":"DEPLOYED","webhooks":[{"id":"board","url":"`+b.receiver.URL+`/hook","event":"DEPLOYED"}]}`)
	require.NoError(t, run.Get(b.ctx, nil))
	requests := b.receiver.Requests("/hook")
	require.Len(t, requests, 1)
	parent := requests[0].Header.Get("traceparent")
	require.Len(t, parent, 55)
	trace := parent[3:35]
	require.Eventually(t, func() bool {
		mutex.Lock()
		defer mutex.Unlock()
		return traces[trace]["deliver DEPLOYED"] && traces[trace]["RunWorkflow:"+latch.WorkflowEmit]
	}, patience, tick, "%v", traces)
}
