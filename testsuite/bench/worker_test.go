package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/plugin"
	"github.com/latch-run/latch/testsuite/server"
)

// serving is a server with two workers, created once for all benchmarks: a normal one, and one
// on the queue "narrow" with few concurrent activities.
var serving = sync.OnceValues(func() (client.Client, error) {
	started, err := server.Start(context.Background(), server.Options{})
	if err != nil {
		return nil, err
	}
	quiet := log.NewStructuredLogger(slog.New(slog.NewTextHandler(io.Discard, nil)))
	connected, err := client.Dial(client.Options{HostPort: started.FrontendHostPort, Logger: quiet})
	if err != nil {
		return nil, err
	}
	allow := []string{"127.0.0.1"}
	wide := worker.Options{Plugins: []worker.Plugin{plugin.New(plugin.Options{EgressAllow: allow})}}
	few := worker.Options{MaxConcurrentActivityExecutionSize: narrowSlots,
		Plugins: []worker.Plugin{plugin.New(plugin.Options{EgressAllow: allow, PerEndpoint: narrowSlots / 4})}}
	return connected, errors.Join(
		worker.New(connected, latch.DefaultTaskQueue, wide).Start(),
		worker.New(connected, narrow, few).Start())
})

const (
	narrow      = "narrow"
	narrowSlots = 120
)

func start(b *testing.B, queue, workflow, id, input string) client.WorkflowRun {
	b.Helper()
	connected, err := serving()
	require.NoError(b, err)
	run, err := connected.ExecuteWorkflow(b.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: queue}, workflow, json.RawMessage(input))
	require.NoError(b, err)
	return run
}

// webhooksTo returns the given number of webhooks for an event, each with its own path.
func webhooksTo(count int, event, url, settings string) string {
	listed := make([]string, count)
	for i := range listed {
		listed[i] = fmt.Sprintf(`{"id":"w%d","url":"%s/%d","event":%q%s}`, i, url, i, event, settings)
	}
	return strings.Join(listed, ",")
}
