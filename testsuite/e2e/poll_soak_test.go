package e2e

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enums "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// Contract, "Polling, analysis and soaking": a poll and a soak outlive workers that are killed
// meanwhile. Neither is cut short, and neither is done twice.
func TestPollAndSoakOutliveTheirWorkers(t *testing.T) {
	t.Parallel()
	const interval, soak = time.Second, 3 * time.Second
	b := setup(t)
	l := b.lane(t)
	running := receiver.JSON(200, `{"state":"RUNNING"}`)
	l.script("/ci", running, running, receiver.JSON(200, `{"state":"SUCCEEDED"}`))
	run := l.begin(latch.WorkflowRelease, `{"id":"r","steps":$STEPS(a,b),"webhooks":[
		{"id":"ci","url":"$R/ci","poll":{"until":"response.data.state == 'SUCCEEDED'","interval":"1s"},
			"events":[{"event":"BEFORE_RELEASE","stop_release":"history.data.state != 'SUCCEEDED'"}]},
		{"id":"bake","soak":"3s","events":[{"event":"AFTER_STEP","when":"step.name == 'a'"}]}]}`)
	l.awaitsAttempt(run, 2)
	require.NoError(t, b.worker.Kill())
	b.startWorker()
	require.Eventually(t, func() bool { return l.timers(run, soak) > 0 }, patience, tick, "it soaks")
	require.NoError(t, b.worker.Kill())
	b.startWorker()

	got := l.outcome(run)
	require.Equal(t, latch.ReleaseReleased, got.Status, "%+v", got)
	require.Equal(t, []string{"ci", "ci", "ci", "do/a", "do/b"}, l.trail())
	asked := l.arrived("/ci", 3)
	for i := 1; i < len(asked); i++ {
		require.Equal(t, asked[0].Header.Get("Webhook-Id"), asked[i].Header.Get("Webhook-Id"))
		require.GreaterOrEqual(t, asked[i].At.Sub(asked[i-1].At), interval)
	}
	require.Equal(t, 3, record(t, got.History, "ci", latch.EventBeforeRelease).Attempts)
	require.GreaterOrEqual(t, l.arrived("/do/b", 1)[0].At.Sub(l.arrived("/do/a", 1)[0].At), soak)
	require.Equal(t, 1, l.timers(run, soak), "the soak is waited for once")
}

// awaitsAttempt waits until the run's activity waits for an attempt.
func (l *lane) awaitsAttempt(run client.WorkflowRun, attempt int32) {
	l.Helper()
	require.Eventually(l, func() bool {
		described, err := shared.client.DescribeWorkflowExecution(l.ctx, run.GetID(), run.GetRunID())
		require.NoError(l, err)
		return slices.ContainsFunc(described.GetPendingActivities(), func(a *workflowpb.PendingActivityInfo) bool {
			return a.GetAttempt() >= attempt && a.GetState() == enums.PENDING_ACTIVITY_STATE_SCHEDULED
		})
	}, patience, tick)
}

// timers returns how many timers of about a length a run has started.
func (l *lane) timers(run client.WorkflowRun, length time.Duration) (count int) {
	l.Helper()
	for _, event := range l.recorded(run.GetID(), run.GetRunID()).GetEvents() {
		if event.GetTimerStartedEventAttributes().GetStartToFireTimeout().AsDuration().Round(time.Second) == length {
			count++
		}
	}
	return count
}

// Contract, "Polling, analysis and soaking": a poll without a final answer fails at its timeout,
// in a hook and in a task.
func TestPollTimesOut(t *testing.T) {
	t.Parallel()
	l := setup(t).lane(t)
	l.script("/ci", receiver.JSON(200, `{"state":"RUNNING"}`))
	const poll, says = `"poll":{"until":"response.data.state == 'SUCCEEDED'","interval":"1s","timeout":"1500ms"}`,
		"poll: no final answer within 1.5s"
	gate := l.start(latch.WorkflowGate, "gate", l.spec(`{"event":"DEPLOY","webhooks":[{"id":"ci","url":"$R/ci","event":"DEPLOY",`+poll+`}]}`))
	job := l.start(latch.WorkflowJobRun, "job", l.spec(`{"id":"j","task":{"http":{"method":"GET","url":"$R/ci",`+poll+`}}}`))
	err := gate.Get(l.ctx, nil)
	require.Equal(t, latch.Stop, decisionOf(err))
	require.ErrorContains(t, err, "ci")
	require.Contains(t, l.history(gate.GetID())[0].Error, says)
	require.ErrorContains(t, job.Get(l.ctx, nil), says)
	require.LessOrEqual(t, l.count("/ci"), 4, "a request at once and one after an interval, of each")
}
