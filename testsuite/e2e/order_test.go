package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// Contract, "Ordered": deliveries that a run could not send are sent in order once the endpoint
// answers, each with its number, whichever workflow sends them.
func TestOrderedDeliveriesOutliveTheirRunInOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.receiver.Script("/ledger", receiver.Status(503), receiver.JSON(200, `{}`))
	result := b.succeeds(b.startJob("booked", jobWith("booked", `{"id":"ledger","url":"{R}/ledger","ordered":true,
		"retry":{"initial_interval":"`+beyondTheRun+`","backoff_coefficient":1},"events":[{"event":"JOB_START"},{"event":"JOB_COMPLETE"},{"event":"JOB_SUCCESS"}]}`)))
	require.Len(t, result.History, 3)
	var got []string
	for _, request := range b.arrives("/ledger", 4) {
		got = append(got, body(t, request)["event"].(string)+" "+request.Header.Get("webhook-sequence")+" "+request.Header.Get("webhook-previous-id"))
	}
	records := result.History
	require.Equal(t, []string{"JOB_START 1 ", "JOB_START 1 ", "JOB_COMPLETE 2 " + records[0].DeliveryID,
		"JOB_SUCCESS 3 " + records[1].DeliveryID}, got)
	for i, record := range records {
		require.Equal(t, "deliver-"+record.DeliveryID, record.HandedTo, "the run has closed before its endpoint answered")
		var final latch.Record
		require.NoError(t, shared.client.GetWorkflow(b.ctx, record.HandedTo, "").Get(b.ctx, &final))
		require.Equal(t, latch.ResultPass, final.Result)
		require.Equal(t, i+1, final.Sequence)
	}
}
