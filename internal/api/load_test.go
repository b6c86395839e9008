package api_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/api/apitest"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// A crowd calls an API that has room for few, in a bubble of its own. Starts wait until goOn is closed.
type crowd struct {
	*testing.T
	temporal *runstest.Temporal
	handler  http.Handler
	goOn     chan struct{}
}

func newCrowd(t *testing.T, calls int, temporal *runstest.Temporal) *crowd {
	c := &crowd{T: t, temporal: temporal, goOn: make(chan struct{})}
	temporal.OnStarting = func() { <-c.goOn }
	keys, err := api.ParseKeys(apitest.Keys)
	require.NoError(t, err)
	c.handler = apitest.New(t, temporal, api.Options{Keys: keys, Calls: calls})
	return c
}

// begin begins a call. The answer may be read once the call has ended, as it has if Code is not 0.
func (c *crowd) begin(method, path, body string) *httptest.ResponseRecorder {
	answer := &httptest.ResponseRecorder{}
	go func() { *answer = *apitest.Call(c.handler, method, path, body, "X-API-Key", "admin") }()
	synctest.Wait()
	return answer
}

func (c *crowd) waits(calls ...*httptest.ResponseRecorder) {
	c.Helper()
	for _, call := range calls {
		require.Zero(c, call.Code, "it is answered: %s", call.Body)
	}
}

// isShed checks the answer to a call for which there was no room.
func (c *crowd) isShed(call *httptest.ResponseRecorder) {
	c.Helper()
	require.Equal(c, "Too many requests are under way. Nothing was done. Try again in 5 seconds.", apitest.ProblemOf(c.T, call, 503).Detail)
	require.Equal(c, "5", call.Header().Get("Retry-After"))
}

// Contract, "Overload": a call beyond the bound is answered at once and has started nothing. What
// calls nothing is answered all the same, and so is who decides about what is under way.
func TestACallTooManyIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lock := latch.Record{DeliveryID: "dlv_1", RunID: "run-1", Lock: &latch.RecordLock{Token: apitest.Token}}
		c := newCrowd(t, 2, apitest.HeldRun(latch.EventBeforeRelease, "", "", "", 0, latch.StepPending, latch.StepPending).Temporal)
		c.temporal.Runs[0].Update = apitest.AlwaysUpdated(lock, nil)
		first := c.begin("POST", "/latch/v1/releases?workflow_id=one", smallRelease)
		second := c.begin("POST", "/latch/v1/releases?workflow_id=two", smallRelease)
		began := time.Now()
		c.isShed(c.begin("POST", "/latch/v1/releases?workflow_id=three", smallRelease))
		c.isShed(c.begin("GET", "/latch/v1/releases", ""))
		c.isShed(c.begin("POST", "/latch/v1/events", `{"event":"E","id":"alone"}`))
		require.Zero(t, time.Since(began))

		for _, path := range []string{"/healthz", "/readyz", "/openapi.json", "/v2/about", "/v2/about/messages", "/system"} {
			require.Equal(t, 200, c.begin("GET", path, "").Code, path)
		}
		page := c.begin("GET", "/metrics", "")
		require.Contains(t, page.Body.String(), `latch_http_requests_shed_total{load="call"} 3`)
		require.Contains(t, page.Body.String(), `latch_http_requests_shed_total{load="urgent"} 0`)
		require.Equal(t, 200, c.begin("GET", "/locks/"+apitest.Token, "").Code)
		require.Equal(t, 200, c.begin("POST", "/latch/v1/locks/"+apitest.Token+"/release", "").Code)
		require.Equal(t, 200, c.begin("POST", "/latch/v1/releases/1/stop", "").Code)

		c.waits(first, second)
		close(c.goOn)
		synctest.Wait()
		require.Equal(t, 201, first.Code, first.Body)
		require.Equal(t, 201, second.Code, second.Body)
		require.Len(t, c.temporal.Starts, 2, "what was refused has started nothing")
		require.Equal(t, 201, c.begin("POST", "/latch/v1/releases?workflow_id=three", smallRelease).Code, "the places are free again")
	})
}

// Contract, "Overload": those who wait for a decision, and events that share runs, have room of their own.
func TestWaitsAndEventsHaveRoomOfTheirOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		temporal := apitest.Temporal()
		gate := temporal.Add("gate-held", latch.WorkflowGate, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING)
		gate.Ended, gate.Closed = make(chan struct{}), runstest.Completed(runstest.Payloads(latch.GateResult{ID: "held"}))
		gate.Answer = apitest.Always(latch.Status{ID: "held", Status: latch.GateRunning, Phase: "waiting"}, nil)
		c := newCrowd(t, 1, temporal)
		const watch = "/latch/v1/gates/held?wait=30s"
		first := c.begin("GET", watch, "")
		c.waits(first, c.begin("GET", watch, ""))
		c.isShed(c.begin("GET", watch, ""))
		c.isShed(c.begin("POST", "/latch/v1/gates?wait=1m", `{"event":"DEPLOY","webhooks":[]}`))
		c.isShed(c.begin("POST", "/latch/v1/releases?plan=true", smallRelease))
		for range 4 {
			c.waits(c.begin("POST", "/latch/v1/events", `{"event":"E"}`))
		}
		c.isShed(c.begin("POST", "/latch/v1/events", `{"event":"E"}`))
		c.waits(c.begin("POST", "/latch/v1/releases", smallRelease))
		c.isShed(c.begin("POST", "/latch/v1/gates?wait=0s", `{"event":"DEPLOY","webhooks":[]}`))
		close(c.goOn)
		close(gate.Ended)
		synctest.Wait()
		require.Equal(t, 200, first.Code, first.Body)
		require.Equal(t, 200, c.begin("GET", watch, "").Code, "the places are free again")
	})
}
