package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// Temporal accepts a retry with only a maximum, on any kind of task.
func TestARetryWithAMaximumAloneRuns(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.receiver.Script("/busy", receiver.Status(503), receiver.Status(200))
	run := b.start(latch.WorkflowJobRun, "job",
		fmt.Sprintf(`{"id":"1","task":{"http":{"url":"%s/busy","retry":{"maximum_interval":"1s","maximum_attempts":2}}}}`, b.receiver.URL))
	var result latch.JobResult
	require.NoError(t, run.Get(b.ctx, &result))
	require.Len(t, b.receiver.Requests("/busy"), 2)
}

// A message that is not valid UTF-8 is refused like any other wrong message, and the run
// continues.
func TestAMessageThatIsNoTextIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	run := b.start(latch.WorkflowRelease, "release", `{"id":"1",
		"steps":[{"name":"a","do":{"workflow":{"type":"latch.Emit","input":{"event":"DONE"}}}}],
		"webhooks":[{"id":"board","events":[{"event":"BEFORE_RELEASE","blocking":true}]}]}`)
	lock := awaitLock(t, run.GetID())
	bad := json.RawMessage("{\"by\":[\"\xff\"]}")
	update, err := shared.client.UpdateWorkflow(b.ctx, client.UpdateWorkflowOptions{WorkflowID: run.GetID(), UpdateName: latch.MessageStop,
		WaitForStage: client.WorkflowUpdateStageCompleted, Args: []any{bad}})
	require.NoError(t, err)
	require.ErrorContains(t, update.Get(b.ctx, nil), "by: must be a string")
	require.NoError(t, shared.client.SignalWorkflow(b.ctx, run.GetID(), "", latch.MessageStop, bad))
	_, err = shared.client.QueryWorkflow(b.ctx, run.GetID(), "", latch.QueryHistory, json.RawMessage("{\"limit\":\"\xff\"}"))
	require.ErrorContains(t, err, "limit: must be a whole number")
	require.Len(t, b.status(run.GetID()).Rejected, 1)
	require.NoError(t, shared.client.SignalWorkflow(b.ctx, run.GetID(), "", latch.MessageReleaseLock, latch.LockRelease{Lock: lock.Token}))
	var result latch.ReleaseResult
	require.NoError(t, run.Get(b.ctx, &result))
	require.Equal(t, latch.ReleaseReleased, result.Status)
}

// A run whose input was refused reports that in its status.
func TestTheStatusOfARefusedRunIsFailed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	run := b.start(latch.WorkflowJobRun, "refused", `{"id":"x","taks":{}}`)
	require.ErrorContains(t, run.Get(b.ctx, nil), `taks: unknown key; did you mean "task"?`)
	status := b.status(run.GetID())
	require.Equal(t, "x", status.ID)
	require.Equal(t, latch.JobFailed, status.Status)
	require.Contains(t, status.Phase, "refused: taks: unknown key")
}

// Templates: webhook (id) is available in bodies, URLs, headers and expressions.
func TestTheVariableWebhookIsTheSameEverywhere(t *testing.T) {
	t.Parallel()
	b := setup(t)
	run := b.start(latch.WorkflowRelease, "webhook", fmt.Sprintf(`{"id":"1",
		"steps":[{"name":"a","do":{"workflow":{"type":"latch.Emit","input":{"event":"DONE"}}}}],
		"webhooks":[{"id":"board","url":"%s/${webhook.id}","headers":{"X-Of":"${webhook.id}"},
			"body":{"of":"${webhook}"},"events":[{"event":"BEFORE_RELEASE","when":"webhook.id == 'board'",
				"stop_release":"webhook.id != 'board'"}]}]}`, b.receiver.URL))
	var result latch.ReleaseResult
	require.NoError(t, run.Get(b.ctx, &result))
	require.Equal(t, latch.ReleaseReleased, result.Status, result.Reason)
	request := b.receiver.Requests("/board")[0]
	require.JSONEq(t, `{"of":{"id":"board"}}`, string(request.Body))
	require.Equal(t, "board", request.Header.Get("X-Of"))
}

// Templates: jobs[id] has the results of the previous jobs.
func TestALaterJobOfASequenceSeesTheEarlierOnes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.receiver.Script("/build", receiver.JSON(200, `{"version":4.20}`))
	run := b.start(latch.WorkflowJobRun, "sequence", fmt.Sprintf(`{"id":"s",
		"jobs":[
			{"id":"build","task":{"http":{"url":"%[1]s/build"}}},
			{"id":"deploy","task":{"http":{"url":"%[1]s/deploy","body":{"version":"${jobs.build.kvp.version}",
				"was":"${jobs['build'].status}"}}}}]}`, b.receiver.URL))
	require.NoError(t, run.Get(b.ctx, nil))
	require.JSONEq(t, `{"version":4.20,"was":"succeeded"}`, string(b.receiver.Requests("/deploy")[0].Body))
	require.Contains(t, string(b.receiver.Requests("/deploy")[0].Body), "4.20")
}

// Task: a child workflow that no worker runs delays its job no longer than its timeout and the
// time to close.
func TestAChildWorkflowThatNobodyTakesTimesOut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	run := b.start(latch.WorkflowJobRun, "job",
		`{"id":"1","task":{"workflow":{"type":"Nobodys","task_queue":"nobody-polls-this","timeout":"1s"}}}`)
	err := run.Get(b.ctx, nil)
	require.ErrorContains(t, err, "did not close within 30s: is a worker running that polls its task queue?")
}

// How long a run stays open: the child continues with the current record, including a lock's
// removal, whose result a failed delivery does not change.
func TestAHandedOverRecordKeepsWhatItsLockBrought(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.receiver.Stop()
	run := b.start(latch.WorkflowRelease, "release", fmt.Sprintf(`{"id":"1",
		"steps":[{"name":"a","do":{"workflow":{"type":"latch.Emit","input":{"event":"DONE"}}}}],
		"webhooks":[{"id":"board","url":"%s/board","retry":{"initial_interval":%q,"maximum_attempts":2},
			"events":[{"event":"BEFORE_RELEASE","blocking":true}]}]}`, b.receiver.URL, beyondTheRun))
	lock := awaitLock(t, run.GetID())
	require.NoError(t, shared.client.SignalWorkflow(b.ctx, run.GetID(), "", latch.MessageReleaseLock,
		latch.LockRelease{Lock: lock.Token, By: "ann", Data: latch.Object{"ticket": json.RawMessage("7")}}))
	var result latch.ReleaseResult
	require.NoError(t, run.Get(b.ctx, &result))
	require.Equal(t, latch.ReleaseReleased, result.Status)
	parent := result.History[0]
	require.NotEmpty(t, parent.HandedTo)
	var child latch.Record
	require.NoError(t, shared.client.GetWorkflow(b.ctx, parent.HandedTo, "").Get(b.ctx, &child))
	require.Equal(t, latch.ResultPass, child.Result)
	require.Equal(t, latch.Continue, child.Decision)
	require.Equal(t, "ann", child.Lock.RemovedBy)
	require.JSONEq(t, "7", string(child.Data["ticket"]))
	require.Equal(t, 2, child.Attempts)
	require.Contains(t, child.Error, "given up after 2")
}

// How long a run stays open: however many deliveries are handed over, and however large, the
// run closes and none is lost.
func TestManyLargeDeliveriesAreHandedOver(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.receiver.Stop()
	var webhooks []string
	for i := range 120 {
		webhooks = append(webhooks, fmt.Sprintf(`{"id":"w%d","url":"%s/x","event":"LARGE","retry":{"initial_interval":"1h"}}`, i, b.receiver.URL))
	}
	run := b.start(latch.WorkflowEmit, "large", fmt.Sprintf(`{"event":"LARGE","data":{"x":"%s"},"webhooks":[%s]}`,
		strings.Repeat("x", 40<<10), strings.Join(webhooks, ",")))
	var result latch.EmissionResult
	require.NoError(t, run.Get(b.ctx, &result))
	require.Len(t, result.History, 120)
	for _, record := range result.History {
		require.Equal(t, latch.ResultPending, record.Result)
		require.NotEmpty(t, record.HandedTo)
		require.NoError(t, shared.client.TerminateWorkflow(b.ctx, record.HandedTo, "", "the test is over"))
	}
}

// Job: only the job's own cancellation makes it cancelled. A task that somebody else cancelled
// has failed.
func TestATaskThatSomebodyElseCancelledHasFailed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	run := b.start(latch.WorkflowJobRun, "job", `{"id":"1","task":{"workflow":{"type":"latch.Emit","id":"cancelled-elsewhere",
		"input":{"event":"DONE","webhooks":[{"id":"board","events":[{"event":"DONE","blocking":true}]}]}}}}`)
	awaitLock(t, "cancelled-elsewhere")
	require.NoError(t, shared.client.CancelWorkflow(b.ctx, "cancelled-elsewhere", ""))
	require.ErrorContains(t, run.Get(b.ctx, nil), "job 1 failed: cancelled")
}
