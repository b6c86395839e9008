package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// emission waits for an emission's result.
func (b *bench) emission(run client.WorkflowRun) latch.EmissionResult {
	b.Helper()
	var result latch.EmissionResult
	require.NoError(b, run.Get(b.ctx, &result))
	return result
}

// contract, "Emission": it sends a custom event with its data, its id is the workflow id by
// default, and it completes whatever the outcome of deliveries.
func TestEmit(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.receiver.Script("/refuses", receiver.Status(404))
	plain := b.startSpec(latch.WorkflowEmit, "plain", `{"event":"INSTANCE_CREATED","data":{"n":1.50},
		"instance":{"id":"i-7"},"vars":{"team":"core"},
		"webhooks":[
			{"id":"told","url":"{R}/told","event":"INSTANCE_CREATED"},
			{"id":"rendered","url":"{R}/rendered","event":"INSTANCE_CREATED",
				"body":{"n":"${data.n}","i":"${instance.id}","t":"${vars.team}","e":"${event}"}},
			{"id":"refuses","url":"{R}/refuses","event":"INSTANCE_CREATED"},
			{"id":"other","url":"{R}/other","event":"INSTANCE_DELETED"}]}`)
	named := b.startSpec(latch.WorkflowEmit, "named", `{"id":"nightly","event":"PASSED_REGRESSION_TESTING"}`)

	result := b.emission(plain)
	require.Equal(t, plain.GetID(), result.ID)
	require.Equal(t, "INSTANCE_CREATED", result.Event)
	require.Len(t, result.History, 3)
	require.Equal(t, latch.ResultFail, recordOf(t, result.History, "refuses").Result)
	told := body(t, b.receiver.Requests("/told")[0])
	require.Equal(t, map[string]any{"n": 1.5}, told["data"])
	require.Equal(t, map[string]any{"id": "i-7"}, told["instance"])
	require.NotContains(t, told, "job")
	require.NotContains(t, told, "release")
	require.JSONEq(t, `{"n":1.5,"i":"i-7","t":"core","e":"INSTANCE_CREATED"}`, string(b.receiver.Requests("/rendered")[0].Body))
	require.Equal(t, map[string]int{"/told": 1, "/rendered": 1, "/refuses": 1}, b.came(""))
	require.Equal(t, "nightly", b.emission(named).ID)
	require.Empty(t, b.emission(named).History)
}

// contract, "Emission": it waits for its blocking hooks, and a stop there only appears in the
// record.
func TestEmitWaitsForBlockingHooks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.receiver.Script("/answers-fail", receiver.JSON(200, `{"result":"fail"}`))
	run := b.startSpec(latch.WorkflowEmit, "waits", `{"event":"NEEDS_REVIEW","webhooks":[
		{"id":"review","url":"{R}/answers-fail","events":[{"event":"NEEDS_REVIEW","blocking":true}]}]}`)
	timed := b.startSpec(latch.WorkflowEmit, "timed", `{"event":"NEEDS_REVIEW","webhooks":[
		{"id":"review","events":[{"event":"NEEDS_REVIEW","blocking":true,"lock_timeout":"1s"}]}]}`)
	lock := b.awaitLock(run)
	request := b.arrives("/answers-fail", 1)[0]
	require.Equal(t, lock.Token, request.Header.Get("X-Latch-Lock"))
	require.Equal(t, lock.Token, body(t, request)["lock"])
	awaitResponse(b, run, "review")
	require.Len(t, b.status(run.GetID()).Locks, 1, "an answer of fail does not remove the lock of an emission")
	b.removeLock(run, latch.LockRelease{Lock: lock.Token, Result: "pass", By: "ann"})
	record := recordOf(t, b.emission(run).History, "review")
	require.Equal(t, latch.ResultPass, record.Result)
	require.Equal(t, "ann", record.Lock.RemovedBy)
	record = recordOf(t, b.emission(timed).History, "review")
	require.Equal(t, latch.Stop, record.Decision)
	require.Equal(t, latch.ViaTimeout, record.Lock.Via)
}

// contract, "Emission" and "Events": built-in events, reserved names and decisions are refused.
func TestEmitRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, c := range map[string]struct{ spec, tells string }{
		"built-in":  {`{"event":"JOB_SUCCESS"}`, "event: JOB_SUCCESS"},
		"release":   {`{"event":"BEFORE_RELEASE"}`, "event: BEFORE_RELEASE"},
		"reserved":  {`{"event":"LOCK_OPENED"}`, "event: "},
		"lowercase": {`{"event":"created"}`, "event: "},
		"none":      {`{"id":"x"}`, "event: required"},
		"stop": {`{"event":"MINE",
			"webhooks":[{"id":"a","url":"{R}",
				"events":[{"event":"MINE","stop_release":"true"}]}]}`, "webhooks[0].events[0].stop_release"},
		"rollback": {`{"event":"MINE",
			"webhooks":[{"id":"a","url":"{R}",
				"events":[{"event":"MINE","rollback_release":"true"}]}]}`, "webhooks[0].events[0].rollback_release"},
		"text": {`"MINE"`, ""},
	} {
		err := b.startSpec(latch.WorkflowEmit, name, c.spec).Get(b.ctx, nil)
		require.Equal(t, latch.ErrorInvalidSpec, kindOf(err), "%s: %v", name, err)
		require.Contains(t, messageOf(err), c.tells)
	}
}
