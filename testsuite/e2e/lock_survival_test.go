package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// Contract, "Webhook" and "Release": after kill -9 of the worker, while a lock is open and
// between steps, a new worker continues: no step runs twice, and delivery ids and locks stay
// the same.
func TestLockSurvivesKilledWorker(t *testing.T) {
	t.Parallel()
	l := setup(t).lane(t)
	run := l.begin(latch.WorkflowRelease, `{"id":"r","steps":$STEPS(a,b),"webhooks":[
		{"id":"gate","url":"$R/gate","events":[{"event":"BEFORE_RELEASE","blocking":true},{"event":"AFTER_STEP","blocking":true}]},
		{"id":"log","url":"$R/log","event":"RELEASE_SUCCESS"}]}`)
	for firing, done := range []string{"", "a", "ab"} {
		var lock latch.OpenLock
		require.Eventually(t, func() bool {
			locks, records := l.status(run.GetID()).Locks, l.history(run.GetID())
			if len(locks) != 1 || len(records) != firing+1 || records[firing].Attempts != 1 {
				return false
			}
			lock = locks[0]
			return true
		}, patience, tick, "lock %d", firing)
		before := l.history(run.GetID())
		require.NoError(t, l.worker.Kill())
		l.startWorker()
		require.JSONEq(t, string(encode(t, before)), string(encode(t, l.history(run.GetID()))))
		require.Equal(t, []latch.OpenLock{lock}, l.status(run.GetID()).Locks)
		require.Equal(t, done, strings.Join(l.taken(), ""))
		require.NoError(t, l.update(run.GetID(), latch.MessageReleaseLock, map[string]any{"lock": lock.Token}, nil))
	}
	got := l.outcome(run)
	require.Equal(t, latch.ReleaseReleased, got.Status)
	require.Equal(t, []string{"a", "b"}, l.taken())
	sent := map[string]int{}
	for _, request := range l.receiver.Requests("") {
		if id := request.Header.Get("Webhook-Id"); id != "" {
			sent[id]++
		}
		var body struct {
			ID string `json:"delivery_id"`
		}
		if json.Unmarshal(request.Body, &body) == nil && body.ID != "" {
			sent[body.ID]++
		}
	}
	require.Len(t, sent, len(got.History))
	for _, each := range got.History {
		require.Contains(t, sent, each.DeliveryID)
	}
}

// taken returns the steps whose task was called, in order.
func (l *lane) taken() []string {
	taken := []string{}
	for _, each := range l.trail() {
		if step, ok := strings.CutPrefix(each, "do/"); ok {
			taken = append(taken, step)
		}
	}
	return taken
}

// Contract, "Records": the records of a run stay under 512 KiB: the oldest bodies are cut
// first, then data. The run completes.
func TestLockRecordsStayBounded(t *testing.T) {
	t.Parallel()
	l := setup(t).lane(t)
	large := receiver.JSON(200, fmt.Sprintf(`{"result":"fail","pad":%q}`, strings.Repeat("x", 30_000)))
	var webhooks []string
	for i := range 40 {
		l.script(fmt.Sprintf("/%d", i), large)
		webhooks = append(webhooks, fmt.Sprintf(`{"id":"w%d","url":"$R/%d",
			"events":[{"event":"BEFORE_RELEASE"},{"event":"AFTER_STEP"},{"event":"RELEASE_SUCCESS"}]}`, i, i))
	}
	run := l.begin(latch.WorkflowRelease, `{"id":"r","steps":$STEPS(a),"webhooks":[`+strings.Join(webhooks, ",")+`]}`)
	got := l.outcome(run)
	require.Equal(t, latch.ReleaseReleased, got.Status)
	require.Len(t, got.History, 120)
	require.Less(t, len(encode(t, got.History)), 512<<10)
	first, last := got.History[0], got.History[119]
	require.True(t, first.Truncated)
	require.Empty(t, first.Response.Body)
	require.JSONEq(t, `{"result":"fail"}`, string(encode(t, first.Data)), "of data what decides stays")
	require.NotEmpty(t, last.Data["pad"], "what is newest is cut last")
	for _, each := range got.History {
		require.Equal(t, latch.ResultFail, each.Result)
	}
	require.Less(t, len(encode(t, l.history(run.GetID()))), 512<<10)
}
