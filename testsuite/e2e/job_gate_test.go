package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// contract, "Job": a blocking JOB_START holds the work and may end the job as failed before it;
// `continue` continues.
func TestJobStartBlocks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.receiver.Script("/answers/fail", receiver.JSON(200, `{"result":"fail","why":"frozen"}`))
	b.receiver.Script("/answers/pass", receiver.JSON(200, `{"result":"pass"}`))
	b.receiver.Script("/answers/gone", receiver.Status(410))
	for _, c := range []struct {
		name string
		// hook has the gate's url, if any, and its event's settings.
		url, settings string
		// remove says how the lock is removed; nil leaves it.
		remove *latch.LockRelease
		goesOn bool
		result string
		via    string
	}{
		{"removed-pass", "/answers/none", ``, &latch.LockRelease{Result: "pass", By: "ann"}, true, "pass", "update"},
		{"removed-silently", "", ``, &latch.LockRelease{By: "ann", Reason: "looks good"}, true, "pass", "update"},
		{"removed-fail", "/answers/none", ``, &latch.LockRelease{Result: "fail", Reason: "no"}, false, "fail", "update"},
		{"removal-beats-answer", "/answers/slow-fail", ``, &latch.LockRelease{Result: "pass"}, true, "pass", "update"},
		{"answered-fail", "/answers/fail", ``, nil, false, "fail", "override"},
		{"answered-fail-result-pass", "/answers/fail", `,"result":"'pass'"`, &latch.LockRelease{}, true, "pass", "update"},
		{"answered-result-fail", "/answers/pass", `,"result":"history.data.result == 'pass' ? 'fail' : 'pass'"`, nil, false, "fail", "override"},
		{"answered-pass-still-waits", "/answers/pass", ``, &latch.LockRelease{}, true, "pass", "update"},
		{"timed-out-stop", "", `,"lock_timeout":"300ms"`, nil, false, "pass", "timeout"},
		{"timed-out-continue", "", `,"lock_timeout":"300ms","on_timeout":"continue"`, nil, true, "pass", "timeout"},
		{"undelivered-stop", "/answers/gone", ``, nil, false, "fail", "override"},
		{"undelivered-continue", "/answers/gone", `,"on_error":"continue"`, nil, true, "fail", "override"},
		{"removed-while-delivering", "/answers/held", ``, &latch.LockRelease{Result: "pass"}, true, "pass", "update"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path, hook := "/gate/"+c.name, `{"id":"gate"`
			if c.url != "" {
				hook += `,"url":"{R}` + c.url + `"`
			}
			held := make(chan struct{})
			b.receiver.Script(path+"/complete", receiver.Answer{Hold: held}) // the run stays open
			if c.url == "/answers/held" {
				b.receiver.Script(c.url, receiver.Answer{Hold: held})
			}
			hook += `,"events":[{"event":"JOB_START","blocking":true` + c.settings + `}]}`
			hooks := everyJobEvent(path)
			run := b.startJob("gate-"+c.name,
				`{"id":"gated","task":{"http":{"url":"{R}`+path+`/work"}},"webhooks":`+hooks[:len(hooks)-1]+`,`+hook+`]}`)
			if c.remove != nil {
				c.remove.Lock = b.awaitLock(run).Token
				require.Zero(t, b.came(path)["/work"], "the work waits for the lock")
				if c.url == "/answers/pass" || c.url == "/answers/fail" {
					awaitResponse(b, run, "gate")
				}
				record := b.removeLock(run, *c.remove)
				require.Equal(t, c.result, record.Result)
				again := b.removeLock(run, latch.LockRelease{Lock: c.remove.Lock, Result: c.remove.Result, By: "somebody else"})
				require.Equal(t, record.Lock, again.Lock, "a used lock answers its record and changes nothing")
			}
			close(held)
			result, err := b.endOfJob(run)
			expected := map[string]int{"/start": 1, "/complete": 1, "/failure": 1}
			if c.goesOn {
				require.NoError(t, err)
				expected = map[string]int{"/start": 1, "/work": 1, "/complete": 1, "/success": 1}
			} else {
				require.Equal(t, latch.ErrorJobFailed, kindOf(err))
				require.Equal(t, latch.JobFailed, result.Status)
				require.Contains(t, result.Error, "gate", "the error names the webhook")
			}
			require.Equal(t, expected, b.came(path))
			record := recordOf(t, b.history(run.GetID()), "gate")
			require.Equal(t, c.result, record.Result)
			require.NotNil(t, record.Lock)
			require.Equal(t, c.via, record.Lock.Via)
			require.Empty(t, b.status(run.GetID()).Locks)
			if c.remove != nil {
				require.Equal(t, c.remove.By, record.Lock.RemovedBy)
				require.Equal(t, c.remove.Reason, record.Lock.Reason)
			}
		})
	}
}

// awaitResponse waits until a webhook's answer is in the history.
func awaitResponse(b *bench, run client.WorkflowRun, webhook string) {
	b.Helper()
	require.Eventually(b, func() bool {
		return recordOf(b, b.history(run.GetID()), webhook).Response != nil
	}, patience, tick)
}

// contract, "Blocking and locks": an unknown lock, or one of another run, is refused with the
// reason.
func TestJobRefusesLocksNotItsOwn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const spec = `{"id":"locks","task":{"http":{"url":"{R}/work"}},
		"webhooks":[{"id":"gate","events":[{"event":"JOB_START","blocking":true}]}]}`
	run, other := b.startJob("locks", spec), b.startJob("other", spec)
	lock, foreign := b.awaitLock(run), b.awaitLock(other)
	require.Regexp(t, `^`+run.GetID()+`:gate:[A-Za-z0-9_-]{22,}$`, lock.Token)
	err := b.update(run, latch.MessageReleaseLock, latch.LockRelease{Lock: foreign.Token}, nil)
	require.Equal(t, latch.ErrorUnknownLock, kindOf(err))
	require.Contains(t, messageOf(err), "another run")
	err = b.update(run, latch.MessageReleaseLock, latch.LockRelease{Lock: lock.Token + "x"}, nil)
	require.Equal(t, latch.ErrorUnknownLock, kindOf(err))
	err = b.update(run, latch.MessageReleaseLock, map[string]any{"lock": lock.Token, "result": "maybe"}, nil)
	require.Equal(t, latch.ErrorInvalidArgument, kindOf(err))
	for _, open := range []struct {
		run  client.WorkflowRun
		lock string
	}{{run, lock.Token}, {other, foreign.Token}} {
		require.NoError(t, shared.client.SignalWorkflow(b.ctx, open.run.GetID(), "", latch.MessageReleaseLock,
			latch.LockRelease{Lock: open.lock, By: "ann"}))
		record := recordOf(t, b.succeeds(open.run).History, "gate")
		require.Equal(t, latch.ViaSignal, record.Lock.Via)
		require.Equal(t, "ann", record.Lock.RemovedBy)
	}
}
