package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/plugin"
	"github.com/latch-run/latch/testsuite/receiver"
)

// webhooksTo returns the given number of webhooks of an emission.
func webhooksTo(count int, url, settings string) string {
	listed := make([]string, count)
	for i := range listed {
		listed[i] = fmt.Sprintf(`{"id":"w%d","url":"%s/%d","event":"PINGED"%s}`, i, url, i, settings)
	}
	return strings.Join(listed, ",")
}

// "One dead endpoint slows nobody else": with more deliveries to a slow and to a dead endpoint
// than a worker can have in flight, those to another endpoint arrive while the slow one still
// holds its requests.
func TestSlowAndDeadEndpointsLeaveRoomForOthers(t *testing.T) {
	t.Parallel()
	const slots = 40
	fast, slow, release := receiver.New(t), receiver.New(t), make(chan struct{})
	defer close(release)
	small := worker.New(shared.client, t.Name(), worker.Options{MaxConcurrentActivityExecutionSize: slots,
		Plugins: []worker.Plugin{plugin.New(plugin.Options{EgressAllow: []string{"127.0.0.1"}, PerEndpoint: slots / 4})}})
	require.NoError(t, small.Start())
	t.Cleanup(small.Stop)
	emit := func(id, webhooks string) client.WorkflowRun {
		run, err := shared.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id + t.Name(), TaskQueue: t.Name()},
			latch.WorkflowEmit, json.RawMessage(`{"event":"PINGED","webhooks":[`+webhooks+`]}`))
		require.NoError(t, err)
		return run
	}
	for i := range 2 * slots {
		slow.Script(fmt.Sprintf("/%d", i), receiver.Answer{Status: 200, Hold: release})
	}
	emit("slow-", webhooksTo(2*slots, slow.URL, ","+unhurried))
	emit("dead-", webhooksTo(2*slots, "http://"+freeAddress(t), `,"retry":{"initial_interval":"1s","maximum_interval":"1s"}`))
	require.Eventually(t, func() bool { return len(slow.Requests("")) >= slots/4 }, patience, tick, "the slow endpoint gets its share")

	var result latch.EmissionResult
	require.NoError(t, emit("fast-", webhooksTo(slots/4, fast.URL, "")).Get(t.Context(), &result))
	for _, record := range result.History {
		require.Equal(t, latch.ResultPass, record.Result, record.Error)
		require.Equal(t, 1, record.Attempts, "to be turned away is no attempt")
	}
	require.Len(t, slow.Requests(""), slots/4, "the slow endpoint has got its share, and no more")
}
