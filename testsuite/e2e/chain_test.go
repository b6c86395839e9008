package e2e

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/hang"
	"github.com/latch-run/latch/testsuite/receiver"
	"github.com/latch-run/latch/testsuite/server"
)

// suggestAfter is the number of events after which the server of these tests suggests that a
// run continues as new. A normal server does so after 4,096.
const suggestAfter = 60

// A chained is a bench at a server that suggests it early.
type chained struct {
	*bench
	client  client.Client
	address string
}

func setupChained(t *testing.T) *chained {
	t.Helper()
	return chainedAfter(t, suggestAfter)
}

// chainedAfter returns a bench at a server that suggests to continue as new after the given
// number of events, and that ends a run with ten times as many. Settings are variables of the
// worker's environment.
func chainedAfter(t *testing.T, events int, settings ...string) *chained {
	t.Helper()
	running, err := server.Start(t.Context(), server.Options{DynamicConfig: map[string]any{
		"limit.historyCount.suggestContinueAsNew": events, "limit.historyCount.error": 10 * events}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, running.Stop()) })
	c, err := client.Dial(server.Persistent(client.Options{HostPort: running.FrontendHostPort, Logger: quiet()}))
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return &chained{setup(t, append(settings, "TEMPORAL_ADDRESS", running.FrontendHostPort)...), c, running.FrontendHostPort}
}

func (c *chained) begin(workflow, id, spec string) client.WorkflowRun {
	c.Helper()
	run, err := c.client.ExecuteWorkflow(c.ctx, client.StartWorkflowOptions{ID: id, TaskQueue: c.queue}, workflow,
		json.RawMessage(c.spec(spec)))
	require.NoError(c, err)
	return run
}

func (c *chained) ask(id, query string, into any) {
	c.Helper()
	value, err := c.client.QueryWorkflow(c.ctx, id, "", query)
	require.NoError(c, err)
	require.NoError(c, value.Get(into))
}

func (c *chained) openLock(id string) latch.OpenLock {
	c.Helper()
	var status latch.Status
	require.Eventually(c, func() bool {
		value, err := c.client.QueryWorkflow(c.ctx, id, "", latch.QueryStatus)
		return err == nil && value.Get(&status) == nil && len(status.Locks) == 1
	}, patience, tick)
	return status.Locks[0]
}

// remove removes a lock by its link. refuse uses the link to roll the release back.
func (c *chained) remove(id, token string) { c.answer(id, map[string]any{"lock": token, "by": "ann"}) }

func (c *chained) refuse(id, token string) {
	c.answer(id, map[string]any{"lock": token, "by": "ann", "result": "fail", "data": map[string]any{"rollback_release": true}})
}

func (c *chained) answer(id string, release map[string]any) {
	c.Helper()
	handle, err := c.client.UpdateWorkflow(c.ctx, client.UpdateWorkflowOptions{WorkflowID: id, UpdateName: latch.MessageReleaseLock,
		WaitForStage: client.WorkflowUpdateStageCompleted, Args: []any{release}})
	require.NoError(c, err)
	require.NoError(c, handle.Get(c.ctx, nil))
}

// pester sends a run signals that it refuses, until it has continued as new as often as given.
// It sometimes waits for an answer: Temporal does not let a run end while signals arrive that
// the run has not seen.
func (c *chained) pester(id string, times int) {
	c.Helper()
	last := c.current(id)
	for range times {
		before := last
		require.Eventually(c, func() bool {
			for range 10 {
				require.NoError(c, c.client.SignalWorkflow(c.ctx, id, "", latch.MessageReleaseLock, map[string]any{"lock": "nobody's"}))
			}
			c.ask(id, latch.QueryStatus, &latch.Status{})
			last = c.current(id)
			return last != before
		}, patience, tick, "the run does not go on as a new one")
	}
}

func (c *chained) current(id string) string {
	c.Helper()
	described, err := c.client.DescribeWorkflowExecution(c.ctx, id, "")
	require.NoError(c, err)
	require.Equal(c, enums.WORKFLOW_EXECUTION_STATUS_RUNNING, described.GetWorkflowExecutionInfo().GetStatus())
	return described.GetWorkflowExecutionInfo().GetExecution().GetRunId()
}

// Contract, "Long runs": a lock that has waited through three runs of a chain is removed by the
// token that was sent first. What was done earlier is undone, deliveries in flight continue
// under their ids, and the records of all runs are present.
func TestALockOutlivesItsRuns(t *testing.T) {
	t.Parallel()
	c := setupChained(t)
	c.receiver.Script("/dead", receiver.Status(503), receiver.Status(503), receiver.Status(200))
	run := c.begin(latch.WorkflowRelease, "release-long", `{"id":"long","title":"Long","steps":[
		{"name":"a","do":{"http":{"url":"{R}/do/a"}},"undo":{"http":{"url":"{R}/undo/a"}}},
		{"name":"b","do":{"http":{"url":"{R}/do/b"}},"undo":{"http":{"url":"{R}/undo/b"}}}],"webhooks":[
		{"id":"dead","url":"{R}/dead","events":[{"event":"AFTER_STEP","when":"step.name == 'a'","on_error":"continue"}],
			"retry":{"initial_interval":"20ms","backoff_coefficient":1}},
		{"id":"late","url":"{R}/late","event":"BEFORE_RELEASE","retry":{"initial_interval":"1h"}},
		{"id":"log","url":"{R}/log","events":[{"event":"BEFORE_STEP"},{"event":"RELEASE_ROLLED_BACK","body":{"run":"${run.run_id}"}}]},
		{"id":"gate","url":"{R}/gate","body":{"lock":"${lock}"},"events":[{"event":"BEFORE_STEP","when":"step.name == 'b'","blocking":true}]}]}`)
	token := c.openLock("release-long").Token
	sent := c.arrives("/gate", 1)
	require.Contains(t, string(sent[0].Body), token)
	first := c.current("release-long")
	var before, after []latch.Record
	require.Eventually(t, func() bool {
		c.ask("release-long", latch.QueryHistory, &before)
		return before[len(before)-1].Attempts == 1
	}, patience, tick, "the answer of /gate is recorded")
	for times := range 3 {
		c.pester("release-long", 1)
		lock := c.openLock("release-long")
		require.Equal(t, token, lock.Token, "after %d runs", times+1)
	}
	c.ask("release-long", latch.QueryHistory, &after)
	require.Equal(t, before, after, "the records of the first run")
	c.refuse("release-long", token)

	var result latch.ReleaseResult
	require.NoError(t, run.Get(c.ctx, &result))
	require.Equal(t, latch.ReleaseRolledBack, result.Status)
	require.Equal(t, []string{latch.StepUndone, latch.StepSkipped}, []string{result.Steps[0].Status, result.Steps[1].Status})
	require.Equal(t, map[string]int{"/do/a": 1, "/undo/a": 1, "/gate": 1, "/late": 1, "/dead": 3, "/log": 3}, c.came(""))
	last := c.receiver.Requests("/log")[2]
	require.JSONEq(t, `{"run":"`+first+`"}`, string(last.Body), "the run's id is that of the first")
	ids := map[string]bool{}
	for _, record := range result.History {
		require.False(t, ids[record.DeliveryID], "two deliveries have the id %s", record.DeliveryID)
		ids[record.DeliveryID] = true
	}
	require.GreaterOrEqual(t, len(c.runs("release-long")), 3)
	c.keepRuns("release-long", "release-continued")
}

// A job's start and an emission wait for their locks through several runs like a release.
func TestJobsAndEmissionsOutliveTheirRuns(t *testing.T) {
	t.Parallel()
	c := setupChained(t)
	job := c.begin(latch.WorkflowJobRun, "job-long", `{"id":"long","task":{"http":{"url":"{R}/work"}},"webhooks":[
		{"id":"gate","events":[{"event":"JOB_START","blocking":true}]},{"id":"log","url":"{R}/log","event":"JOB_SUCCESS"}]}`)
	emission := c.begin(latch.WorkflowEmit, "emit-long", `{"event":"DEPLOYED","vars":{"n":7},"webhooks":[
		{"id":"gate","url":"{R}/gate","events":[{"event":"DEPLOYED","blocking":true,"result":"vars.n == 7 ? 'pass' : 'fail'"}]}]}`)
	for _, id := range []string{"job-long", "emit-long"} {
		token := c.openLock(id).Token
		c.pester(id, 2)
		c.remove(id, token)
	}
	var result latch.JobResult
	require.NoError(t, job.Get(c.ctx, &result))
	require.Equal(t, latch.JobSucceeded, result.Status)
	require.Equal(t, map[string]int{"/work": 1, "/log": 1, "/gate": 1}, c.came(""))
	var emitted latch.EmissionResult
	require.NoError(t, emission.Get(c.ctx, &emitted))
	require.Equal(t, latch.ResultPass, emitted.History[0].Result)
	require.Equal(t, "ann", emitted.History[0].Lock.RemovedBy)
}

// sequenceJobs is how many jobs the long sequence has.
var sequenceJobs = flag.Int("jobs", 600, "how many jobs the long sequence has")

// A sequence continues over several runs: each job runs once, in order, and the result contains
// all of them. A job sees how the previous one ended, and no more of the others than the
// contract says, so that the cost of a run does not grow with the square of its jobs.
func TestALongSequence(t *testing.T) {
	t.Parallel()
	c := chainedAfter(t, 1_000)
	jobs := make([]string, *sequenceJobs)
	for n := range jobs {
		before := ""
		if n > 0 {
			before = fmt.Sprintf("/${jobs.j%d.status}", n-1)
		}
		jobs[n] = fmt.Sprintf(`{"id":"j%d","task":{"http":{"url":"{R}/do/%d%s"}}}`, n, n, before)
	}
	run := c.begin(latch.WorkflowJobRun, "job-sequence", `{"id":"sequence","timeout":"1h","jobs":[`+strings.Join(jobs, ",")+`],"webhooks":[
		{"id":"late","url":"{R}/late","event":"JOB_START"},
		{"id":"log","url":"{R}/log","event":"JOB_SUCCESS","body":{"jobs":"${size(jobs)}"}}]}`)
	// A machine that is given more jobs than the usual 600 gets more time.
	ctx, cancel := context.WithTimeout(t.Context(), hang.Limit*time.Duration(max(600, *sequenceJobs)/600))
	defer cancel()
	var result latch.JobResult
	require.NoError(t, run.Get(ctx, &result))
	require.Equal(t, latch.JobSucceeded, result.Status)
	require.Len(t, result.Jobs, *sequenceJobs)
	for n, job := range result.Jobs {
		require.Equal(t, fmt.Sprintf("j%d", n), job.ID)
	}
	require.Len(t, result.History, 2)
	require.Equal(t, *sequenceJobs+2, len(c.receiver.Requests("")))
	bytes := 0
	listed, err := c.client.ListWorkflow(c.ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: "WorkflowId = 'job-sequence'"})
	require.NoError(t, err)
	for _, execution := range listed.GetExecutions() {
		bytes += int(execution.GetHistorySizeBytes())
	}
	require.Greater(t, len(listed.GetExecutions()), *sequenceJobs/400, "how many runs it took")
	require.Less(t, bytes / *sequenceJobs, 40_000, "bytes of history a job")
	t.Logf("%d jobs in %d runs, %d bytes of history each job", *sequenceJobs, len(listed.GetExecutions()), bytes / *sequenceJobs)
}

// A delivery in flight keeps its id, its attempts and its wait when its run continues as new.
func TestADeliveryGoesOnInTheNextRun(t *testing.T) {
	t.Parallel()
	c := setupChained(t)
	c.receiver.Script("/late", receiver.Status(503), receiver.Status(503), receiver.Status(200))
	run := c.begin(latch.WorkflowRelease, "release-late", `{"id":"late","steps":[{"name":"a","do":{"http":{"url":"{R}/do"}}}],"webhooks":[
		{"id":"late","url":"{R}/late","event":"RELEASE_SUCCESS"},
		{"id":"gate","url":"{R}/late","events":[{"event":"BEFORE_RELEASE","blocking":true}],
			"retry":{"initial_interval":"15s","backoff_coefficient":1}}]}`)
	c.arrives("/late", 1)
	token := c.openLock("release-late").Token
	c.pester("release-late", 2)
	c.arrives("/late", 3)
	c.remove("release-late", token)
	var result latch.ReleaseResult
	require.NoError(t, run.Get(c.ctx, &result))
	require.Equal(t, latch.ReleaseReleased, result.Status)
	gate := result.History[0]
	require.Equal(t, 3, gate.Attempts)
	require.Equal(t, latch.ResultPass, gate.Result)
	for _, request := range c.receiver.Requests("/late")[:3] {
		require.Equal(t, gate.DeliveryID, request.Header.Get("Webhook-Id"))
	}
}

// Contract, "Long runs": the link that was sent first removes the lock through the API, after
// three runs of the chain.
func TestTheFirstLinkRemovesALockOfALaterRun(t *testing.T) {
	t.Parallel()
	const site = "https://latch.example.com"
	links := []string{"LATCH_API_URL", site, "LATCH_LOCK_LINKS", "true", "LATCH_LINK_KEY", linkKey}
	c := chainedAfter(t, suggestAfter, links...)
	run := c.begin(latch.WorkflowRelease, "release-linked", `{"id":"linked","steps":[{"name":"a","do":{"http":{"url":"{R}/do"}}}],"webhooks":[
		{"id":"gate","url":"{R}/gate","body":{"link":"${lock_url}"},"events":[{"event":"BEFORE_RELEASE","blocking":true}]}]}`)
	var sent struct{ Link string }
	require.NoError(t, json.Unmarshal(c.arrives("/gate", 1)[0].Body, &sent))
	path, found := strings.CutPrefix(sent.Link, site)
	require.True(t, found, sent.Link)
	c.pester("release-linked", 3)

	s := c.serve(append(links, "LATCH_API_KEYS", apiKeys, "TEMPORAL_ADDRESS", c.address)...)
	shown := s.page(path, 200)
	removed := s.submit(path, url.Values{"form": {form(t, shown)}, "action": {"pass"}, "name": {"Ada"}})
	require.Equal(t, 200, removed.status, removed.body)
	var result latch.ReleaseResult
	require.NoError(t, run.Get(c.ctx, &result))
	require.Equal(t, latch.ReleaseReleased, result.Status)
	require.Equal(t, "Ada (by link)", result.History[0].Lock.RemovedBy)
	require.Contains(t, s.page(path, 200), "This lock is done", "the link shows what it came to")
}
