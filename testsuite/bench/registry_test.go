package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/mitto/mittoapi"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/testsuite/server"
)

// registeredJobs is the number of registered jobs in the benchmarks of lists and starts.
const registeredJobs = 10_000

// many is a server with that many registered jobs, created once for all benchmarks.
var many = sync.OnceValues(func() (*fixture, error) {
	ctx := context.Background()
	started, err := server.Start(ctx, server.Options{})
	if err != nil {
		return nil, err
	}
	connected, err := client.Dial(client.Options{HostPort: started.FrontendHostPort})
	if err != nil {
		return nil, err
	}
	f := &fixture{client: connected, store: registry.New(registry.Options{
		Service:   func() workflowservice.WorkflowServiceClient { return connected.WorkflowService() },
		Namespace: client.DefaultNamespace,
	})}
	return f, f.fill(ctx)
})

type fixture struct {
	client client.Client
	store  *registry.Store
}

// fill registers the jobs, and waits until Temporal lists them all.
func (f *fixture) fill(ctx context.Context) error {
	var group errgroup.Group
	group.SetLimit(16)
	for i := range registeredJobs {
		group.Go(func() error {
			_, err := f.store.Create(ctx, registry.Definition{ID: strconv.Itoa(i), Job: job(i)})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for {
		rows, err := f.store.List(ctx)
		if err != nil || len(rows) >= registeredJobs {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func job(i int) *latch.Job {
	return &latch.Job{
		ID: strconv.Itoa(i), Title: fmt.Sprintf("Load of table %d", i), Tags: []string{"etl", fmt.Sprintf("group-%d", i%100)},
		Task:     &latch.Task{Command: &latch.CommandTask{Argv: []string{"true"}}},
		Webhooks: []latch.Webhook{{ID: "slack", URL: "https://example.com/hook", Event: latch.EventJobFailure}},
		Vars:     latch.Object{"table": json.RawMessage(strconv.Itoa(i))},
	}
}

// BenchmarkListOf10000 is the list of all registered jobs.
func BenchmarkListOf10000(b *testing.B) {
	f, err := many()
	require.NoError(b, err)
	for b.Loop() {
		rows, err := f.store.List(b.Context())
		require.NoError(b, err)
		require.GreaterOrEqual(b, len(rows), registeredJobs)
	}
}

// BenchmarkAPIAmong10000 measures how long a client of the API waits.
func BenchmarkAPIAmong10000(b *testing.B) {
	f, err := many()
	require.NoError(b, err)
	handler, err := api.New(api.Options{Client: f.client, Routes: []api.Routes{mittoapi.Routes(mittoapi.Options{})}})
	require.NoError(b, err)
	for _, each := range []struct{ name, method, path, body string }{
		{"search", http.MethodPost, "/v2/jobs/search?search=table%20777", ""},
		{"search by tag", http.MethodPost, "/v2/jobs/search?tag=group-42", ""},
		{"page of 50", http.MethodGet, "/v2/jobs?limit=50&offset=5000", ""},
		{"all", http.MethodGet, "/v2/jobs", ""},
		{"one", http.MethodGet, "/v2/jobs/4711", ""},
	} {
		b.Run(each.name, func(b *testing.B) {
			for b.Loop() {
				request := httptest.NewRequestWithContext(b.Context(), each.method, "http://127.0.0.1:7127"+each.path, strings.NewReader(each.body))
				answer := httptest.NewRecorder()
				handler.ServeHTTP(answer, request)
				require.Equal(b, http.StatusOK, answer.Code, answer.Body.String())
			}
		})
	}
}

// BenchmarkStartOfARegisteredJob compares START, among 10,000 registered jobs,
// with a plain start of the same workflow.
func BenchmarkStartOfARegisteredJob(b *testing.B) {
	f, err := many()
	require.NoError(b, err)
	next := 0
	b.Run("plain", func(b *testing.B) {
		for b.Loop() {
			next++
			_, err := f.client.ExecuteWorkflow(b.Context(),
				client.StartWorkflowOptions{ID: fmt.Sprintf("plain-%d", next), TaskQueue: latch.DefaultTaskQueue},
				latch.WorkflowJobRun, job(next))
			require.NoError(b, err)
		}
	})
	b.Run("registered", func(b *testing.B) {
		for b.Loop() {
			next++
			entry, err := f.store.Get(b.Context(), strconv.Itoa(next%registeredJobs))
			require.NoError(b, err)
			_, err = f.store.Start(b.Context(), entry, "", nil)
			require.NoError(b, err)
		}
	})
}
