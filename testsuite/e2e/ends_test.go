package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/testsuite/receiver"
)

// heldAtTheEnd is a release with two steps that a lock holds after them.
const heldAtTheEnd = `{"id":"ended",$MORE"steps":$STEPS(a,b),"webhooks":[
	{"id":"board","events":[{"event":"BEFORE_RELEASE_COMPLETE","blocking":true}]},
	{"id":"log","url":"$R/log","ordered":true,"retry":{"maximum_attempts":1},"events":[{"event":"RELEASE_COMPLETE"},{"event":"RELEASE_FAILURE"}]}]}`

// An endBody is the part of the default body that tells how a run ended.
type endBody struct {
	Event      string
	DeliveryID string `json:"delivery_id"`
	Release    struct{ Status, By string }
	Job        struct {
		Status struct{ Error, By string }
	}
	Run struct {
		WorkflowID string `json:"workflow_id"`
		RunID      string `json:"run_id"`
	}
}

// ends returns what a path of the lane was told, once it was told n times.
func (l *lane) ends(path string, n int) []endBody {
	l.Helper()
	bodies := make([]endBody, n)
	for i, request := range l.arrived(path, n)[:n] {
		require.NoError(l, json.Unmarshal(request.Body, &bodies[i]), "%s", request.Body)
	}
	return bodies
}

func (l *lane) terminate(run client.WorkflowRun) {
	l.Helper()
	require.NoError(l, shared.client.TerminateWorkflow(l.ctx, run.GetID(), run.GetRunID(), "the shop burns"))
}

// reportOf waits for the run that reports the end of a run, and reads its result.
func (l *lane) reportOf(run client.WorkflowRun, into any) {
	l.Helper()
	id := protocol.PrefixEndNotice + run.GetRunID()
	require.Eventually(l, func() bool {
		_, err := shared.client.DescribeWorkflowExecution(l.ctx, id, "")
		return err == nil
	}, time.Minute, 50*time.Millisecond)
	require.NoError(l, shared.client.GetWorkflow(l.ctx, id, "").Get(l.ctx, into))
}

// Contract, "Ended from outside": what ends while nothing looks for ends is reported once
// something does again.
func TestEndsAreFoundAfterAnInterruption(t *testing.T) {
	t.Parallel()
	s := shopOf(t)
	s.open(lifecyclesOf())
	job := func(id string) client.WorkflowRun {
		run, err := shared.client.ExecuteWorkflow(s.ctx,
			client.StartWorkflowOptions{ID: id + "-" + s.queue, TaskQueue: s.queue}, latch.WorkflowJobRun,
			json.RawMessage(`{"id":"`+id+`","delay":"1h","task":{"http":{"url":"`+s.receiver.URL+`/work"}},
				"webhooks":[{"id":"ops","url":"`+s.receiver.URL+`/ops","event":"JOB_FAILURE"}]}`))
		require.NoError(t, err)
		return run
	}
	lost := job("lost")
	finder := protocol.EndsID(s.queue)
	require.Eventually(t, func() bool { return shared.client.TerminateWorkflow(s.ctx, finder, "", "by mistake") == nil }, patience, tick)
	s.reaches(lost, "TimerStarted", 1)
	require.NoError(t, shared.client.TerminateWorkflow(s.ctx, lost.GetID(), "", "the shop burns"))
	s.open(lifecyclesOf())
	s.reaches(job("other"), "TimerStarted", 1)
	s.arrives("/ops", 1)
}

// Contract, "Ended from outside": jobs and releases that are terminated or time out are reported
// once, by a run of its own, which undoes what was done if the release wants that.
func TestEndedFromOutside(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, c := range map[string]struct {
		more   string
		undone []string
		steps  string
	}{
		"told":        {"", []string{}, latch.StepDone},
		"rolled back": {`"on_terminate":"rollback",`, []string{"undo/b", "undo/a"}, latch.StepUndone},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := b.lane(t)
			run := l.begin(latch.WorkflowRelease, strings.ReplaceAll(heldAtTheEnd, "$MORE", c.more))
			l.stands(run, "waits", holdsLock)
			l.terminate(run)
			told := l.ends("/log", 2)
			require.Equal(t, []string{latch.EventReleaseComplete, latch.EventReleaseFailure}, []string{told[0].Event, told[1].Event})
			require.Equal(t, latch.ByTerminated, told[1].Release.By)
			require.Equal(t, latch.ReleaseFailed, told[1].Release.Status)
			require.Equal(t, run.GetID(), told[1].Run.WorkflowID)
			require.Equal(t, run.GetRunID(), told[1].Run.RunID)
			var result latch.ReleaseResult
			l.reportOf(run, &result)
			require.Equal(t, latch.ReleaseFailed, result.Status)
			require.Contains(t, result.Reason, "the shop burns")
			require.Equal(t, latch.ByTerminated, result.DecidedBy.By)
			require.Equal(t, []string{c.steps, c.steps}, []string{result.Steps[0].Status, result.Steps[1].Status})
			undos := slices.DeleteFunc(l.trail(), func(at string) bool { return at[:2] != "un" })
			require.Equal(t, c.undone, undos)
			lock := result.History[slices.IndexFunc(result.History, func(r latch.Record) bool { return r.Webhook == "board" })].Lock
			require.False(t, lock.Open(), "nobody waits for it")
			l.keep("end-notice-"+strings.ReplaceAll(name, " ", "-"), protocol.PrefixEndNotice+run.GetRunID())
		})
	}
	t.Run("job", func(t *testing.T) {
		t.Parallel()
		l := b.lane(t)
		l.script("/work", receiver.Answer{Hold: l.ctx.Done()})
		run := l.begin(latch.WorkflowJobRun, `{"id":"books","task":{"http":{"url":"$R/work"}},"webhooks":[{"id":"ops","url":"$R/ops","event":"JOB_FAILURE"}]}`)
		l.arrived("/work", 1)
		l.terminate(run)
		told := l.ends("/ops", 1)[0]
		require.Equal(t, latch.ByTerminated, told.Job.Status.By)
		require.Contains(t, told.Job.Status.Error, "the shop burns")
		var result latch.JobResult
		l.reportOf(run, &result)
		require.Equal(t, []string{latch.JobFailed, latch.ByTerminated}, []string{result.Status, result.By})
		l.keep("end-notice-job", protocol.PrefixEndNotice+run.GetRunID())
		l.keepOne("ends", protocol.EndsID(l.queue))
	})
	t.Run("timed out", func(t *testing.T) {
		t.Parallel()
		l := b.lane(t)
		run, err := shared.client.ExecuteWorkflow(l.ctx, client.StartWorkflowOptions{ID: l.name + "-" + l.queue, TaskQueue: l.queue,
			WorkflowRunTimeout: time.Second}, latch.WorkflowJobRun,
			json.RawMessage(l.spec(`{"id":"late","delay":"1h","task":{"http":{"url":"$R/work"}},"webhooks":[{"id":"ops","url":"$R/ops","event":"JOB_FAILURE"}]}`)))
		require.NoError(t, err)
		require.Equal(t, latch.ByTimedOut, l.ends("/ops", 1)[0].Job.Status.By)
		var result latch.JobResult
		l.reportOf(run, &result)
		require.Equal(t, []string{latch.JobTimedOut, latch.ByTimedOut}, []string{result.Status, result.By})
	})
	t.Run("large", func(t *testing.T) {
		t.Parallel()
		l := b.lane(t)
		unsent := `{"id":"unsent-%d","url":"$R/unsent","event":"JOB_SUCCESS","body":{"filler":"` + strings.Repeat("0123456789abcdef", 15<<10) + `"}},`
		large := ""
		for i := range 7 {
			large += fmt.Sprintf(unsent, i)
		}
		require.Greater(t, len(large), protocol.MaximumArguments)
		run := l.begin(latch.WorkflowJobRun, `{"id":"large","delay":"1h","task":{"http":{"url":"$R/work"}},"webhooks":[`+large+`
			{"id":"ops","url":"$R/ops","event":"JOB_FAILURE","body":{"by":"${job.status.by}"}}]}`)
		l.stands(run, "waits", func(status latch.Status) bool { return status.Phase == "delayed" })
		l.terminate(run)
		require.JSONEq(t, `{"by":"terminated"}`, string(l.arrived("/ops", 1)[0].Body))
	})
	t.Run("told before", func(t *testing.T) {
		t.Parallel()
		l := b.lane(t)
		l.script("/work", receiver.Answer{Status: http.StatusTeapot})
		l.script("/ops", receiver.Answer{Status: http.StatusServiceUnavailable}, receiver.Answer{})
		run := l.begin(latch.WorkflowJobRun, `{"id":"books","task":{"http":{"url":"$R/work"}},"webhooks":[
			{"id":"ops","url":"$R/ops","event":"JOB_FAILURE","retry":{"initial_interval":"8s","maximum_interval":"8s"}}]}`)
		l.arrived("/ops", 1)
		l.terminate(run)
		told := l.ends("/ops", 2)
		require.Equal(t, told[0].DeliveryID, told[1].DeliveryID)
		require.Empty(t, told[1].Job.Status.By, "the job had failed before")
		var result latch.JobResult
		l.reportOf(run, &result)
		require.Equal(t, []string{latch.JobFailed, ""}, []string{result.Status, result.By})
		require.Equal(t, 2, l.count("/ops"))
	})
	t.Run("reset", func(t *testing.T) {
		t.Parallel()
		l := b.lane(t)
		run := l.begin(latch.WorkflowRelease, strings.ReplaceAll(heldAtTheEnd, "$MORE", `"on_terminate":"rollback",`))
		l.stands(run, "waits", holdsLock)
		_, err := shared.client.ResetWorkflowExecution(l.ctx, &workflowservice.ResetWorkflowExecutionRequest{Namespace: "default",
			WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: run.GetID(), RunId: run.GetRunID()}, Reason: "again",
			RequestId: l.name, WorkflowTaskFinishEventId: 4})
		require.NoError(t, err)
		var nothing any
		l.reportOf(run, &nothing)
		require.Nil(t, nothing)
		require.Zero(t, l.count("/log"))
		require.Zero(t, l.count("/undo/a"))
	})
}
