package e2e

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	enums "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// runs lists the runs of a chain, each of which must replay.
func (c *chained) runs(id string) []*workflowpb.WorkflowExecutionInfo {
	c.Helper()
	listed, err := c.client.ListWorkflow(c.ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: "WorkflowId = '" + id + "'"})
	require.NoError(c, err)
	return listed.GetExecutions()
}

// keepRuns replays the runs of a chain, and keeps the last one under the name, and one that went on
// as a new one.
func (c *chained) keepRuns(id, name string) {
	c.Helper()
	l := &lane{bench: c.bench}
	for _, run := range c.runs(id) {
		history := l.recordedAt(c.client, id, run.GetExecution().GetRunId())
		l.replays(id, history)
		if run.GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW {
			l.keepOnce(name+"-before", history)
		} else {
			l.keepOnce(name, history)
		}
	}
}

// stepsToUndo lists the given number of steps, each of which can be undone.
func stepsToUndo(count int) string {
	steps := make([]string, count)
	for n := range steps {
		steps[n] = fmt.Sprintf(`{"name":"s%d","do":{"http":{"url":"{R}/do/%d"}},"undo":{"http":{"url":"{R}/undo/%d"}}}`, n, n, n)
	}
	return strings.Join(steps, ",")
}

// undone returns the paths of the undos in the order of their requests.
func (c *chained) undone() []string {
	var paths []string
	for _, request := range c.receiver.Requests("") {
		if strings.HasPrefix(request.Path, "/undo/") {
			paths = append(paths, request.Path)
		}
	}
	return paths
}

func undosInOrder(count int) []string {
	paths := make([]string, count)
	for n := range paths {
		paths[count-1-n] = fmt.Sprintf("/undo/%d", n)
	}
	return paths
}

// Contract, "Long runs": a rollback continues over several runs. Each step is undone once, in
// reverse order, and the last run reports the one that cannot be undone.
func TestARollbackGoesOnInTheNextRun(t *testing.T) {
	t.Parallel()
	c := setupChained(t)
	const steps = 40
	c.receiver.Script("/undo/30", receiver.Status(400))
	c.receiver.Script("/do/39", receiver.Status(400))
	run := c.begin(latch.WorkflowRelease, "release-undone", `{"id":"undone","steps":[`+stepsToUndo(steps)+`],"webhooks":[
		{"id":"log","url":"{R}/log","events":[{"event":"RELEASE_COMPLETE"},{"event":"RELEASE_FAILURE"}]}]}`)
	err := run.Get(c.ctx, nil)
	var failed *temporal.ApplicationError
	require.ErrorAs(t, err, &failed)
	require.Equal(t, latch.ErrorRollbackIncomplete, failed.Type())
	var result latch.ReleaseResult
	require.NoError(t, failed.Details(&result))
	require.Equal(t, undosInOrder(steps), c.undone())
	require.Contains(t, result.Reason, "not undone: s30")
	for n, step := range result.Steps {
		require.Equal(t, map[bool]string{true: latch.StepUndoFailed, false: latch.StepUndone}[n == 30], step.Status, step.Name)
	}
	require.Len(t, c.receiver.Requests("/log"), 2, "the events of the end")
	require.Greater(t, len(c.runs("release-undone")), steps/10)
	c.keepRuns("release-undone", "release-undone-over-runs")
}

// A cancelled release is rolled back over several runs, and closes as canceled.
func TestACancelledReleaseIsRolledBackOverRuns(t *testing.T) {
	t.Parallel()
	c := setupChained(t)
	const steps = 30
	run := c.begin(latch.WorkflowRelease, "release-cancelled", `{"id":"cancelled","steps":[`+stepsToUndo(steps)+`],"webhooks":[
		{"id":"gate","events":[{"event":"BEFORE_RELEASE_COMPLETE","blocking":true}]}]}`)
	c.openLock("release-cancelled")
	before := len(c.runs("release-cancelled"))
	require.NoError(t, c.client.CancelWorkflow(c.ctx, "release-cancelled", ""))
	err := run.Get(c.ctx, nil)
	var canceled *temporal.CanceledError
	require.True(t, errors.As(err, &canceled), "%v", err)
	var result latch.ReleaseResult
	require.NoError(t, canceled.Details(&result))
	require.Equal(t, latch.ReleaseCancelled, result.Status)
	require.Equal(t, undosInOrder(steps), c.undone())
	require.Greater(t, len(c.runs("release-cancelled")), before)
	c.keepRuns("release-cancelled", "release-cancelled-over-runs")
}

// A job whose history grew during its task continues as a new run after the task has ended, and
// fires its final events there.
func TestAJobGoesOnAsANewRunAfterItsTask(t *testing.T) {
	t.Parallel()
	c := setupChained(t)
	hold := make(chan struct{})
	c.receiver.Script("/work", receiver.Answer{Status: 200, Hold: hold})
	run := c.begin(latch.WorkflowJobRun, "job-busy", `{"id":"busy","task":{"http":{"url":"{R}/work"}},"webhooks":[
		{"id":"log","url":"{R}/log","events":[{"event":"JOB_START"},{"event":"JOB_SUCCESS"}]}]}`)
	c.arrives("/work", 1)
	for range 2 * suggestAfter {
		require.NoError(t, c.client.SignalWorkflow(c.ctx, "job-busy", "", latch.MessageReleaseLock, map[string]any{"lock": "nobody's"}))
	}
	c.ask("job-busy", latch.QueryStatus, &latch.Status{})
	close(hold)
	var result latch.JobResult
	require.NoError(t, run.Get(c.ctx, &result))
	require.Equal(t, latch.JobSucceeded, result.Status)
	require.Len(t, result.History, 2)
	require.Equal(t, map[string]int{"/work": 1, "/log": 2}, c.came(""))
	require.Len(t, c.runs("job-busy"), 2)
	c.keepRuns("job-busy", "job-ended-in-the-next-run")
}

// The events of a batch wait for their locks through several runs, each with its own webhooks,
// although these have the same id.
func TestABatchOutlivesItsRuns(t *testing.T) {
	t.Parallel()
	c := setupChained(t)
	c.receiver.Script("/late", receiver.Status(503), receiver.Status(200))
	run := c.begin(latch.WorkflowEmitBatch, "batch-long", `{"events":[
		{"id":"one","event":"DEPLOYED","vars":{"n":1},"webhooks":[
			{"id":"gate","url":"{R}/gate","events":[{"event":"DEPLOYED","blocking":true,"result":"vars.n == 1 ? 'pass' : 'fail'"}]}]},
		{"id":"two","event":"DEPLOYED","vars":{"n":2},"webhooks":[
			{"id":"gate","url":"{R}/gate","events":[{"event":"DEPLOYED","blocking":true,"result":"vars.n == 2 ? 'fail' : 'pass'"}]}]},
		{"id":"three","event":"DEPLOYED","webhooks":[{"id":"late","url":"{R}/late","event":"DEPLOYED",
			"retry":{"initial_interval":"10s","backoff_coefficient":1}}]}]}`)
	var status latch.Status
	require.Eventually(t, func() bool {
		c.ask("batch-long", latch.QueryStatus, &status)
		return len(status.Locks) == 2
	}, patience, tick)
	c.arrives("/gate", 2)
	c.arrives("/late", 1)
	c.pester("batch-long", 2)
	c.remove("batch-long", status.Locks[1].Token)
	c.pester("batch-long", 1)
	c.remove("batch-long", status.Locks[0].Token)
	var result latch.EmissionBatchResult
	require.NoError(t, run.Get(c.ctx, &result))
	results := []string{}
	for _, event := range result.Events {
		require.Len(t, event.History, 1, event.ID)
		results = append(results, event.ID+" "+event.History[0].Result)
	}
	require.Equal(t, []string{"one pass", "two fail", "three pass"}, results)
	require.Equal(t, map[string]int{"/gate": 2, "/late": 2}, c.came(""))
	ids := []string{}
	for _, request := range c.receiver.Requests("/late") {
		ids = append(ids, request.Header.Get("Webhook-Id"))
	}
	require.Len(t, slices.Compact(ids), 1, "both attempts are of one delivery")
	c.keepRuns("batch-long", "batch-continued")
}
