package e2e

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/server"
)

// The attempts of a webhook with a rate keep to it across workers, while those of other
// webhooks do not wait.
func TestARateIsKeptAcrossWorkers(t *testing.T) {
	t.Parallel()
	const events, rate, burst = 60, 10, 10 + 4 // a second's worth, and one for each partition of the task queue
	b, temporal := rated(t, server.Options{DynamicConfig: map[string]any{"matching.enableFairness": true}})
	b.startWorker() // a second one
	began := time.Now()
	runs := make([]client.WorkflowRun, events)
	for i := range runs {
		input := b.spec(fmt.Sprintf(`{"event":"MADE","webhooks":[
			{"id":"slow","url":"{R}/slow","event":"MADE","rate":"%d/s"},
			{"id":"free","url":"{R}/free","event":"MADE","path":"durable"}]}`, rate))
		var err error
		runs[i], err = temporal.ExecuteWorkflow(b.ctx, client.StartWorkflowOptions{ID: fmt.Sprintf("rate-%d", i), TaskQueue: b.queue},
			latch.WorkflowEmit, json.RawMessage(input))
		require.NoError(t, err)
	}
	b.arrives("/free", events)
	b.arrives("/slow", events)
	require.GreaterOrEqual(t, time.Since(began), (events-burst)*time.Second/rate)
	for _, run := range runs {
		require.NoError(t, run.Get(b.ctx, nil))
	}
	require.Len(t, b.receiver.Requests("/slow"), events, "none is sent twice")
	polled, err := temporal.DescribeTaskQueue(b.ctx, b.queue+"-at-rate", enums.TASK_QUEUE_TYPE_ACTIVITY)
	require.NoError(t, err)
	require.Len(t, polled.GetPollers(), 2)
}

// rated starts a worker on a server of its own.
func rated(t *testing.T, options server.Options) (*bench, client.Client) {
	t.Helper()
	own, err := server.Start(t.Context(), options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, own.Stop()) })
	temporal, err := client.Dial(server.Persistent(client.Options{HostPort: own.FrontendHostPort, Logger: discard}))
	require.NoError(t, err)
	t.Cleanup(temporal.Close)
	return setup(t, "TEMPORAL_ADDRESS", own.FrontendHostPort), temporal
}
