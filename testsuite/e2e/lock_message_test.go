package e2e

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// send sends a message as a signal or as an update.
func (l *lane) send(asUpdate bool, id, name string, argument any) {
	l.Helper()
	if asUpdate {
		require.NoError(l, l.update(id, name, argument, nil))
		return
	}
	l.signal(id, name, argument)
}

// bothWays runs a case once with signals and once with updates.
func bothWays(t *testing.T, b *bench, name string, run func(*lane, bool)) {
	for _, way := range []struct {
		name   string
		update bool
	}{{"signal", false}, {"update", true}} {
		t.Run(name+" by "+way.name, func(t *testing.T) {
			t.Parallel()
			run(b.lane(t), way.update)
		})
	}
}

// Contract, "Blocking and locks": record changes the entry without removing the lock, and
// decides the hook again, until the event is decided.
func TestLockRecord(t *testing.T) {
	t.Parallel()
	b := setup(t)
	bothWays(t, b, "with the lock open", func(l *lane, asUpdate bool) {
		run := l.begin(latch.WorkflowRelease, gated)
		lock := l.openLock(run.GetID(), "gate")
		delivery := l.history(run.GetID())[0].DeliveryID
		l.send(asUpdate, run.GetID(), latch.MessageRecord, map[string]any{"delivery_id": delivery, "result": "fail",
			"data": map[string]any{"stop_release": true, "n": 1}, "by": "ann"})
		require.Eventually(l, func() bool { return string(l.history(run.GetID())[0].Data["n"]) == "1" }, patience, tick)
		require.Len(l, l.status(run.GetID()).Locks, 1, "the lock stays")
		require.Equal(l, latch.ResultPending, l.history(run.GetID())[0].Result)
		require.NoError(l, l.update(run.GetID(), latch.MessageReleaseLock, map[string]any{"lock": lock.Token}, nil))
		got := l.outcome(run)
		require.Equal(l, latch.ReleaseStopped, got.Status)
		require.JSONEq(l, `{"result":"fail","stop_release":true,"n":1}`, string(encode(l, got.History[0].Data)))
	})
	bothWays(t, b, "evaluates a decided hook again", func(l *lane, asUpdate bool) {
		run := l.begin(latch.WorkflowRelease, `{"id":"r","steps":$STEPS(a),"webhooks":[
			{"id":"hold","events":[{"event":"AFTER_STEP","blocking":true}]},
			{"id":"gate","url":"$R/gate","events":[{"event":"AFTER_STEP"}]}]}`)
		lock := l.openLock(run.GetID(), "hold")
		decided := func(decision string) func() bool {
			return func() bool { return record(l, l.history(run.GetID()), "gate", "AFTER_STEP").Decision == decision }
		}
		require.Eventually(l, decided(latch.Continue), patience, tick)
		delivery := record(l, l.history(run.GetID()), "gate", "AFTER_STEP").DeliveryID
		l.send(asUpdate, run.GetID(), latch.MessageRecord,
			map[string]any{"delivery_id": delivery, "result": "fail", "data": map[string]any{"stop_release": true}})
		require.Eventually(l, decided(latch.Stop), patience, tick)
		l.send(asUpdate, run.GetID(), latch.MessageRecord, map[string]any{"delivery_id": delivery, "result": "pass"})
		require.Eventually(l, decided(latch.Continue), patience, tick)
		l.send(asUpdate, run.GetID(), latch.MessageRecord,
			map[string]any{"delivery_id": delivery, "result": "fail", "data": map[string]any{"rollback_release": true}})
		got := l.outcome(run)
		require.Equal(l, latch.ReleaseRolledBack, got.Status)
		passedOver := record(l, got.History, "hold", "AFTER_STEP")
		require.Equal(l, latch.ViaOverride, passedOver.Lock.Via, "rollback ends the wait for %s", lock.Token)
		require.Equal(l, latch.ResultSkipped, passedOver.Result, "nobody passed it")
		require.Equal(l, "skipped: the event was decided: rollback", passedOver.Error)
	})
	bothWays(t, b, "counts when it comes before the answer", func(l *lane, asUpdate bool) {
		held, release := l.hold(receiver.JSON(200, `{"n":1}`))
		l.script("/gate", held)
		run := l.begin(latch.WorkflowRelease, `{"id":"r","steps":$STEPS(a),"webhooks":[{"id":"gate","url":"$R/gate","event":"BEFORE_RELEASE"}]}`)
		l.arrived("/gate", 1)
		delivery := l.history(run.GetID())[0].DeliveryID
		l.send(asUpdate, run.GetID(), latch.MessageRecord,
			map[string]any{"delivery_id": delivery, "result": "fail", "data": map[string]any{"stop_release": true}})
		require.Eventually(l, func() bool { return len(l.history(run.GetID())[0].Data) == 2 }, patience, tick)
		release()
		got := l.outcome(run)
		require.Equal(l, latch.ReleaseStopped, got.Status)
		require.JSONEq(l, `{"result":"fail","stop_release":true,"n":1}`, string(encode(l, got.History[0].Data)))
		require.Equal(l, latch.ResultFail, got.History[0].Result)
	})
	t.Run("at JOB_START a recorded fail ends the job once its endpoint has answered", func(t *testing.T) {
		t.Parallel()
		for name, hook := range map[string]string{"default": `{"event":"JOB_START","blocking":true}`,
			"own": `{"event":"JOB_START","blocking":true,"result":"history.data[?'result'].orValue('pass') == 'fail' ? 'fail' : 'pass'"}`} {
			l := b.lane(t)
			l.name += "-" + name
			run := l.begin(latch.WorkflowJobRun, `{"id":"j","task":{"http":{"url":"$R/do"}},
				"webhooks":[{"id":"gate","url":"$R/gate","events":[`+hook+`]}]}`)
			l.openLock(run.GetID(), "gate")
			require.Eventually(l, func() bool { return l.history(run.GetID())[0].Attempts == 1 }, patience, tick)
			require.NoError(t, l.update(run.GetID(), latch.MessageRecord,
				map[string]any{"delivery_id": l.history(run.GetID())[0].DeliveryID, "result": "fail"}, nil))
			require.Equal(t, latch.ErrorJobFailed, errorType(run.Get(l.ctx, nil)))
			require.Zero(t, l.count("/do"))
		}
	})
	t.Run("once the event is decided it is too late", func(t *testing.T) {
		t.Parallel()
		l := b.lane(t)
		run := l.begin(latch.WorkflowRelease, `{"id":"r","steps":$STEPS(a),"webhooks":[
			{"id":"gate","url":"$R/gate","event":"BEFORE_RELEASE"},{"id":"hold","events":[{"event":"AFTER_STEP","blocking":true}]}]}`)
		l.openLock(run.GetID(), "hold")
		delivery := record(t, l.history(run.GetID()), "gate", "BEFORE_RELEASE").DeliveryID
		err := l.update(run.GetID(), latch.MessageRecord, map[string]any{"delivery_id": delivery, "result": "fail"}, nil)
		require.Equal(t, latch.ErrorTooLate, errorType(err), "%v", err)
		require.Equal(t, latch.ResultPass, record(t, l.history(run.GetID()), "gate", "BEFORE_RELEASE").Result)
		err = l.update(run.GetID(), latch.MessageRecord, map[string]any{"delivery_id": "dlv_unknown"}, nil)
		require.Equal(t, latch.ErrorInvalidArgument, errorType(err), "%v", err)
	})
}

// Contract, "Blocking and locks": skip excludes a hook, and needs a reason.
func TestLockSkip(t *testing.T) {
	t.Parallel()
	b := setup(t)
	bothWays(t, b, "by lock", func(l *lane, asUpdate bool) {
		run := l.begin(latch.WorkflowRelease, gated)
		lock := l.openLock(run.GetID(), "gate")
		err := l.update(run.GetID(), latch.MessageSkip, map[string]any{"lock": lock.Token}, nil)
		require.Equal(l, latch.ErrorInvalidArgument, errorType(err), "a skip needs a reason: %v", err)
		l.send(asUpdate, run.GetID(), latch.MessageSkip, map[string]any{"lock": lock.Token, "by": "ann", "reason": "board is away"})
		got := l.outcome(run)
		require.Equal(l, latch.ReleaseReleased, got.Status)
		skipped := got.History[0]
		require.Equal(l, latch.ResultSkipped, skipped.Result)
		require.Empty(l, skipped.Decision)
		require.Equal(l, "ann", skipped.Lock.RemovedBy)
		require.Equal(l, "board is away", skipped.Lock.Reason)
	})
	bothWays(t, b, "by webhook, event and step", func(l *lane, asUpdate bool) {
		held, release := l.hold(receiver.JSON(200, `{"result":"fail","rollback_release":true}`))
		l.script("/gate", receiver.Status(200), held)
		run := l.begin(latch.WorkflowRelease, `{"id":"r","steps":$STEPS(a,b),"webhooks":[{"id":"gate","url":"$R/gate","event":"BEFORE_STEP"}]}`)
		l.arrived("/gate", 2)
		err := l.update(run.GetID(), latch.MessageSkip,
			map[string]any{"webhook": "gate", "event": "BEFORE_STEP", "step": "a", "reason": "late"}, nil)
		require.Equal(l, latch.ErrorTooLate, errorType(err), "%v", err)
		err = l.update(run.GetID(), latch.MessageSkip, map[string]any{"webhook": "other", "event": "BEFORE_STEP", "reason": "who"}, nil)
		require.Equal(l, latch.ErrorInvalidArgument, errorType(err), "%v", err)
		l.send(asUpdate, run.GetID(), latch.MessageSkip,
			map[string]any{"webhook": "gate", "event": "BEFORE_STEP", "step": "b", "by": "ann", "reason": "flaky"})
		l.arrived("/do/b", 1)
		release()
		got := l.outcome(run)
		require.Equal(l, latch.ReleaseReleased, got.Status)
		require.Equal(l, latch.ResultSkipped, got.History[1].Result, "what it answers later decides nothing")
		require.Empty(l, got.History[1].Decision)
		require.Contains(l, got.History[1].Error, "flaky")
	})
}

// Contract, "Blocking and locks": stop and rollback end a wait at once, let a running step
// finish, and are refused after the outcome is decided.
func TestLockControl(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, each := range []struct{ message, status, steps string }{
		{latch.MessageStop, latch.ReleaseStopped, "a:done b:skipped"},
		{latch.MessageRollback, latch.ReleaseRolledBack, "a:undone b:skipped"},
	} {
		bothWays(t, b, each.message+" at a wait", func(l *lane, asUpdate bool) {
			run := l.begin(latch.WorkflowRelease, `{"id":"r","steps":$STEPS(a,b),
				"webhooks":[{"id":"gate","events":[{"event":"AFTER_STEP","blocking":true}]}]}`)
			l.openLock(run.GetID(), "gate")
			l.send(asUpdate, run.GetID(), each.message, map[string]any{"by": "ann", "reason": "enough"})
			got := l.outcome(run)
			require.Equal(l, each.status, got.Status)
			require.Equal(l, each.steps, got.steps())
			require.Equal(l, "ann", got.DecidedBy.By)
			require.Contains(l, got.Reason, "enough")
			require.Equal(l, latch.ViaOverride, got.History[0].Lock.Via)
			require.Equal(l, latch.ResultSkipped, got.History[0].Result, "nobody passed it")
			require.Contains(l, got.History[0].Error, "by ann: enough")
			require.False(l, got.History[0].CompletedAt.IsZero())
		})
		bothWays(t, b, each.message+" during a step", func(l *lane, asUpdate bool) {
			held, release := l.hold(receiver.JSON(200, `{"made":1}`))
			l.script("/do/a", held)
			run := l.begin(latch.WorkflowRelease, `{"id":"r","steps":$STEPS(a,b)}`)
			l.arrived("/do/a", 1)
			l.send(asUpdate, run.GetID(), each.message, map[string]any{})
			if asUpdate { // a signal may be processed after the update that follows it
				err := l.update(run.GetID(), latch.MessageStop, nil, nil)
				require.Equal(l, latch.ErrorTooLate, errorType(err), "the first wins: %v", err)
			}
			release()
			got := l.outcome(run)
			require.Equal(l, each.status, got.Status)
			require.Equal(l, each.steps, got.steps())
			require.Equal(l, `1`, string(got.Steps[0].KVP["made"]), "the step was let finish")
			require.Equal(l, 1, l.count("/do/a"))
		})
	}
	t.Run("a rollback replaces a stop that is not acted on", func(t *testing.T) {
		t.Parallel()
		l := b.lane(t)
		held, release := l.hold(receiver.Status(200))
		l.script("/do/a", held)
		undo, undone := l.hold(receiver.Status(200))
		l.script("/undo/a", undo)
		run := l.begin(latch.WorkflowRelease, `{"id":"r","steps":$STEPS(a,b)}`)
		l.arrived("/do/a", 1)
		require.NoError(t, l.update(run.GetID(), latch.MessageStop, map[string]any{"by": "ann"}, nil))
		require.NoError(t, l.update(run.GetID(), latch.MessageRollback, map[string]any{"by": "bob"}, nil))
		err := l.update(run.GetID(), latch.MessageRollback, nil, nil)
		require.Equal(t, latch.ErrorTooLate, errorType(err), "%v", err)
		release()
		l.arrived("/undo/a", 1)
		for _, message := range []string{latch.MessageStop, latch.MessageRollback} {
			err := l.update(run.GetID(), message, nil, nil)
			require.Equal(t, latch.ErrorTooLate, errorType(err), "the outcome is decided: %v", err)
		}
		undone()
		got := l.outcome(run)
		require.Equal(t, latch.ReleaseRolledBack, got.Status)
		require.Equal(t, "bob", got.DecidedBy.By)
	})
	t.Run("a stop during a step that fails undoes nothing", func(t *testing.T) {
		t.Parallel()
		l := b.lane(t)
		held, release := l.hold(receiver.Status(400))
		l.script("/do/a", held)
		run := l.begin(latch.WorkflowRelease, `{"id":"r","steps":$STEPS(a,b)}`)
		l.arrived("/do/a", 1)
		require.NoError(t, l.update(run.GetID(), latch.MessageStop, nil, nil))
		release()
		got := l.outcome(run)
		require.Equal(t, latch.ReleaseFailed, got.Status)
		require.Equal(t, "a:failed b:skipped", got.steps())
	})
	bothWays(t, b, "in a job stop cancels and rollback is refused", func(l *lane, asUpdate bool) {
		run := l.begin(latch.WorkflowJobRun, `{"id":"j","task":{"http":{"url":"$R/do"}},
			"webhooks":[{"id":"gate","events":[{"event":"JOB_START","blocking":true}]}]}`)
		l.openLock(run.GetID(), "gate")
		if asUpdate {
			err := l.update(run.GetID(), latch.MessageRollback, nil, nil)
			require.Equal(l, latch.ErrorInvalidArgument, errorType(err), "%v", err)
		} else {
			l.signal(run.GetID(), latch.MessageRollback, nil)
			l.await(run.GetID(), "the signal is rejected", func(s latch.Status) bool { return len(s.Rejected) == 1 })
		}
		l.send(asUpdate, run.GetID(), latch.MessageStop, map[string]any{"by": "ann", "reason": "no need"})
		got := l.outcome(run)
		require.Equal(l, "Canceled", got.errorType)
		require.Equal(l, latch.JobCancelled, got.Status)
		require.Zero(l, l.count("/do"))
	})
}

// Contract, "Names": a bad signal appears in status.rejected and has no other effect. A bad
// update is InvalidArgument and leaves no event in the history.
func TestLockBadMessages(t *testing.T) {
	t.Parallel()
	l := setup(t).lane(t)
	run := l.begin(latch.WorkflowRelease, gated)
	lock := l.openLock(run.GetID(), "gate")
	require.Eventually(t, func() bool { return l.history(run.GetID())[0].Attempts == 1 }, patience, tick)
	wrong := []struct {
		name     string
		argument any
	}{
		{latch.MessageReleaseLock, nil},
		{latch.MessageReleaseLock, []byte("\x00no json")},
		{latch.MessageReleaseLock, "a text"},
		{latch.MessageReleaseLock, 12},
		{latch.MessageReleaseLock, map[string]any{}},
		{latch.MessageReleaseLock, map[string]any{"lock": 12, "result": "pass"}},
		{latch.MessageReleaseLock, map[string]any{"lock": lock.Token, "result": "maybe"}},
		{latch.MessageReleaseLock, map[string]any{"lock": lock.Token, "data": "text"}},
		{latch.MessageReleaseLock, map[string]any{"lock": lock.Token, "unknown": 1}},
		{latch.MessageReleaseLock, map[string]any{"Lock": lock.Token}},
		{latch.MessageReleaseLock, map[string]any{"lock": lock.Token, "by": strings.Repeat("x", 10_000)}},
		{latch.MessageExtendLock, map[string]any{"lock": lock.Token}},
		{latch.MessageExtendLock, map[string]any{"lock": lock.Token, "until": "tomorrow"}},
		{latch.MessageExtendLock, map[string]any{"lock": lock.Token, "until": "2099-01-01T00:00:00Z", "lock_timeout": "1h"}},
		{latch.MessageRecord, map[string]any{"delivery_id": "dlv_x"}},
		{latch.MessageRecord, map[string]any{"result": "pass"}},
		{latch.MessageSkip, map[string]any{"reason": "x"}},
		{latch.MessageSkip, map[string]any{"lock": lock.Token, "webhook": "gate", "event": "BEFORE_RELEASE", "reason": "x"}},
		{latch.MessageStop, map[string]any{"reasons": "x"}},
		{latch.MessageStop, []any{1}},
		{latch.MessageRollback, "now"},
	}
	before, _ := l.events(run.GetID())
	for _, each := range wrong {
		err := l.update(run.GetID(), each.name, each.argument, nil)
		require.Equal(t, latch.ErrorInvalidArgument, errorType(err), "%s %v: %v", each.name, each.argument, err)
	}
	after, accepted := l.events(run.GetID())
	require.Equal(t, before, after, "a refused update leaves no event")
	require.Zero(t, accepted)
	for _, each := range wrong {
		l.signal(run.GetID(), each.name, each.argument)
	}
	l.await(run.GetID(), "every bad signal shows", func(s latch.Status) bool { return len(s.Rejected) == len(wrong) })
	for _, rejected := range l.status(run.GetID()).Rejected {
		require.NotEmpty(t, rejected.Error)
		require.False(t, rejected.At.IsZero())
	}
	require.Len(t, l.status(run.GetID()).Locks, 1)
	require.NoError(t, l.update(run.GetID(), latch.MessageReleaseLock, map[string]any{"lock": lock.Token}, nil))
	require.Equal(t, latch.ReleaseReleased, l.outcome(run).Status)
}

// Contract, "Names", "Records": the arguments of the query history.
func TestLockHistoryQuery(t *testing.T) {
	t.Parallel()
	l := setup(t).lane(t)
	run := l.begin(latch.WorkflowRelease, `{"id":"r","steps":$STEPS(a,b),"webhooks":[
		{"id":"one","url":"$R/one","events":[{"event":"BEFORE_STEP"},{"event":"AFTER_STEP"}]},{"id":"two","url":"$R/two","event":"AFTER_STEP"}]}`)
	all := l.outcome(run).History
	require.Len(t, all, 6)
	ask := func(argument any) ([]latch.Record, error) {
		value, err := shared.client.QueryWorkflow(l.ctx, run.GetID(), "", latch.QueryHistory, argument)
		if err != nil {
			return nil, err
		}
		var records []latch.Record
		require.NoError(t, value.Get(&records))
		return records, nil
	}
	for _, test := range []struct {
		query string
		want  []latch.Record
	}{
		{`null`, all}, {`{}`, all},
		{`{"webhook":"two"}`, []latch.Record{all[2], all[5]}},
		{`{"webhook":"one","event":"AFTER_STEP"}`, []latch.Record{all[1], all[4]}},
		{`{"event":"BEFORE_STEP","limit":1}`, []latch.Record{all[0]}},
		{`{"limit":2}`, all[:2]},
		{`{"limit":0}`, all},
		{`{"webhook":"one","after":"` + all[1].DeliveryID + `"}`, []latch.Record{all[3], all[4]}},
		{`{"after":"` + all[5].DeliveryID + `"}`, []latch.Record{}},
		{`{"webhook":"nobody"}`, []latch.Record{}},
	} {
		got, err := ask(json.RawMessage(test.query))
		require.NoError(t, err, test.query)
		require.JSONEq(t, string(encode(t, test.want)), string(encode(t, got)), test.query)
	}
	for wrong, says := range map[string]string{
		`{"limits":2}`:     "limits",
		`{"limit":-1}`:     "limit",
		`{"limit":"two"}`:  "limit",
		`{"after":"dlv_"}`: "after",
		`"JOB_START"`:      "object",
		`[1]`:              "object",
	} {
		_, err := ask(json.RawMessage(wrong))
		require.ErrorContains(t, err, says, wrong)
	}
}
