package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/testsuite/receiver"
)

// told returns the events of the requests to the receiver's path, in the order of their
// arrival, with the thresholds of warnings.
func (b *bench) told(path string) []string {
	var events []string
	for _, request := range b.receiver.Requests(path) {
		sent := body(b.T, request)
		event, _ := sent["event"].(string)
		if threshold, is := at(sent, "data", "threshold").(float64); is {
			event += map[float64]string{2: " 2", 4: " 4"}[threshold]
		}
		events = append(events, event)
	}
	return events
}

// ping fires the event PINGED on the bench's queue and waits until it is settled.
func (b *bench) ping(id string) latch.EmissionResult {
	b.Helper()
	run := b.start(latch.WorkflowEmit, id, `{"event":"PINGED"}`)
	return b.emission(run)
}

// Consecutive failed attempts are counted over all runs. ENDPOINT_FAILING is sent once for each
// threshold to the other webhooks that listen, with the count, and ENDPOINT_RECOVERED once an
// attempt succeeds.
func TestFailingEndpointIsToldOncePerThreshold(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve("LATCH_API_KEYS", apiKeys)
	b.receiver.Script("/dead", receiver.Status(503), receiver.Status(503), receiver.Status(503),
		receiver.Status(503), receiver.Status(503), receiver.Status(200))
	const listens = `"events":[{"event":"PINGED"},{"event":"ENDPOINT_FAILING"},{"event":"ENDPOINT_RECOVERED"}]`
	s.register("dead", `{"url":"{R}/dead","health":{"warn_at":[2,4]},"retry":{"maximum_attempts":1},`+listens+`}`)
	s.register("pager", `{"url":"{R}/pager","when":"job.id == 'no job fires this'",
		"events":[{"event":"ENDPOINT_FAILING"},{"event":"ENDPOINT_RECOVERED"}]}`)
	for range 5 {
		b.ping("dead")
	}
	alerts := b.arrives("/pager", 2)
	require.Equal(t, []string{"ENDPOINT_FAILING 2", "ENDPOINT_FAILING 4"}, b.told("/pager"))
	sent := body(t, alerts[0])
	require.Equal(t, "dead", at(sent, "data", "webhook"))
	require.GreaterOrEqual(t, at(sent, "data", "count"), 2.0, "more may have failed by the time it is told")
	require.NotEmpty(t, at(sent, "data", "since"))
	require.Contains(t, at(sent, "data", "last_error"), "answered 503")
	var shown latch.RegisteredWebhook
	s.as("read-key-0123456789", "GET", "/latch/v1/webhooks/dead", "").read(t, 200, &shown)
	require.NotNil(t, shown.Endpoint)
	require.Equal(t, latch.EndpointFailing, shown.Endpoint.State)

	b.ping("dead")
	b.arrives("/pager", 3)
	require.Equal(t, []string{"ENDPOINT_FAILING 2", "ENDPOINT_FAILING 4", "ENDPOINT_RECOVERED"}, b.told("/pager"))
	require.Eventually(t, func() bool {
		var shown latch.RegisteredWebhook
		s.as("read-key-0123456789", "GET", "/latch/v1/webhooks/dead", "").read(t, 200, &shown)
		return shown.Endpoint == nil
	}, patience, tick, "it works, so nothing is kept of it")
	require.Len(t, b.receiver.Requests("/dead"), 6, "it does not hear of itself")
}

// Deliveries to a disabled endpoint are kept as skipped, and only probes are sent. After a
// successful probe the endpoint counts as working again, and the kept deliveries are sent in
// the order of the events.
func TestDisabledEndpointLosesNothing(t *testing.T) {
	t.Parallel()
	const events = 20
	own := ownNamespace(t) // skipped deliveries are searched in all runs of the namespace
	b := setup(t, "TEMPORAL_NAMESPACE", own)
	s := b.serve("LATCH_API_KEYS", apiKeys, "TEMPORAL_NAMESPACE", own)
	temporal, err := client.DialContext(b.ctx, client.Options{HostPort: shared.server.FrontendHostPort, Namespace: own,
		Logger: log.NewStructuredLogger(discard)})
	require.NoError(t, err)
	t.Cleanup(temporal.Close)
	b.receiver.Script("/dead", receiver.Status(503))
	const alerts = `"events":[{"event":"ENDPOINT_FAILING"},{"event":"ENDPOINT_DISABLED"},{"event":"ENDPOINT_RECOVERED"}]`
	s.register("dead", `{"url":"{R}/dead","event":"PINGED","body":{"n":"${data.n}"},
		"health":{"warn_at":[2,4],"disable_after":"1s","probe":"1s"},"retry":{"initial_interval":"100ms","maximum_interval":"100ms"}}`)
	s.register("pager", `{"url":"{R}/pager",`+alerts+`}`)
	ping := func(n int) latch.Record {
		var result latch.EmissionResult
		run, err := temporal.ExecuteWorkflow(b.ctx, client.StartWorkflowOptions{TaskQueue: b.queue}, latch.WorkflowEmit,
			json.RawMessage(fmt.Sprintf(`{"event":"PINGED","data":{"n":%d}}`, n)))
		require.NoError(t, err)
		require.NoError(t, run.Get(b.ctx, &result))
		return result.History[0]
	}
	ping(0)
	b.arrives("/pager", 3)
	require.ElementsMatch(t, []string{"ENDPOINT_FAILING 2", "ENDPOINT_FAILING 4", "ENDPOINT_DISABLED"}, b.told("/pager")[:3],
		"each comes in a run of its own, and those may overtake each other")
	require.Eventually(t, func() bool { return ping(1).Kept }, patience, tick)
	before := len(b.receiver.Requests("/dead"))
	for n := 2; n < events; n++ {
		record := ping(n)
		require.Equal(t, latch.ResultSkipped, record.Result)
		require.True(t, record.Kept)
		require.Contains(t, record.Error, "can be sent later")
	}
	require.Less(t, len(b.receiver.Requests("/dead"))-before, events/2, "only probes are made")

	down := len(b.receiver.Requests("/dead"))
	b.receiver.Script("/dead", receiver.Status(200))
	b.arrives("/pager", 4)
	require.Equal(t, "ENDPOINT_RECOVERED", b.told("/pager")[3])
	arrived := func() []string {
		var order []string
		for _, request := range b.receiver.Requests("/dead")[down:] {
			if n := fmt.Sprint(body(t, request)["n"]); !slices.Contains(order, n) {
				order = append(order, n)
			}
		}
		return order
	}
	require.Eventually(t, func() bool {
		said := b.starter([]string{"TEMPORAL_NAMESPACE=" + own}, "deliveries", "redeliver", "--skipped", "--webhook",
			"dead", "--since", "1h")
		return said.code == 0 && len(arrived()) == events
	}, patience, 10*tick, "all events are there")
	l := &lane{bench: b}
	for name, id := range map[string]string{"endpoint": protocol.EndpointID(b.queue, "dead"),
		"deliver-in-order": protocol.QueueID(b.queue, "dead")} {
		require.NoError(t, temporal.GetWorkflow(b.ctx, id, "").Get(b.ctx, nil), name)
		history := l.recordedAt(temporal, id, "")
		l.replays(id, history)
		l.keepOnce(name, history)
	}
	order := arrived()
	require.True(t, slices.IsSortedFunc(order, func(a, b string) int { return number(t, a) - number(t, b) }), "in order: %v", order)
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	require.NoError(t, err)
	return n
}
