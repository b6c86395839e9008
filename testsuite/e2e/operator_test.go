package e2e

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// Operators receive events about deliveries that failed permanently, with the record, and about
// endpoints that are gone, but never about deliveries to themselves.
func TestOperatorEvents(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.receiver.Script("/down", receiver.Status(503))
	b.receiver.Script("/gone", receiver.Status(410))
	b.receiver.Script("/operators", receiver.Status(500))
	run := b.startJob("told", `{"id":"told","task":{"http":{"url":"{R}/work"}},
		"webhooks":[
			{"id":"down","url":"{R}/down","event":"JOB_SUCCESS","retry":{"maximum_attempts":1}},
			{"id":"gone","url":"{R}/gone","event":"JOB_SUCCESS"},
			{"id":"fine","url":"{R}/fine","event":"JOB_SUCCESS"},
			{"id":"operators","url":"{R}/operators","retry":{"maximum_attempts":1},
				"events":[{"event":"DELIVERY_EXHAUSTED"},{"event":"ENDPOINT_GONE"}]}]}`)
	result := b.succeeds(run)
	require.Len(t, result.History, 3, "the job's history tells of its own events")

	told := map[string]string{}
	for _, request := range b.arrives("/operators", 2) {
		sent := body(t, request)
		webhook, _ := at(sent, "data", "record", "webhook").(string)
		told[webhook], _ = sent["event"].(string)
		require.NotEmpty(t, at(sent, "data", "record", "error"))
		require.Equal(t, run.GetID(), at(sent, "data", "record", "workflow_id"))
	}
	require.Equal(t, map[string]string{"down": latch.EventDeliveryExhausted, "gone": latch.EventEndpointGone}, told)

	operator := "operator-" + recordOf(t, result.History, "down").DeliveryID
	var emission latch.EmissionResult
	require.NoError(t, shared.client.GetWorkflow(b.ctx, operator, "").Get(b.ctx, &emission))
	require.Equal(t, latch.ResultFail, emission.History[0].Result)
	_, err := shared.client.DescribeWorkflowExecution(b.ctx, "operator-"+emission.History[0].DeliveryID, "")
	var missing *serviceerror.NotFound
	require.True(t, errors.As(err, &missing), "nobody is told of a delivery to operators: %v", err)
}

// Operators of a blocking hook learn that it failed, but not its lock: only its own receiver
// sees an open lock.
func TestOperatorsSeeNoOpenLock(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.receiver.Script("/down", receiver.Status(404))
	run := b.startJob("held", `{"id":"held","task":{"http":{"url":"{R}/work"}},"webhooks":[
		{"id":"down","url":"{R}/down","events":[{"event":"JOB_START","blocking":true,"on_error":"continue"}]},
		{"id":"operators","url":"{R}/operators","event":"DELIVERY_EXHAUSTED"}]}`)
	b.succeeds(run)
	sent := body(t, b.arrives("/operators", 1)[0])
	require.Equal(t, latch.ResultFail, at(sent, "data", "record", "result"))
	require.Nil(t, at(sent, "data", "record", "lock"))
}

// A delivery that outlives its run notifies operators too.
func TestOperatorsAreToldOfDeliveriesThatOutliveTheirRun(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.receiver.Script("/down", receiver.Status(503))
	run := b.startJob("outlived", `{"id":"outlived","task":{"http":{"url":"{R}/work"}},"webhooks":[
		{"id":"down","url":"{R}/down","event":"JOB_SUCCESS","retry":{"initial_interval":"`+beyondTheRun+`","maximum_attempts":2}},
		{"id":"operators","url":"{R}/operators","event":"DELIVERY_EXHAUSTED"}]}`)
	result := b.succeeds(run)
	require.NotEmpty(t, recordOf(t, result.History, "down").HandedTo)
	require.Empty(t, b.receiver.Requests("/operators"))
	sent := body(t, b.arrives("/operators", 1)[0])
	require.InDelta(t, 2, at(sent, "data", "record", "attempts"), 0)
}
