package e2e

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// gated is a release that one lock holds before its first step.
const gated = `{"id":"r","steps":$STEPS(a),
	"webhooks":[{"id":"gate","url":"$R/gate","events":[{"event":"BEFORE_RELEASE","blocking":true}]}]}`

// Contract, "Blocking and locks": release_lock as a signal and as an update, before the
// endpoint has answered, with result, data, by and reason; `via` by the update's id.
func TestLockRelease(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, test := range []struct{ name, updateID, via, known string }{
		{"signal", "", latch.ViaSignal, latch.IdentifiedByTemporal},
		{"update", "u-1", latch.ViaUpdate, latch.IdentifiedByTemporal},
		{"api", "api-1", latch.ViaAPI, ""},
		{"key at the api", "api-admin-key-1", latch.ViaAPI, latch.IdentifiedByKey},
		{"oidc on the page", "page-oidc-1", latch.ViaPage, latch.IdentifiedByOIDC},
	} {
		for _, given := range []struct {
			name, message, result, data, status string
		}{
			{"pass", `{"by":"ann","reason":"looks good","data":{"ticket":7}}`, "pass", `{"ticket":7}`, latch.ReleaseReleased},
			{"fail alone goes on", `{"result":"fail","by":"ann"}`, "fail", `{"result":"fail"}`, latch.ReleaseReleased},
			{"fail and stop", `{"result":"fail","data":{"stop_release":true},"by":"ann","reason":"no"}`, "fail",
				`{"result":"fail","stop_release":true}`, latch.ReleaseStopped},
			{"a vote to reject", `{"vote":"reject","by":"ann"}`, "fail", `{"result":"fail","stop_release":true}`, latch.ReleaseStopped},
			{"data cannot undo the result", `{"result":"pass","data":{"result":"fail","rollback_release":true}}`, "pass",
				`{"result":"pass","rollback_release":true}`, latch.ReleaseReleased},
		} {
			t.Run(test.name+" "+given.name, func(t *testing.T) {
				t.Parallel()
				l := b.lane(t)
				held, release := l.hold(receiver.Status(200))
				l.script("/gate", held)
				run := l.begin(latch.WorkflowRelease, gated)
				l.arrived("/gate", 1)
				lock := l.openLock(run.GetID(), "gate")
				message := latch.Object{}
				require.NoError(t, json.Unmarshal([]byte(given.message), &message))
				message["lock"] = json.RawMessage(fmt.Sprintf("%q", lock.Token))
				if test.via == latch.ViaSignal {
					l.signal(run.GetID(), latch.MessageReleaseLock, message)
					l.await(run.GetID(), "the lock is removed", func(s latch.Status) bool { return len(s.Locks) == 0 })
				} else {
					var answer, again latch.Released
					require.NoError(t, l.updateAs(test.updateID, run.GetID(), latch.MessageReleaseLock, message, &answer))
					require.Equal(t, test.via, answer.Lock.Via)
					require.Equal(t, given.result, answer.Result)
					require.NotEmpty(t, answer.Decision)
					require.NoError(t, l.updateAs(test.updateID+"-again", run.GetID(), latch.MessageReleaseLock,
						map[string]any{"lock": lock.Token, "result": given.result, "data": map[string]any{"x": 1}, "by": "bob"}, &again))
					require.False(t, answer.Unchanged)
					require.True(t, again.Unchanged)
					require.Equal(t, answer.Record, again.Record, "a second one that asks for the same changes nothing")
					other := map[string]string{"pass": "fail", "fail": "pass"}[given.result]
					err := l.updateAs(test.updateID+"-other", run.GetID(), latch.MessageReleaseLock,
						map[string]any{"lock": lock.Token, "result": other}, nil)
					require.Equal(t, latch.ErrorTooLate, errorType(err), "%v", err)
					require.ErrorContains(t, err, "with the result "+given.result+", and this asks for "+other)
					require.Equal(t, answer.Record, recordIn(t, err), "the record that stands comes along")
				}
				release()
				got := l.outcome(run)
				require.Equal(t, given.status, got.Status)
				removed := record(t, got.History, "gate", latch.EventBeforeRelease)
				require.Equal(t, given.result, removed.Result)
				require.JSONEq(t, given.data, string(encode(t, removed.Data)))
				require.Equal(t, test.via, removed.Lock.Via)
				require.Equal(t, lock.Token, removed.Lock.Token)
				require.False(t, removed.Lock.RemovedAt.IsZero())
				if by, ok := message["by"]; ok {
					require.JSONEq(t, string(by), fmt.Sprintf("%q", removed.Lock.RemovedBy))
					require.Equal(t, test.known, removed.Lock.IdentifiedBy)
				}
				if reason, ok := message["reason"]; ok {
					require.JSONEq(t, string(reason), fmt.Sprintf("%q", removed.Lock.Reason))
				}
			})
		}
	}
}

// recordIn returns the record of a used lock from the details of a refusal.
func recordIn(t *testing.T, err error) latch.Record {
	t.Helper()
	var refused *temporal.ApplicationError
	require.ErrorAs(t, err, &refused)
	var record latch.Record
	require.NoError(t, refused.Details(&record))
	return record
}

// Contract, "Blocking and locks": a removal after the lock's timeout, as an update or a signal,
// is refused, and so is one of a lock that another decision has closed.
func TestLockReleaseTooLate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, test := range []struct{ name, hooks, says string }{
		{"timed out", `{"id":"gate",
			"events":[{"event":"BEFORE_RELEASE","blocking":true,"lock_timeout":"1s",
				"on_timeout":"continue"}]}`, "the lock timed out at "},
		{"skipped", `{"id":"gate","events":[{"event":"BEFORE_RELEASE","blocking":true}]}`, "the hook was skipped at "},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := b.lane(t)
			run := l.begin(latch.WorkflowRelease, `{"id":"r","steps":$STEPS(a),"webhooks":[`+test.hooks+`,
				{"id":"later","events":[{"event":"BEFORE_RELEASE_COMPLETE","blocking":true}]}]}`)
			lock := l.openLock(run.GetID(), "gate")
			if test.name == "skipped" {
				require.NoError(t, l.update(run.GetID(), latch.MessageSkip, map[string]any{"lock": lock.Token, "reason": "flaky"}, nil))
			}
			later := l.openLock(run.GetID(), "later")
			for _, result := range []string{"pass", "fail", ""} {
				err := l.update(run.GetID(), latch.MessageReleaseLock, map[string]any{"lock": lock.Token, "result": result}, nil)
				require.Equal(t, latch.ErrorTooLate, errorType(err), "%v", err)
				require.ErrorContains(t, err, test.says)
				require.Equal(t, lock.Token, recordIn(t, err).Lock.Token)
			}
			l.signal(run.GetID(), latch.MessageReleaseLock, map[string]any{"lock": lock.Token})
			l.await(run.GetID(), "the signal shows as rejected", func(s latch.Status) bool { return len(s.Rejected) == 1 })
			require.Contains(t, l.status(run.GetID()).Rejected[0].Error, test.says)
			require.NoError(t, l.update(run.GetID(), latch.MessageReleaseLock, map[string]any{"lock": later.Token}, nil))
			require.Equal(t, latch.ReleaseReleased, l.outcome(run).Status)
		})
	}
}

// Contract, "Records" and "Blocking and locks": a removal's data overrides the endpoint's key
// by key. If it has no result, the endpoint's counts.
func TestLockReleaseOverAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, test := range []struct{ name, message, result, data, status string }{
		{"the endpoint's result stands", `{"data":{"b":3}}`, "fail", `{"result":"fail","a":1,"b":3,"stop_release":true}`, latch.ReleaseStopped},
		{"the removal's result stands", `{"result":"pass"}`, "pass", `{"result":"pass","a":1,"b":2,"stop_release":true}`, latch.ReleaseReleased},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := b.lane(t)
			l.script("/gate", receiver.JSON(200, `{"result":"fail","a":1,"b":2,"stop_release":true}`))
			run := l.begin(latch.WorkflowRelease, gated)
			lock := l.openLock(run.GetID(), "gate")
			require.Eventually(t, func() bool { return l.history(run.GetID())[0].Attempts == 1 }, patience, tick)
			require.Equal(t, latch.ResultPending, l.history(run.GetID())[0].Result)
			message := latch.Object{}
			require.NoError(t, json.Unmarshal([]byte(test.message), &message))
			message["lock"] = encode(t, lock.Token)
			require.NoError(t, l.update(run.GetID(), latch.MessageReleaseLock, message, nil))
			got := l.outcome(run)
			require.Equal(t, test.status, got.Status)
			require.Equal(t, test.result, got.History[0].Result)
			require.JSONEq(t, test.data, string(encode(t, got.History[0].Data)))
		})
	}
}

// Contract, "Blocking and locks": after its lock is removed, a delivery continues on its own
// and its failure has no effect.
func TestLockReleaseOutlivesFailedDelivery(t *testing.T) {
	t.Parallel()
	l := setup(t).lane(t)
	held, release := l.hold(receiver.Status(400))
	l.script("/gate", held)
	run := l.begin(latch.WorkflowRelease, gated)
	l.arrived("/gate", 1)
	require.NoError(t, l.update(run.GetID(), latch.MessageReleaseLock, map[string]any{"lock": l.openLock(run.GetID(), "gate").Token}, nil))
	l.arrived("/do/a", 1)
	release()
	got := l.outcome(run)
	require.Equal(t, latch.ReleaseReleased, got.Status)
	require.Equal(t, latch.ResultPass, got.History[0].Result)
	require.Equal(t, latch.Continue, got.History[0].Decision)
	require.Equal(t, 400, got.History[0].Response.Status)
}

// Contract, "Blocking and locks", "Names": an unknown lock, or one of another run, is refused.
// A closed run refuses everything.
func TestLockUnknown(t *testing.T) {
	t.Parallel()
	l := setup(t).lane(t)
	run := l.begin(latch.WorkflowRelease, gated)
	lock := l.openLock(run.GetID(), "gate")
	for _, wrong := range []string{"no-lock", "another-run:gate:AAAAAAAAAAAAAAAAAAAAAA",
		run.GetID() + ":gate:AAAAAAAAAAAAAAAAAAAAAA", strings.ToUpper(lock.Token)} {
		err := l.update(run.GetID(), latch.MessageReleaseLock, map[string]any{"lock": wrong}, nil)
		require.Equal(t, latch.ErrorUnknownLock, errorType(err), "%v", err)
		require.Contains(t, err.Error(), wrong)
		err = l.update(run.GetID(), latch.MessageSkip, map[string]any{"lock": wrong, "reason": "x"}, nil)
		require.Equal(t, latch.ErrorUnknownLock, errorType(err), "%v", err)
	}
	l.signal(run.GetID(), latch.MessageReleaseLock, map[string]any{"lock": "no-lock"})
	l.await(run.GetID(), "the signal shows as rejected", func(s latch.Status) bool { return len(s.Rejected) == 1 })
	require.Len(t, l.status(run.GetID()).Locks, 1)
	require.NoError(t, l.update(run.GetID(), latch.MessageReleaseLock, map[string]any{"lock": lock.Token}, nil))
	require.Equal(t, latch.ReleaseReleased, l.outcome(run).Status)
	require.Error(t, l.update(run.GetID(), latch.MessageReleaseLock, map[string]any{"lock": lock.Token}, nil))
}

// Contract, "Blocking and locks", "Records": the token's form and randomness, open locks in the
// status and in the run's memo, and that the templates of other hooks do not see them.
func TestLockShows(t *testing.T) {
	t.Parallel()
	l := setup(t, "LATCH_API_URL", "https://latch.example.com").lane(t)
	run := l.begin(latch.WorkflowRelease, `{"id":"r","steps":$STEPS(a),
		"webhooks":[
			{"id":"first","url":"$R/first","events":[
				{"event":"BEFORE_RELEASE","blocking":true,"lock_timeout":"1h"},
				{"event":"BEFORE_RELEASE_COMPLETE","blocking":true}]},
			{"id":"spy","url":"$R/spy","events":[
				{"event":"BEFORE_RELEASE","body":{"records":"${records}"}},
				{"event":"BEFORE_RELEASE_COMPLETE","body":{"records":"${records}"}}]}]}`)
	lock := l.openLock(run.GetID(), "first")

	parts := strings.Split(lock.Token, ":")
	require.Equal(t, []string{run.GetID(), "first"}, parts[:2])
	chance, err := base64.RawURLEncoding.DecodeString(parts[2])
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(chance)*8, 128)
	require.Equal(t, latch.EventBeforeRelease, lock.Event)
	require.Equal(t, time.Hour, lock.Until.Sub(lock.Since.Time))
	require.True(t, strings.HasPrefix(lock.URL, "https://latch.example.com/locks/"), lock.URL)

	sent := l.arrived("/first", 1)[0]
	require.Equal(t, lock.Token, sent.Header.Get("X-Latch-Lock"))
	require.Contains(t, string(sent.Body), lock.Token)
	require.NotContains(t, string(l.arrived("/spy", 1)[0].Body), parts[2])

	described, err := shared.client.DescribeWorkflowExecution(l.ctx, run.GetID(), "")
	require.NoError(t, err)
	var listed []latch.OpenLock
	require.NoError(t, converter.GetDefaultDataConverter().
		FromPayload(described.GetWorkflowExecutionInfo().GetMemo().GetFields()[latch.MemoLocks], &listed))
	require.Equal(t, []latch.OpenLock{lock}, listed)

	require.NoError(t, l.update(run.GetID(), latch.MessageReleaseLock, map[string]any{"lock": lock.Token}, nil))
	require.Eventually(t, func() bool {
		locks := l.status(run.GetID()).Locks
		return len(locks) == 1 && locks[0].Event == latch.EventBeforeReleaseComplete
	}, patience, tick)
	second := l.openLock(run.GetID(), "first")
	require.NotEqual(t, lock.Token, second.Token, "one lock per webhook and firing")
	require.True(t, second.Until.IsZero(), "a lock without a timeout waits for ever")
	late := string(l.arrived("/spy", 2)[1].Body)
	require.Contains(t, late, lock.Token, "a used lock shows")
	require.NotContains(t, late, second.Token)

	require.NoError(t, l.update(run.GetID(), latch.MessageReleaseLock, map[string]any{"lock": second.Token}, nil))
	require.Equal(t, latch.ReleaseReleased, l.outcome(run).Status)
	described, err = shared.client.DescribeWorkflowExecution(l.ctx, run.GetID(), "")
	require.NoError(t, err)
	require.NotContains(t, described.GetWorkflowExecutionInfo().GetMemo().GetFields(), latch.MemoLocks, "the server drops an empty list")
}

// Contract, "Records": the shape of the query status.
func TestLockStatusShape(t *testing.T) {
	t.Parallel()
	l := setup(t).lane(t)
	run := l.begin(latch.WorkflowRelease, gated)
	l.openLock(run.GetID(), "gate")
	var status map[string]any
	l.query(run.GetID(), latch.QueryStatus, &status)
	require.Equal(t, "r", status["id"])
	require.Equal(t, "running", status["status"])
	require.Equal(t, "BEFORE_RELEASE", status["event"])
	require.NotEmpty(t, status["phase"])
	require.Equal(t, []any{map[string]any{"name": "a", "status": "pending"}}, status["steps"])
	require.Equal(t, []any{}, status["rejected"])
	lock := status["locks"].([]any)[0].(map[string]any)
	require.Equal(t, "gate", lock["webhook"])
	require.Equal(t, "BEFORE_RELEASE", lock["event"])
	require.NotContains(t, lock, "until")
	_, err := time.Parse("2006-01-02T15:04:05.000Z", lock["since"].(string))
	require.NoError(t, err)
	require.NoError(t, l.update(run.GetID(), latch.MessageReleaseLock, map[string]any{"lock": lock["token"]}, nil))
	l.outcome(run)
	closed := l.status(run.GetID())
	require.Equal(t, latch.ReleaseReleased, closed.Status)
	require.Empty(t, closed.Locks)
}

// events counts the events of a run's history.
func (l *lane) events(id string) (count, updates int) {
	iterator := shared.client.GetWorkflowHistory(l.ctx, id, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for iterator.HasNext() {
		event, err := iterator.Next()
		require.NoError(l, err)
		count++
		if event.GetEventType() == enums.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED {
			updates++
		}
	}
	return count, updates
}

func encode(t require.TestingT, value any) json.RawMessage {
	encoded, err := json.Marshal(value)
	require.NoError(t, err)
	return encoded
}
