package e2e

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
	"github.com/latch-run/latch/testsuite/server"
)

// triggersOf lists the workflow ids of what a job's schedule has started, the newest first.
func triggersOf(b *bench, c client.Client, id string) []string {
	b.Helper()
	listed, err := c.ListWorkflow(b.ctx,
		&workflowservice.ListWorkflowExecutionsRequest{Query: "TemporalScheduledById = 'latch-job-" + id + "'"})
	if err != nil {
		return nil // the caller repeats the call
	}
	runs := listed.GetExecutions()
	slices.SortFunc(runs, func(x, y *workflowpb.WorkflowExecutionInfo) int {
		return y.GetStartTime().AsTime().Compare(x.GetStartTime().AsTime())
	})
	var ids []string
	for _, info := range runs {
		ids = append(ids, info.GetExecution().GetWorkflowId())
	}
	return ids
}

// metric returns the values of one of the worker's metrics, one line for each set of labels.
func (b *bench) metric(name string) string {
	b.Helper()
	response, err := http.Get("http://" + b.health + "/metrics")
	require.NoError(b, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(b, err)
	var lines []string
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, name) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

// Contract, "Events": a run that is skipped because the last one is open is counted, and fires
// JOB_SKIPPED with the job's variables, whether a schedule or a service triggers it. Registered
// webhooks listen too.
func TestASkippedRunIsTold(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve("LATCH_API_KEYS", apiKeys)
	s.register("on-call-"+b.queue, `{"url":"{R}/on-call",
		"events":[{"event":"JOB_SKIPPED","body":{"job":"${job.title}","count":"${data.count}"}}]}`)
	id := b.jobID("held")
	entry := b.register(`{"id":"held-{Q}","title":"Held","task":{"http":{"url":"{R}/work"}},"webhooks":[
		{"id":"gate","events":[{"event":"JOB_START","blocking":true}]},{"id":"told","url":"{R}/told","event":"JOB_SKIPPED"}]}`)
	runID, err := b.registry().Start(b.ctx, entry, "", nil)
	require.NoError(t, err)
	run := shared.client.GetWorkflow(b.ctx, "job-"+id, runID)
	lock := b.awaitLock(run)

	b.trigger(id)
	told := body(t, b.arrives("/told", 1)[0])
	require.Equal(t, "JOB_SKIPPED", told["event"])
	require.Equal(t, "Held", at(told, "job", "title"))
	require.InDelta(t, 1, at(told, "data", "count"), 0)
	require.Contains(t, at(told, "data", "reason"), "job-"+id+" is running")
	require.NotEmpty(t, at(told, "data", "scheduled_at"))
	require.JSONEq(t, `{"job":"Held","count":1}`, string(b.arrives("/on-call", 1)[0].Body))
	trigger := b.start(latch.WorkflowTrigger, "by-hand", `{"id":"`+id+`"}`)
	require.NoError(t, trigger.Get(b.ctx, nil))
	require.NotContains(t, body(t, b.arrives("/told", 2)[1])["data"], "scheduled_at")
	require.Regexp(t, `\{[^}]*job_id="`+id+`"[^}]*\} 2\n$`, b.metric("latch_job_runs_skipped"))

	b.removeLock(run, latch.LockRelease{Lock: lock.Token})
	require.Equal(t, latch.JobSucceeded, b.closed(id, nil).Status)
	require.Len(t, b.receiver.Requests("/work"), 1, "a notice does no work")

	l := b.lane(t)
	l.keep("trigger-accounts-skipped", trigger.GetID())
	var notice string
	require.Eventually(t, func() bool {
		listed, err := shared.client.ListWorkflow(b.ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Query: "WorkflowType = '" + latch.WorkflowJobNotice + "' AND ExecutionStatus = 'Completed' AND TaskQueue = '" + b.queue + "'"})
		if err == nil && len(listed.GetExecutions()) > 0 {
			notice = listed.GetExecutions()[0].GetExecution().GetWorkflowId()
		}
		return notice != ""
	}, patience, tick)
	l.keep("notice", notice)
	l.keep("trigger-accounts", triggersOf(b, shared.client, id)[0])
}

// Contract, "Events": times that pass while Temporal's server is down for longer than catchup
// are counted and reported as JOB_MISSED, once, when the schedule starts its next run.
func TestMissedRunsAreTold(t *testing.T) {
	t.Parallel()
	address := freeAddress(t)
	_, port, _ := splitPort(address)
	options := server.Options{DatabaseFile: t.TempDir() + "/temporal.db", FrontendPort: port}
	running, err := server.Start(t.Context(), options)
	require.NoError(t, err)
	stop := func() { require.NoError(t, running.Stop()) }
	t.Cleanup(func() { stop() })
	b := setup(t, "TEMPORAL_ADDRESS", address)
	applied := b.starterAt(address, `{"id":"ticks","task":{"http":{"url":"{R}/work"}},"schedule":{"cron":"* * * * * * *","catchup":"10s"},
		"webhooks":[{"id":"told","url":"{R}/told","event":"JOB_MISSED"}]}`)
	require.Zero(t, applied.ExitCode, applied.Stderr)
	b.arrives("/work", 2)

	stop()
	down := time.Now()
	require.Eventually(t, func() bool { return time.Since(down) > 20*time.Second }, patience, tick, "the time that the server is down")
	running, err = server.Start(t.Context(), options)
	require.NoError(t, err)
	told := body(t, b.arrives("/told", 1)[0])
	require.Equal(t, "JOB_MISSED", told["event"])
	require.GreaterOrEqual(t, at(told, "data", "count"), 5.0, "of some twenty times ten seconds' worth are made up for")
	require.Contains(t, b.metric("latch_job_runs_missed"), `job_id="ticks"`)
	before := len(b.receiver.Requests("/work"))
	b.arrives("/work", before+2)
	require.Len(t, b.receiver.Requests("/told"), 1, "once")
}

// Contract, "Job": a job follows another after success, failure or any outcome.
func TestJobRunsAfterAnOutcome(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.receiver.Script("/dump", receiver.Status(404), receiver.Status(200))
	b.register(`{"id":"dump-{Q}","task":{"http":{"url":"{R}/dump"}}}`)
	for _, on := range []string{"success", "failure", "any"} {
		b.register(fmt.Sprintf(`{"id":"%[1]s-{Q}","schedule":{"after":{"job":"dump-{Q}","on":"%[1]s"}},"task":{"http":{"url":"{R}/%[1]s"}}}`, on))
	}
	b.trigger(b.jobID("dump"))
	failed := b.closed(b.jobID("dump"), nil)
	b.arrives("/failure", 1)
	b.arrives("/any", 1)
	b.trigger(b.jobID("dump"))
	succeeded := b.closed(b.jobID("dump"), failed)
	b.arrives("/success", 1)
	b.arrives("/any", 2)
	for follower, after := range map[string]string{"success": failed.RunID, "failure": succeeded.RunID} {
		var result latch.TriggerResult
		require.NoError(t, shared.client.GetWorkflow(b.ctx, "latch-trigger-"+b.jobID(follower)+"-after-"+after, "").Get(b.ctx, &result))
		require.True(t, result.Skipped)
		require.Contains(t, result.Reason, "the job runs after "+follower+" of "+b.jobID("dump"))
	}
	require.Equal(t, map[string]int{"dump": 2, "failure": 1, "success": 1, "any": 2}, b.came("/"))
}
