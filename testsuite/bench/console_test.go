package bench

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/console"
	"github.com/latch-run/latch/internal/mitto/mittoapi"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// openLocks is the number of open locks in the inbox's benchmark.
const openLocks = 500

// held adds releases that wait for locks to the server of all benchmarks. No worker runs them:
// lists use their memos.
var held = sync.OnceValues(func() (*fixture, error) {
	f, err := many()
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	var group errgroup.Group
	group.SetLimit(16)
	for i := range openLocks {
		group.Go(func() error {
			id := fmt.Sprint("shop-", i)
			lock := latch.OpenLock{Token: "release-" + id + ":board:abc", Webhook: "board", Event: latch.EventBeforeRelease, Release: id,
				Title: "The shop", Since: latch.NewTime(time.Now())}
			_, err := f.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "release-" + id, TaskQueue: "nobody",
				Memo: map[string]any{latch.MemoLocks: []latch.OpenLock{lock}}}, latch.WorkflowRelease)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for {
		counted, err := f.client.CountWorkflow(ctx,
			&workflowservice.CountWorkflowExecutionsRequest{Query: "WorkflowType = '" + latch.WorkflowRelease + "'"})
		if err != nil || counted.GetCount() >= openLocks {
			return f, err
		}
		time.Sleep(100 * time.Millisecond)
	}
})

// deliveries is the number of deliveries in the benchmark of their list, and ofARun the number
// of each run.
const (
	deliveries = 10_000
	ofARun     = 10
)

// delivered is a fake Temporal with that many deliveries, the newest runs first.
func delivered() *runstest.Temporal {
	noon := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	f := &runstest.Temporal{Now: noon}
	for n := range deliveries / ofARun {
		run := f.Add(fmt.Sprint("job-", n), latch.WorkflowJobRun, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED)
		run.Info.CloseTime = run.Info.GetStartTime()
		var records []latch.Record
		for i := range ofARun {
			at := latch.NewTime(run.Info.GetStartTime().AsTime())
			records = append(records, latch.Record{DeliveryID: fmt.Sprintf("dlv_%d_%d", n, i), Webhook: "slack",
				Event: latch.EventJobSuccess, Job: strconv.Itoa(n),
				WorkflowID: run.Info.GetExecution().GetWorkflowId(), RunID: run.Info.GetExecution().GetRunId(), Result: latch.ResultPass, Attempts: 1,
				Tries:     []latch.RecordTry{{Number: 1, StartedAt: at, DurationMS: 12, Status: 200}},
				Request:   &latch.RecordRequest{Method: "POST", URL: "https://hooks.example.com/in", ContentType: latch.DefaultContentType, Bytes: 512},
				Response:  &latch.RecordResponse{Status: 200, Body: strings.Repeat("ok ", 100)},
				StartedAt: at, CompletedAt: at, DurationMS: 12})
		}
		run.Answer = func(string) (any, error) { return records, nil }
	}
	return f
}

// A longPage is a page of the console, and the API's call behind it.
type longPage struct{ name, page, call string }

// BenchmarkConsole compares long pages of the console with the API's call behind each,
// alternating. The metric "times" is the ratio of their durations, which should be at most 2.
func BenchmarkConsole(b *testing.B) {
	f, err := held()
	require.NoError(b, err)
	compare(b, f.client, []longPage{
		{"inbox of 500 locks", "/", "/latch/v1/locks?limit=1000"},
		{"10000 jobs", "/console/jobs", "/v2/jobs/search?limit=50&offset=0"},
		{"10000 jobs, searched", "/console/jobs?search=table+777", "/v2/jobs/search?limit=50&offset=0&search=table+777"},
		{"10000 jobs, in the middle", "/console/jobs?offset=5000", "/v2/jobs/search?limit=50&offset=5000"},
	})
}

// BenchmarkConsoleOfDeliveries does the same for the pages of deliveries. Temporal and its
// workers answer at once, so that their time does not hide the page's.
func BenchmarkConsoleOfDeliveries(b *testing.B) {
	compare(b, delivered(), []longPage{
		{"10000 deliveries", "/console/deliveries", "/latch/v1/deliveries?limit=50"},
		{"10000 deliveries, of one job", "/console/deliveries?job=777", "/latch/v1/deliveries?limit=50&job=777"},
		{"10000 deliveries, counted", "/console/deliveries/statistics", "/latch/v1/deliveries/statistics"},
	})
}

func compare(b *testing.B, temporal client.Client, pages []longPage) {
	b.Helper()
	handler, err := api.New(api.Options{Client: temporal, Routes: []api.Routes{mittoapi.Routes(mittoapi.Options{}),
		console.Routes(console.Options{})}})
	require.NoError(b, err)
	for _, each := range pages {
		b.Run(each.name, func(b *testing.B) {
			took(b, handler, each.call, "application/json")
			took(b, handler, each.page, "text/html")
			var calls, pages time.Duration
			for b.Loop() {
				calls += took(b, handler, each.call, "application/json")
				pages += took(b, handler, each.page, "text/html")
			}
			b.ReportMetric(float64(pages)/float64(calls), "times")
		})
	}
}

// took returns the duration of a request.
func took(b *testing.B, handler http.Handler, path, accept string) time.Duration {
	b.Helper()
	request := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "http://127.0.0.1:7127"+path, nil)
	request.Header.Set("Accept", accept)
	answer, began := httptest.NewRecorder(), time.Now()
	handler.ServeHTTP(answer, request)
	require.Equal(b, http.StatusOK, answer.Code, answer.Body.String())
	return time.Since(began)
}
