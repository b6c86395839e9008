package bench

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/console"
	"github.com/latch-run/latch/internal/mitto/mittoapi"
)

// openLocks is how many locks wait where the inbox is measured.
const openLocks = 500

// held adds releases that wait for locks, to the server of all benchmarks. No
// worker takes them: a list goes by their memos.
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
		counted, err := f.client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: "WorkflowType = '" + latch.WorkflowRelease + "'"})
		if err != nil || counted.GetCount() >= openLocks {
			return f, err
		}
		time.Sleep(100 * time.Millisecond)
	}
})

// BenchmarkConsole compares each long page of the console with the API's call
// behind it. The metric "times" is how many times as long the page takes: 2 at
// most is wanted.
func BenchmarkConsole(b *testing.B) {
	f, err := held()
	require.NoError(b, err)
	handler, err := api.New(api.Options{Client: f.client, Routes: []api.Routes{mittoapi.Routes(mittoapi.Options{}), console.Routes(console.Options{})}})
	require.NoError(b, err)
	for _, page := range []struct{ name, page, call string }{
		{"inbox of 500 locks", "/", "/latch/v1/locks?limit=100"},
	} {
		b.Run(page.name, func(b *testing.B) {
			var calls, pages time.Duration
			for b.Loop() {
				calls += took(b, handler, page.call, "application/json")
				pages += took(b, handler, page.page, "text/html")
			}
			b.ReportMetric(float64(pages)/float64(calls), "times")
		})
	}
}

// took returns how long an answer took.
func took(b *testing.B, handler http.Handler, path, accept string) time.Duration {
	b.Helper()
	request := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "http://127.0.0.1:7127"+path, nil)
	request.Header.Set("Accept", accept)
	answer, began := httptest.NewRecorder(), time.Now()
	handler.ServeHTTP(answer, request)
	require.Equal(b, http.StatusOK, answer.Code, answer.Body.String())
	return time.Since(began)
}
