package e2e

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/admission"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/testsuite/receiver"
)

// contract, "Job": a job with jobs runs them in order as children, each with its own webhooks.
// The first failure ends it, unless that job has continue_on_error.
func TestSequence(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.receiver.Script("/all/build", receiver.JSON(200, `{"version":"4.2"}`))
	b.receiver.Script("/all/flaky", receiver.Status(404))
	b.receiver.Script("/some/second", receiver.Status(404))

	all := b.startJob("all", `{"id":"all",
		"jobs":[
			{"id":"build","task":{"http":{"url":"{R}/all/build"}},
				"webhooks":[{"id":"told","url":"{R}/all/told","event":"JOB_SUCCESS"}]},
			{"id":"flaky","continue_on_error":true,"task":{"http":{"url":"{R}/all/flaky"}},
				"webhooks":[{"id":"told","url":"{R}/all/flaky-told","event":"JOB_FAILURE"}]},
			{"id":"nested","jobs":[{"id":"inner","task":{"http":{"url":"{R}/all/inner"}}}]}],
		"webhooks":[{"id":"done","url":"{R}/all/done","event":"JOB_SUCCESS","events":null}]}`)
	some := b.startJob("some", `{"id":"some","jobs":[
		{"id":"first","task":{"http":{"url":"{R}/some/first"}}},
		{"id":"second","task":{"http":{"url":"{R}/some/second"}}},
		{"id":"third","task":{"http":{"url":"{R}/some/third"}}}],"webhooks":`+everyJobEvent("/some")+`}`)

	result := b.succeeds(all)
	require.Len(t, result.Jobs, 3)
	require.Equal(t, []string{"build", "flaky", "nested"}, []string{result.Jobs[0].ID, result.Jobs[1].ID, result.Jobs[2].ID})
	require.Equal(t, []string{"succeeded", "failed", "succeeded"},
		[]string{result.Jobs[0].Status, result.Jobs[1].Status, result.Jobs[2].Status})
	require.JSONEq(t, `{"version":"4.2"}`, kvpJSON(t, result.Jobs[0].KVP))
	require.Contains(t, result.Jobs[1].Error, "answered 404")
	require.Len(t, result.Jobs[2].Jobs, 1)
	require.Equal(t, map[string]int{"/build": 1, "/told": 1, "/flaky": 1, "/flaky-told": 1, "/inner": 1, "/done": 1}, b.came("/all"))
	for _, child := range []string{"/build", "/nested", "/nested/inner"} {
		require.NotNil(t, b.history(all.GetID()+child), "a child's workflow id is <parent>/<job id>")
	}
	told := body(t, b.receiver.Requests("/all/told")[0])
	require.Equal(t, all.GetID()+"/build", at(told, "run", "workflow_id"))
	order := map[string]int{}
	for _, request := range b.receiver.Requests("") {
		order[request.Path] = request.Order
	}
	require.Less(t, order["/all/build"], order["/all/flaky"])
	require.Less(t, order["/all/flaky"], order["/all/inner"])

	failed := b.failsAs(some, latch.JobFailed)
	require.Contains(t, failed.Error, "second")
	require.Len(t, failed.Jobs, 2)
	require.Equal(t, latch.JobFailed, failed.Jobs[1].Status)
	require.Equal(t, map[string]int{"/first": 1, "/second": 1, "/start": 1, "/complete": 1, "/failure": 1}, b.came("/some"))
}

// contract, "Templates" and "Job": a sequence's hooks see jobs[id] with status and kvp, and so does
// what of its jobs looks at them. A registered webhook of which the sequences do not know has a job
// ask them, once for all its events. A job that does not look is told nothing but where they are.
func TestSequenceTellsOfItsJobs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	registered, err := admission.DecodeRegisteredWebhook([]byte(b.spec(`{"id":"audit","url":"{R}/audit","when":"job.id == 'check'",
		"events":[{"event":"JOB_START"},{"event":"JOB_SUCCESS"}],"body":{"jobs":"${jobs}"}}`)))
	require.NoError(t, err)
	_, err = b.registry().Webhooks().Create(b.ctx, *registered)
	require.NoError(t, err)
	b.receiver.Script("/build", receiver.JSON(200, `{"version":"4.2"}`))
	run := b.startJob("tells", `{"id":"tells","jobs":[{"id":"build","task":{"http":{"url":"{R}/build"}}},
			{"id":"all","jobs":[
				{"id":"deploy","task":{"http":{"url":"{R}/deploy","body":{"version":"${jobs.build.kvp.version}"}}}},
				{"id":"check","task":{"http":{"url":"{R}/check"}}},
				{"id":"last","task":{"http":{"url":"{R}/last"}}}]}],
		"webhooks":[{"id":"done","url":"{R}/done","event":"JOB_SUCCESS",
			"body":{"version":"${jobs['build'].kvp.version}","status":"${jobs.build.status}"}}]}`)
	b.succeeds(run)
	require.JSONEq(t, `{"version":"4.2","status":"succeeded"}`, string(b.receiver.Requests("/done")[0].Body))
	require.JSONEq(t, `{"version":"4.2"}`, string(b.receiver.Requests("/deploy")[0].Body))
	for _, request := range b.arrives("/audit", 2) {
		require.JSONEq(t, `{"jobs":{"build":{"status":"succeeded","kvp":{"version":"4.2"}},"deploy":{"status":"succeeded","kvp":{}}}}`,
			string(request.Body))
	}
	job := func(id string) []*historypb.HistoryEvent {
		return b.events(shared.client.GetWorkflow(b.ctx, run.GetID()+"/all/"+id, ""))
	}
	asked := func(id string) int {
		return len(slices.DeleteFunc(scheduled(job(id)), func(kind string) bool { return kind != protocol.ActivityEarlierJobs }))
	}
	require.Equal(t, []int{0, 1, 0}, []int{asked("deploy"), asked("check"), asked("last")})
	told := job("last")[0].GetWorkflowExecutionStartedEventAttributes().GetInput().GetPayloads()[1]
	require.JSONEq(t, `{"":{"status":"untold","kvp":{"count":2,"attempt":1}}}`, string(told.GetData()))
}

// contract, "Job": a cancellation reaches the child that runs.
func TestSequenceCancellation(t *testing.T) {
	t.Parallel()
	b := setup(t)
	run := b.startJob("cancelled", `{"id":"cancelled",
		"jobs":[
			{"id":"waits","task":{"http":{"url":"{R}/work"}},"webhooks":[
				{"id":"gate","events":[{"event":"JOB_START","blocking":true}]},
				{"id":"told","url":"{R}/told","event":"JOB_FAILURE"}]},
			{"id":"never","task":{"http":{"url":"{R}/never"}}}]}`)
	require.Eventually(t, func() bool {
		value, err := shared.client.QueryWorkflow(b.ctx, run.GetID()+"/waits", "", latch.QueryStatus)
		var status latch.Status
		return err == nil && value.Get(&status) == nil && len(status.Locks) == 1
	}, patience, tick)
	require.NoError(t, b.update(run, latch.MessageStop, json.RawMessage(`{"reason":"freeze"}`), nil))
	result, err := b.endOfJob(run)
	require.True(t, temporal.IsCanceledError(err), "%v", err)
	require.Len(t, result.Jobs, 1)
	require.Equal(t, latch.JobCancelled, result.Jobs[0].Status)
	require.Equal(t, map[string]int{"/told": 1}, b.came(""))
}
