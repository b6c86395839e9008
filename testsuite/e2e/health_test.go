package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// told returns the events of which the receiver's path has got requests, in the
// order in which they came, with the thresholds of warnings.
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

// Failed attempts in a row are counted over all runs: ENDPOINT_FAILING goes once a
// threshold to the other webhooks that listen, with what was counted, and
// ENDPOINT_RECOVERED once an attempt arrives.
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
	require.InEpsilon(t, 2, at(sent, "data", "count"), 0)
	require.NotEmpty(t, at(sent, "data", "since"))
	require.Contains(t, at(sent, "data", "last_error"), "503")
	var shown latch.RegisteredWebhook
	s.as("read-key-0123456789", "GET", "/latch/v1/webhooks/dead", "").read(t, 200, &shown)
	require.NotNil(t, shown.Endpoint)
	require.Equal(t, latch.EndpointFailing, shown.Endpoint.State)

	b.ping("dead")
	b.arrives("/pager", 3)
	require.Equal(t, []string{"ENDPOINT_FAILING 2", "ENDPOINT_FAILING 4", "ENDPOINT_RECOVERED"}, b.told("/pager"))
	shown = latch.RegisteredWebhook{}
	s.as("read-key-0123456789", "GET", "/latch/v1/webhooks/dead", "").read(t, 200, &shown)
	require.Nil(t, shown.Endpoint, "it works, so nothing is kept of it")
	require.Len(t, b.receiver.Requests("/dead"), 6, "it does not hear of itself")
}
