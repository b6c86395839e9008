package workflows_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// failing makes the first requests to a path fail.
func (b *bench) failing(path string, times int) {
	b.handlers[path] = func(w http.ResponseWriter, _ *http.Request) {
		if times--; times >= 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}
}

// Contract, "Ordered": the next delivery is sent once the previous one is settled, and not
// before. One that is given up does not block the others.
func TestOrderedSendsTheNextOnceTheOneBeforeIsSettled(t *testing.T) {
	t.Parallel()
	const job = `{"id":"j","task":{"http":{"url":"$R/do"}},"webhooks":[{"id":"w","url":"$R/w",$HOW,
		"events":[{"event":"JOB_START"},{"event":"JOB_COMPLETE"},{"event":"JOB_SUCCESS"}]}]}`
	tests := map[string]struct {
		how   string
		fails int
		want  []string
	}{
		"ordered": {`"ordered":true`, 1, []string{"JOB_START", "JOB_START", "JOB_COMPLETE", "JOB_SUCCESS"}},
		"ordered, each by an activity of its own": {`"ordered":true,"path":"durable"`, 1,
			[]string{"JOB_START", "JOB_START", "JOB_COMPLETE", "JOB_SUCCESS"}},
		"ordered, the first given up": {`"ordered":true,"retry":{"maximum_attempts":2}`, 2,
			[]string{"JOB_START", "JOB_START", "JOB_COMPLETE", "JOB_SUCCESS"}},
		"ordered, the first refused": {`"ordered":true,"retry":{"not_on":[503]}`, 1, []string{"JOB_START", "JOB_COMPLETE", "JOB_SUCCESS"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.failing("/w", test.fails)
			require.NoError(t, b.run(latch.WorkflowJobRun, strings.Replace(job, "$HOW", test.how, 1)))
			var told []string
			for _, event := range b.received() {
				if event != "/do" {
					told = append(told, event)
				}
			}
			require.Equal(t, test.want, told)
		})
	}
}

// Contract, "Ordered": without it a delivery that fails does not delay the others.
func TestUnorderedDeliveriesGoOutSideBySide(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.failing("/w", 1)
	require.NoError(t, b.run(latch.WorkflowEmitBatch, `{"events":[
		{"event":"A","webhooks":[{"id":"w","event":"A","url":"$R/w"}]},
		{"event":"B","webhooks":[{"id":"w","event":"B","url":"$R/w"}]}]}`))
	got := b.received()
	require.Len(t, got, 3)
	require.ElementsMatch(t, []string{"A", "B"}, got[:2])
}

// Contract, "Ordered": deliveries that still wait at the run's end are handed over as one
// queue, each with its number, and none is attempted before its turn.
func TestWhatWaitsIsHandedOverAsOneQueue(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.answers["/w"] = ""
	var delivers []protocol.Delivery
	var queues []protocol.Queue
	b.env.SetOnChildWorkflowStartedListener(func(info *workflow.Info, _ workflow.Context, arguments converter.EncodedValues) {
		var input converter.RawValue
		require.NoError(t, arguments.Get(&input))
		var delivery protocol.Delivery
		var queue protocol.Queue
		switch info.WorkflowType.Name {
		case latch.WorkflowDeliver:
			require.NoError(t, converter.GetDefaultDataConverter().FromPayload(input.Payload(), &delivery))
			delivers = append(delivers, delivery)
		case latch.WorkflowDeliverInOrder:
			require.NoError(t, converter.GetDefaultDataConverter().FromPayload(input.Payload(), &queue))
			queues = append(queues, queue)
		}
	})
	require.NoError(t, b.run(latch.WorkflowJobRun, `{"id":"j","task":{"http":{"url":"$R/do"}},"webhooks":[
		{"id":"w","url":"$R/w","ordered":true,"events":[{"event":"JOB_START"},{"event":"JOB_COMPLETE"},{"event":"JOB_SUCCESS"}]}]}`))
	var result latch.JobResult
	b.result(&result)
	require.Len(t, result.History, 3)
	requireChain(t, result.History, 1, "")
	var items []protocol.QueueItem
	for i, record := range result.History {
		require.Equal(t, latch.ResultPending, record.Result)
		require.Equal(t, latch.PrefixDelivery+record.DeliveryID, record.HandedTo)
		items = append(items, protocol.QueueItem{DeliveryID: record.DeliveryID, WorkflowID: record.WorkflowID, Handed: true, Waits: i > 0})
		require.Equal(t, record.DeliveryID, delivers[i].Send.Record.DeliveryID)
		require.Equal(t, i > 0, delivers[i].Waits, "the first has been tried, the others wait")
		require.Equal(t, i > 0, record.Attempts == 0)
	}
	require.Equal(t, []protocol.Queue{{Items: items}}, queues)
}

// Contract, "Ordered": a delivery that was handed over is not sent before its turn, and its
// deadline counts from then on.
func TestAWaitingDeliveryIsSentInItsTurn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.failing("/w", 1)
	began := b.env.Now()
	b.env.RegisterDelayedCallback(func() {
		require.Empty(t, b.received())
		b.env.SignalWorkflow(protocol.SignalTurn, nil)
	}, 48*time.Hour)
	record := latch.Record{DeliveryID: "dlv_1", Webhook: "w", Event: "A", Result: latch.ResultPending, Sequence: 2, PreviousID: "dlv_0"}
	webhook := latch.Webhook{ID: "w", URL: b.url + "/w", Ordered: true}
	b.env.ExecuteWorkflow(latch.WorkflowDeliver, protocol.Delivery{Waits: true,
		Send: protocol.Send{Record: record, Deadline: began.Add(time.Hour),
			Request: protocol.WebhookRequest{Webhook: webhook, Event: latch.Event{Event: "A"}, DeliveryID: "dlv_1"}}})
	require.NoError(t, b.env.GetWorkflowError())
	var ended latch.Record
	b.result(&ended)
	require.Equal(t, latch.ResultPass, ended.Result, ended.Error)
	require.Equal(t, 2, ended.Attempts)
	require.Equal(t, 2, ended.Sequence)
}

// Contract, "Ordered": the request of a blocking hook waits for its turn, while its lock can
// time out as usual.
func TestAnOrderedGateWaitsForItsTurn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.failing("/w", 3)
	require.NoError(t, b.run(latch.WorkflowEmitBatch, `{"events":[
		{"event":"A","webhooks":[{"id":"w","event":"A","url":"$R/w","ordered":true}]},
		{"event":"B","webhooks":[{"id":"w","events":[{"event":"B","blocking":true,"lock_timeout":"1h"}],"url":"$R/w","ordered":true}]}]}`))
	require.Equal(t, []string{"A", "A", "A", "A", "B"}, b.received())
	var result latch.EmissionBatchResult
	b.result(&result)
	lock := result.Events[1].History[0].Lock
	require.Equal(t, latch.ViaTimeout, lock.Via)
	require.Equal(t, time.Hour, lock.RemovedAt.Sub(result.Events[1].History[0].StartedAt.Time))
}

// Contract, "Ordered": the order of a batch is that of the input, whichever event is planned
// first.
func TestAnOrderedBatchGoesOutInItsOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, b.run(latch.WorkflowEmitBatch, `{"events":[
		{"event":"A","webhooks":[{"id":"w","url":"$R/w","ordered":true,"events":[{"event":"A","when":"true"}]}]},
		{"event":"B","webhooks":[{"id":"w","url":"$R/w","ordered":true,"events":[{"event":"B","when":"false"}]}]},
		{"event":"C","webhooks":[{"id":"w","url":"$R/w","ordered":true,"event":"C"}]}]}`))
	require.Equal(t, []string{"A", "C"}, b.received())
	var result latch.EmissionBatchResult
	b.result(&result)
	require.Equal(t, 1, result.Events[0].History[0].Sequence)
	require.Zero(t, result.Events[1].History[0].Sequence)
	require.Equal(t, 2, result.Events[2].History[0].Sequence)
}

// Contract, "Ordered": a cancelled job still sends its events in order.
func TestACancelledJobTellsItsEventsInOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.failing("/w", 3)
	b.env.RegisterDelayedCallback(b.env.CancelWorkflow, 10*time.Second)
	require.Error(t, b.run(latch.WorkflowJobRun, `{"id":"j","delay":"0s","retry":{"initial_interval":"1h"},"task":{"http":{"url":"$R/w"}},"webhooks":[
		{"id":"w","url":"$R/w","ordered":true,"events":[{"event":"JOB_START"},{"event":"JOB_COMPLETE"},{"event":"JOB_FAILURE"}]}]}`))
	var told []string
	for _, event := range b.received() {
		if event != "/w" && (len(told) == 0 || told[len(told)-1] != event) {
			told = append(told, event)
		}
	}
	require.Equal(t, []string{"JOB_START", "JOB_COMPLETE", "JOB_FAILURE"}, told)
}

// Contract, "Ordered": waiting deliveries continue to wait in the run that continues as new.
func TestWhatWaitsForItsTurnIsSentByTheNextRun(t *testing.T) {
	t.Parallel()
	const spec = `{"id":"long","steps":[{"name":"a","do":{"http":{"url":"$R/do"}}},{"name":"b","do":{"http":{"url":"$R/do"}}}],"webhooks":[
		{"id":"gate","events":[{"event":"BEFORE_STEP","when":"step.name == 'b'","blocking":true,"lock_timeout":"72h","on_timeout":"continue"}]},
		{"id":"w","url":"$R/w","ordered":true,"body":{"event":"${event} ${step.name}"},"retry":{"deadline":"720h","initial_interval":"30m"},
			"events":[{"event":"BEFORE_STEP"},{"event":"AFTER_STEP"}]}]}`
	b := setup(t)
	b.answers["/w"] = ""
	b.env.RegisterDelayedCallback(func() { b.env.SetContinueAsNewSuggested(true) }, time.Hour)
	input := b.leaves(latch.WorkflowRelease, spec)
	for _, event := range b.received() {
		require.Contains(t, []string{"BEFORE_STEP a", "/do"}, event)
	}
	b.answers["/w"] = "{}"
	before := len(b.received())

	next := setup(t)
	next.env.SetContinuedExecutionRunID("earlier")
	next.env.ExecuteWorkflow(latch.WorkflowRelease, converter.NewRawValue(input))
	require.NoError(t, next.env.GetWorkflowError())
	require.Equal(t, []string{"BEFORE_STEP a", "AFTER_STEP a", "BEFORE_STEP b", "/do", "AFTER_STEP b"}, b.received()[before:])
	var result latch.ReleaseResult
	next.result(&result)
	var records []latch.Record
	for _, record := range result.History {
		if record.Webhook == "w" {
			require.Equal(t, latch.ResultPass, record.Result)
			records = append(records, record)
		}
	}
	require.Len(t, records, 4)
	requireChain(t, records, 1, "")
}

// Contract, "Ordered": a queue gives each delivery its turn once the previous one is settled.
// One that was ended from outside, was kept or no longer exists does not block the others.
func TestAQueueGivesTurnsOneByOne(t *testing.T) {
	t.Parallel()
	var told []string
	settle := func(context.Context, func(context.Context) (any, error)) (any, error) {
		told = append(told, "settled")
		return protocol.QueueAnswer{Error: "it was terminated", Kept: len(told) < 3}, nil
	}
	b := setup(t, around(protocol.ActivitySendKept, settle))
	tell := func(id string, failure error) {
		b.env.OnSignalExternalWorkflow(mock.Anything, latch.PrefixDelivery+id, "", protocol.SignalTurn, nil).Return(
			func(string, string, string, string, any) error {
				told = append(told, id)
				return failure
			})
	}
	tell("dlv_1", nil)
	tell("dlv_2", errors.New("no such workflow"))
	tell("dlv_3", nil)
	b.env.ExecuteWorkflow(latch.WorkflowDeliverInOrder, protocol.Queue{Items: []protocol.QueueItem{
		{DeliveryID: "dlv_1", Handed: true, Waits: true}, {DeliveryID: "dlv_2", Handed: true, Waits: true},
		{DeliveryID: "dlv_3", Handed: true, Waits: true}}})
	require.NoError(t, b.env.GetWorkflowError())
	require.Equal(t, []string{"dlv_1", "settled", "dlv_2", "settled", "dlv_3", "settled"}, told)
}
