package e2e

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/hang"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/testsuite/process"
	"github.com/latch-run/latch/testsuite/receiver"
)

// A worker is killed while a delivery is in flight. A new worker sends it again with the same
// delivery id, and repeats nothing else.
func TestKilledWhileDelivering(t *testing.T) {
	t.Parallel()
	b := setup(t)
	never := make(chan struct{})
	t.Cleanup(func() { close(never) })
	b.receiver.Script("/hook", receiver.Answer{Hold: never}, receiver.Answer{})
	run := b.startJob("killed", jobWith("killed", `
		{"id":"quick","url":"{R}/quick","event":"JOB_START"},
		{"id":"hook","url":"{R}/hook","event":"JOB_SUCCESS","path":"durable","retry":{"initial_interval":"100ms"}}`))
	b.arrives("/hook", 1)
	require.NoError(t, b.worker.Kill())
	b.startWorker()
	result := b.succeeds(run)
	requests := b.receiver.Requests("/hook")
	require.Len(t, requests, 2)
	record := recordOf(t, result.History, "hook")
	require.Equal(t, latch.ResultPass, record.Result)
	require.Equal(t, 2, record.Attempts)
	for i, request := range requests {
		require.Equal(t, record.DeliveryID, request.Header.Get("Webhook-Id"))
		require.EqualValues(t, i+1, body(t, request)["attempt"])
	}
	require.Equal(t, map[string]int{"/work": 1, "/quick": 1, "/hook": 2}, b.came(""))
}

// A worker is killed during a volley. A new worker sends the volley again, each delivery under
// its id, and repeats nothing else.
func TestKilledInTheMiddleOfAVolley(t *testing.T) {
	t.Parallel()
	for name, slow := range map[string]bool{"before its answer": false, "while attempts go on in the worker": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			never := make(chan struct{})
			t.Cleanup(func() { close(never) })
			b.receiver.Script("/held", receiver.Answer{Hold: never}, receiver.Answer{})
			run := b.startJob("volley", jobWith("volley", `
				{"id":"start","url":"{R}/start","event":"JOB_START"},
				{"id":"quick","url":"{R}/quick","event":"JOB_SUCCESS"},
				{"id":"held","url":"{R}/held","event":"JOB_SUCCESS","retry":{"initial_interval":"100ms"}}`))
			b.arrives("/held", 1)
			b.arrives("/quick", 1)
			if slow {
				require.Eventually(t, func() bool { return activityEvents(b, run, protocol.ActivityFetch) > 0 }, patience, tick)
			}
			require.NoError(t, b.worker.Kill())
			b.startWorker()
			result := b.succeeds(run)
			for _, id := range []string{"start", "quick", "held"} {
				record := recordOf(t, result.History, id)
				require.Equal(t, latch.ResultPass, record.Result)
				for _, request := range b.receiver.Requests("/" + id) {
					require.Equal(t, record.DeliveryID, request.Header.Get("Webhook-Id"))
				}
			}
			came := b.came("")
			require.Equal(t, 1, came["/work"])
			require.Equal(t, 1, came["/start"])
			require.Equal(t, 2, came["/held"])
			if slow {
				require.Equal(t, 1, came["/quick"], "its outcome was recorded")
				require.Equal(t, 2, recordOf(t, result.History, "held").Attempts)
			}
		})
	}
}

// A lock is removed, and the worker is killed while it sends the event that follows. The event
// stands, although somebody stops the run before another worker takes over.
func TestKilledWhileTellingOfADecision(t *testing.T) {
	t.Parallel()
	l := setup(t).lane(t)
	held, release := l.hold(receiver.Status(200))
	l.script("/log", held)
	run := l.begin(latch.WorkflowRelease, `{"id":"r","steps":$STEPS(a),"webhooks":[
		{"id":"gate","url":"$R/gate","events":[{"event":"AFTER_STEP","blocking":true}]},
		{"id":"log","url":"$R/log","events":[{"event":"RELEASE_SUCCESS"},{"event":"RELEASE_STOPPED"}]}]}`)
	lock := l.openLock(run.GetID(), "gate")
	answered := make(chan error, 1)
	go func() {
		answered <- l.update(run.GetID(), latch.MessageReleaseLock, map[string]any{"lock": lock.Token, "result": "pass"}, nil)
	}()
	l.arrived("/log", 1)
	require.NoError(t, l.worker.Kill())
	l.signal(run.GetID(), latch.MessageStop, latch.Control{By: "ann"})
	l.startWorker()
	release()
	require.NoError(t, <-answered)
	got := l.outcome(run)
	require.Equal(t, latch.ReleaseReleased, got.Status)
	told := record(t, got.History, "log", latch.EventReleaseSuccess)
	for _, request := range l.arrived("/log", 1) {
		require.Equal(t, told.DeliveryID, request.Header.Get("Webhook-Id"), "%s", request.Body)
		require.Contains(t, string(request.Body), latch.EventReleaseSuccess)
	}
	l.keepOne("release-recorded-first", run.GetID())
}

// A worker is killed between the jobs of a sequence, while a lock is open. A new worker
// continues, and nothing is done or sent twice.
func TestKilledBetweenTasks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	run := b.startJob("between", `{"id":"between",
		"jobs":[
			{"id":"first","task":{"http":{"url":"{R}/first"}},
				"webhooks":[{"id":"told","url":"{R}/first-told","event":"JOB_SUCCESS"}]},
			{"id":"second","task":{"http":{"url":"{R}/second"}},
				"webhooks":[{"id":"gate","url":"{R}/gate","events":[{"event":"JOB_START","blocking":true}]}]}],
		"webhooks":[
			{"id":"start","url":"{R}/start","event":"JOB_START"},
			{"id":"done","url":"{R}/done","event":"JOB_SUCCESS"}]}`)
	gate := b.arrives("/gate", 1)[0]
	second := shared.client.GetWorkflow(b.ctx, run.GetID()+"/second", "")
	awaitResponse(b, second, "gate")
	require.NoError(t, b.worker.Kill())
	b.startWorker()
	lock := b.awaitLock(second)
	require.Equal(t, lock.Token, gate.Header.Get("X-Latch-Lock"), "the lock is the one that was sent")
	require.Equal(t, b.history(second.GetID())[0].DeliveryID, gate.Header.Get("Webhook-Id"))
	b.removeLock(second, latch.LockRelease{Lock: lock.Token})
	result := b.succeeds(run)
	require.Len(t, result.Jobs, 2)
	require.Equal(t, map[string]int{"/start": 1, "/first": 1, "/first-told": 1, "/gate": 1, "/second": 1, "/done": 1}, b.came(""))
}

// contract, "Settings", LATCH_DRAIN_TIMEOUT: after SIGTERM the worker waits for what is in
// flight, and exits with 0.
func TestTerminatedWorkerDrains(t *testing.T) {
	t.Parallel()
	b := setup(t, "LATCH_DRAIN_TIMEOUT", "24h")
	held := make(chan struct{})
	b.receiver.Script("/work", receiver.Answer{Hold: held, Body: `{"done":true}`})
	run := b.startJob("drains", jobWith("drains", `{"id":"done","url":"{R}/done","event":"JOB_SUCCESS"}`))
	b.arrives("/work", 1)
	stopped := b.worker
	require.NoError(t, stopped.Signal(syscall.SIGTERM))
	_, err := stopped.Stderr.Wait(b.ctx, "worker stops")
	require.NoError(t, err)
	close(held)
	code, err := stopped.Wait(b.ctx)
	require.NoError(t, err, "it ends when nothing is in flight, and does not wait for its time to pass")
	require.Zero(t, code, stopped.Stderr.String())
	b.startWorker()
	require.JSONEq(t, `{"done":true}`, kvpJSON(t, b.succeeds(run).KVP))
	require.Equal(t, map[string]int{"/work": 1, "/done": 1}, b.came(""), "what was in flight was finished and not repeated")

	code, err = b.worker.Terminate(b.ctx)
	require.NoError(t, err)
	require.Zero(t, code, "an idle worker stops at once")
}

// contract, "Settings", LATCH_DRAIN_TIMEOUT: the worker abandons what takes longer, and still
// exits with 0.
func TestTerminatedWorkerDrainsNoLongerThanItMay(t *testing.T) {
	t.Parallel()
	b := setup(t, "LATCH_DRAIN_TIMEOUT", "1s")
	never := make(chan struct{})
	t.Cleanup(func() { close(never) })
	b.receiver.Script("/work", receiver.Answer{Hold: never})
	b.receiver.Script("/hook", receiver.Answer{Hold: never})
	b.startJob("hangs", jobWith("hangs", `{"id":"hook","url":"{R}/hook","event":"JOB_START"}`))
	b.arrives("/work", 1)
	b.arrives("/hook", 1)
	code, err := b.worker.Terminate(b.ctx)
	require.NoError(t, err)
	require.Zero(t, code, b.worker.Stderr.String())
}

// contract, "Settings": all bad settings are reported at once.
func TestWorkerReportsAllBadSettings(t *testing.T) {
	t.Parallel()
	result, err := process.Run(hang.Context(t), process.Command{Path: shared.workerPath, Env: []string{
		"LATCH_TASK_QUEUE=", "LATCH_HEALTH_ADDR=nowhere", "LATCH_DRAIN_TIMEOUT=soon", "LATCH_LOG_FORMAT=xml", "LATCH_LOG_LEVEL=loud",
		"LATCH_CACHED_RUNS=-1", "LATCH_DEPLOYMENT_NAME=only", "LATCH_ALLOW_COMMANDS=perhaps", "LATCH_EGRESS_ALLOW=300.0.0.1/8",
		"LATCH_EGRESS_PROXY=not a url", "LATCH_SECRETS_HOSTS=nonsense", "LATCH_SECRETS_DIR=/no/such/directory", "LATCH_API_URL=:/:",
		`LATCH_SECRET_QUOTED="whsec_AAEC"`, "LATCH_SECRET_VERSIONED=v1,whsec_AAEC",
	}})
	require.NoError(t, err)
	require.Equal(t, 1, result.ExitCode, result.Stderr)
	for _, name := range []string{"LATCH_HEALTH_ADDR", "LATCH_DRAIN_TIMEOUT", "LATCH_LOG_FORMAT", "LATCH_LOG_LEVEL", "LATCH_BUILD_ID",
		"LATCH_ALLOW_COMMANDS", "LATCH_EGRESS_ALLOW", "LATCH_EGRESS_PROXY", "LATCH_SECRETS_HOSTS", "LATCH_SECRETS_DIR",
		"LATCH_API_URL", "LATCH_CACHED_RUNS", "LATCH_SECRET_QUOTED", "LATCH_SECRET_VERSIONED"} {
		require.Contains(t, result.Stderr, name)
	}
	require.NotContains(t, result.Stderr, "AAEC")
}

// contract, "Settings", LATCH_HEALTH_ADDR: /healthz, /readyz and /metrics.
func TestWorkerAnswersHealthAndMetrics(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.succeeds(b.startJob("measured", jobWith("measured", `{"id":"told","url":"{R}/told","event":"JOB_SUCCESS"}`)))
	address := regexp.MustCompile(`health=(\S+)`).FindStringSubmatch(b.worker.Stderr.String())
	require.Len(t, address, 2, "the worker tells where it answers")
	get := func(path string) (int, string) {
		response, err := http.Get("http://" + address[1] + path)
		require.NoError(t, err)
		defer response.Body.Close()
		var text bytes.Buffer
		_, err = io.Copy(&text, response.Body)
		require.NoError(t, err)
		return response.StatusCode, text.String()
	}
	for path, tells := range map[string]string{"/healthz": "ok", "/readyz": "ok", "/metrics": "temporal_activity_execution_latency"} {
		status, text := get(path)
		require.Equal(t, http.StatusOK, status, path)
		require.Contains(t, text, tells, path)
	}
}
