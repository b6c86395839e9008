package api

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"github.com/latch-run/latch/internal/metric"
	"github.com/latch-run/latch/internal/telemetry"
)

// Paths for monitoring the API.
const (
	healthPath  = "/healthz"
	readyPath   = "/readyz"
	metricsPath = "/metrics"
)

const (
	// reachTimeout bounds how long Temporal may take to answer.
	reachTimeout = 3 * time.Second
	// reachAge is how long a result is reused: /readyz requires no key, and
	// many requests cause one call to Temporal.
	reachAge = time.Second
)

// A reach is the last known answer to whether Temporal is reachable.
type reach struct {
	mutex sync.Mutex
	asked time.Time
	err   error
}

// setMetrics sets the API's metrics.
func (a *API) setMetrics(given *telemetry.Metrics) (err error) {
	if given == nil {
		if given, err = telemetry.NewMetrics("api"); err != nil {
			return err
		}
	}
	a.metrics, a.metricsPage = given.Handler, given.Page
	return nil
}

// registerHealth adds the probes, which require no key, and the metrics.
func (a *API) registerHealth() {
	a.Handle(Operation{ID: "get-health", Method: http.MethodGet, Path: healthPath, Public: true, Summary: "Whether the process is up"},
		healthPath, func(w http.ResponseWriter, _ *http.Request) { writeOK(w) })
	a.Handle(Operation{ID: "get-readiness", Method: http.MethodGet, Path: readyPath, Public: true, Summary: "Whether Temporal is reached",
		About: "The answer may be a second old.", Errors: []int{http.StatusServiceUnavailable}}, readyPath, a.readyz)
	a.Handle(Operation{ID: "get-prometheus-metrics", Method: http.MethodGet, Path: metricsPath, Role: RoleRead, Summary: "Show the API's metrics",
		About: "In the format of Prometheus."}, metricsPath, a.metricsPage.ServeHTTP)
}

func writeOK(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n")) // the caller has gone away
}

func (a *API) readyz(w http.ResponseWriter, r *http.Request) {
	if err := a.reached(r.Context()); err != nil {
		WriteProblem(w, NewProblem(http.StatusServiceUnavailable, "Temporal is out of reach."))
		return
	}
	writeOK(w)
}

// reached returns an error unless Temporal answers. Concurrent callers share
// one call.
func (a *API) reached(ctx context.Context) error {
	a.reach.mutex.Lock()
	defer a.reach.mutex.Unlock()
	if time.Since(a.reach.asked) < reachAge {
		return a.reach.err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), reachTimeout)
	defer cancel()
	_, a.reach.err = a.service().GetSystemInfo(ctx, &workflowservice.GetSystemInfoRequest{})
	a.reach.asked = time.Now()
	return a.reach.err
}

// knownMethods are the methods that appear in metrics.
var knownMethods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}

// count counts a request. Its labels have a bounded number of values, whatever
// the request.
func (a *API) count(method string, v *visit, took time.Duration) {
	if !slices.Contains(knownMethods, method) {
		method = "other"
	}
	_, route, _ := strings.Cut(v.route, " ")
	if route == "" {
		route = "none" // there is no such route, or the request was refused before routing
	}
	a.metrics.WithTags(metric.Labels("code", strconv.Itoa(v.status), "method", method, "route", route)).
		Timer(metric.RequestDuration).Record(took)
}
