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

// Paths by which a platform watches the API.
const (
	healthPath  = "/healthz"
	readyPath   = "/readyz"
	metricsPath = "/metrics"
)

const (
	// reachTimeout bounds how long Temporal may take to be taken as reached.
	reachTimeout = 3 * time.Second
	// reachAge is how long an answer stands: /readyz takes no key, and many calls
	// of it come to one call of Temporal.
	reachAge = time.Second
)

// A reach is what was last known of whether Temporal answers.
type reach struct {
	mutex sync.Mutex
	asked time.Time
	err   error
}

// setMetrics sets where the API counts.
func (a *API) setMetrics(given *telemetry.Metrics) (err error) {
	if given == nil {
		if given, err = telemetry.NewMetrics("api"); err != nil {
			return err
		}
	}
	a.metrics, a.metricsPage = given.Handler, given.Page
	return nil
}

// registerHealth adds the probes, which take no key, and the metrics.
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

// reached reports whether Temporal answers. Of several callers at once one asks,
// and the others take its answer.
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

// knownMethods are the methods that the metrics name.
var knownMethods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}

// count counts a request. Its labels have a bounded number of values, whatever
// the request was.
func (a *API) count(method string, v *visit, took time.Duration) {
	if !slices.Contains(knownMethods, method) {
		method = "other"
	}
	_, route, _ := strings.Cut(v.route, " ")
	if route == "" {
		route = "none" // no route has this path, or the request was refused before it was routed
	}
	a.metrics.WithTags(metric.Labels("code", strconv.Itoa(v.status), "method", method, "route", route)).
		Timer(metric.RequestDuration).Record(took)
}
