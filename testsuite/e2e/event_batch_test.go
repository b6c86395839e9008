package e2e

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// Every event that many callers fire concurrently reaches its webhooks once, and the answer to
// its caller leads to its records, in whichever run they are.
func TestEventsOfManyCallers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve("LATCH_API_KEYS", apiKeys)
	const callers, each = 40, 3
	fired := make(chan map[string]string, callers*each)
	var group sync.WaitGroup
	for caller := range callers {
		group.Go(func() {
			for n := range each {
				var started map[string]string
				s.as("run-key-0123456789", "POST", "/latch/v1/events", b.spec(fmt.Sprintf(`{"event":"MADE","data":{"of":"%d-%d"},"webhooks":[
					{"id":"w","url":"{R}/made","event":"MADE","body":{"event":"MADE","of":"${data.of}"}}]}`, caller, n))).read(t, 201, &started)
				fired <- started
			}
		})
	}
	group.Wait()
	close(fired)
	for started := range fired {
		run := shared.client.GetWorkflow(b.ctx, started["workflow_id"], started["run_id"])
		require.NoError(t, run.Get(b.ctx, nil))
		answer, err := shared.client.QueryWorkflow(b.ctx, started["workflow_id"], started["run_id"],
			latch.QueryHistory, latch.HistoryQuery{Event: "MADE"})
		require.NoError(t, err)
		var records []latch.Record
		require.NoError(t, answer.Get(&records))
		own := 0
		for _, record := range records {
			if record.Emission == started["id"] || started["id"] == started["workflow_id"] {
				require.Equal(t, latch.ResultPass, record.Result, record.Error)
				own++
			}
		}
		require.Equal(t, 1, own, started)
	}
	seen := map[string]int{}
	for _, request := range b.arrives("/made", callers*each) {
		seen[string(request.Body)]++
	}
	require.Len(t, seen, callers*each)
	for body, times := range seen {
		require.Equal(t, 1, times, body)
	}
}
