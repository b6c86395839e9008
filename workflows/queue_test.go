package workflows_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// kept is a queue of the given number of kept deliveries.
func kept(count int) protocol.Queue {
	var queue protocol.Queue
	for n := range count {
		queue.Items = append(queue.Items, protocol.QueueItem{DeliveryID: fmt.Sprintf("dlv_%d", n), WorkflowID: "emit"})
	}
	return queue
}

// One activity sends many kept deliveries, in their order, and the queue reports its progress.
// It ends early once the endpoint is disabled again.
func TestAQueueSendsWhatWasKeptInBatches(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answers []protocol.KeptProgress
		want    protocol.QueueState
		sent    int
	}{
		"all of it": {[]protocol.KeptProgress{{Done: 200}, {Done: 200, Lost: 2}, {Done: 50}},
			protocol.QueueState{Done: 450, Lost: 2}, 450},
		"a part, and then the rest": {[]protocol.KeptProgress{{Done: 30}, {Done: 200}, {Done: 200}, {Done: 20}},
			protocol.QueueState{Done: 450}, 450},
		"until the endpoint is disabled again": {[]protocol.KeptProgress{{Done: 200}, {Done: 10, Kept: true}},
			protocol.QueueState{Done: 210, Left: 240, Kept: true}, 210},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := 0
			b := setup(t, around(protocol.ActivitySendKeptBatch, func(context.Context, func(context.Context) (any, error)) (any, error) {
				answer := test.answers[0]
				test.answers = test.answers[1:]
				sent += answer.Done
				return answer, nil
			}))
			b.env.ExecuteWorkflow(latch.WorkflowDeliverInOrder, kept(450))
			require.NoError(t, b.env.GetWorkflowError())
			value, err := b.env.QueryWorkflow(protocol.QueryQueue)
			require.NoError(t, err)
			var got protocol.QueueState
			require.NoError(t, value.Get(&got))
			require.Equal(t, test.want, got)
			require.Equal(t, test.sent, sent)
		})
	}
}

// A redelivery that was already sent is recorded, and not sent again.
func TestARedeliveryThatWasSentIsOnlyRecorded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	delivery := protocol.Delivery{Redelivery: 2, Outcome: &protocol.Outcome{Delivered: true, Attempts: 1, DurationMS: 1500,
		CompletedAt: latch.NewTime(b.env.Now())}}
	delivery.Send.Record = latch.Record{DeliveryID: "dlv_1", Webhook: "w", Event: "JOB_SUCCESS", Result: latch.ResultPending, Sequence: 4}
	delivery.Send.Request.Webhook = latch.Webhook{ID: "w", URL: b.url + "/w"}
	b.env.ExecuteWorkflow(latch.WorkflowDeliver, delivery)
	require.NoError(t, b.env.GetWorkflowError())
	var record latch.Record
	require.NoError(t, b.env.GetWorkflowResult(&record))
	require.Equal(t, latch.ResultPass, record.Result)
	require.Equal(t, 2, record.Redelivery)
	require.Equal(t, 4, record.Sequence)
	require.EqualValues(t, 1500, record.CompletedAt.Sub(record.StartedAt.Time).Milliseconds())
	require.Empty(t, b.received())
}
