package workflows_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rehearsal"
)

// A cast is a message about the lock of a run, and what it comes to.
type cast struct {
	latch.LockRelease
	signal bool
	// refused is part of the error, of the type kind.
	kind, refused string
	unchanged     bool
	// missing is how many people the lock still needs afterwards, and votes how many stand.
	missing, votes int
}

func approve(by string, groups ...string) latch.LockRelease {
	return latch.LockRelease{Vote: latch.VoteApprove, By: by, Groups: groups}
}

func reject(by string, groups ...string) latch.LockRelease {
	return latch.LockRelease{Vote: latch.VoteReject, By: by, Groups: groups}
}

// nobodyElse returns interceptors by which the activities that ask who somebody is take the test
// for the whole world, in which names need no proof.
func nobodyElse() []interceptor.WorkerInterceptor {
	alone := func(ctx context.Context, next func(context.Context) (any, error)) (any, error) {
		return next(rehearsal.In(ctx, &rehearsal.World{Now: time.Now}))
	}
	return []interceptor.WorkerInterceptor{around(protocol.ActivityAdmit, alone), around(protocol.ActivityExamine, alone)}
}

// Contract, "Approvals": votes by updates and signals decide a lock, each is answered, what is
// refused changes nothing, and there is one record.
func TestVotes(t *testing.T) {
	t.Parallel()
	const two = `"approvals":[{"groups":["sre"],"count":2}]`
	for _, test := range []struct {
		name, event, settings string
		casts                 []cast
		status, result, rule  string
		data                  string
	}{
		{name: "approved", event: "BEFORE_RELEASE", settings: two, casts: []cast{
			{LockRelease: approve("ann", "sre"), missing: 1, votes: 1},
			{LockRelease: approve("ann", "sre"), missing: 1, votes: 1, unchanged: true},
			{LockRelease: approve("eve", "dev"), kind: latch.ErrorForbidden, refused: "eve may not vote about this lock; may approve: 2 of sre"},
			{LockRelease: latch.LockRelease{By: "bob", Groups: []string{"sre"}}, votes: 2},
			{LockRelease: approve("bob", "sre"), votes: 2, unchanged: true},
			{LockRelease: reject("bob", "sre"), kind: latch.ErrorTooLate, refused: "its votes have approved it"},
			{LockRelease: approve("dan", "sre"), kind: latch.ErrorTooLate, refused: "its votes have approved it"},
		}, status: "released", result: "pass", data: `{"result":"pass"}`},
		{name: "approved by signals", event: "BEFORE_RELEASE", settings: two, casts: []cast{
			{LockRelease: approve("ann", "sre"), signal: true, missing: 1, votes: 1},
			{LockRelease: approve("eve"), signal: true, refused: "eve may not vote", missing: 1, votes: 1},
			{LockRelease: latch.LockRelease{By: "bob", Groups: []string{"sre"}, Result: latch.ResultPass}, signal: true, votes: 2},
		}, status: "released", result: "pass", data: `{"result":"pass"}`},
		{name: "a rejection stops, whatever the rules say", event: "BEFORE_RELEASE", settings: two + `,"stop_release":"false","result":"'pass'"`, casts: []cast{
			{LockRelease: approve("ann", "sre"), missing: 1, votes: 1},
			{LockRelease: reject("bob", "sre"), votes: 2},
		}, status: "stopped", result: "pass", rule: "approvals: rejected", data: `{"result":"fail"}`},
		{name: "a rejection may roll back", event: "AFTER_STEP", settings: two + `,"rollback_release":"history.approvals.exists(a, a.result == 'reject')"`, casts: []cast{
			{LockRelease: reject("bob", "sre"), votes: 1},
		}, status: "rolled_back", result: "fail", rule: "rollback_release: history.approvals.exists(a, a.result == 'reject')", data: `{"result":"fail"}`},
		{name: "withdrawn", event: "BEFORE_RELEASE", settings: two, casts: []cast{
			{LockRelease: approve("ann", "sre"), missing: 1, votes: 1},
			{LockRelease: latch.LockRelease{By: "ann", Groups: []string{"sre"}, Vote: latch.VoteWithdraw}, missing: 2},
			{LockRelease: approve("bob", "sre"), missing: 1, votes: 1},
			{LockRelease: approve("dan", "sre"), votes: 2},
		}, status: "released", result: "pass", data: `{"result":"pass"}`},
		{name: "a form", event: "BEFORE_RELEASE", settings: `"approvals":[{"count":1}],"form":{"required":["ticket"],"properties":{"ticket":{"type":"string"},"risk":{"type":"integer"}}},
			"stop_release":"history.data.risk > 5"`, casts: []cast{
			{LockRelease: approve("ann"), kind: latch.ErrorInvalidArgument, refused: "data.ticket: required"},
			{LockRelease: with(approve("ann"), `{"ticket":1,"risk":"x"}`), kind: latch.ErrorInvalidArgument, refused: "data.risk: "},
			{LockRelease: with(approve("ann"), `{"ticket":"OPS-1","risk":9}`), votes: 1},
		}, status: "stopped", result: "pass", rule: "stop_release: history.data.risk > 5", data: `{"result":"pass","risk":9,"ticket":"OPS-1"}`},
		{name: "a result without a meaning", event: "BEFORE_RELEASE", settings: two + `,"result":"'pass'"`, casts: []cast{
			{LockRelease: with(latch.LockRelease{By: "ann", Groups: []string{"sre"}}, `{"result":"maybe"}`), kind: latch.ErrorInvalidArgument, refused: "data.result"},
			{LockRelease: reject("ann", "sre"), votes: 1},
		}, status: "stopped", result: "pass", rule: "approvals: rejected", data: `{"result":"fail"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, nobodyElse()...)
			for i, each := range test.casts {
				b.env.RegisterDelayedCallback(func() { b.castAt(each, i) }, time.Duration(i+1)*time.Minute)
			}
			require.NoError(t, b.run(latch.WorkflowRelease, `{"id":"shop","steps":[{"name":"migrate","do":{"http":{"url":"$R/do"}}}],
				"webhooks":[{"id":"board","events":[{"event":"`+test.event+`","blocking":true,`+test.settings+`}]},
				{"id":"ci","events":[{"event":"`+test.event+`","soak":"1h"}]}]}`))
			var result latch.ReleaseResult
			b.result(&result)
			require.Equal(t, test.status, result.Status)
			records := recordsOf(result.History, "board")
			require.Len(t, records, 1)
			require.Equal(t, test.result, records[0].Result)
			if test.rule != "" {
				require.Equal(t, test.rule, records[0].Rule)
			}
			require.JSONEq(t, test.data, string(encoded(t, records[0].Data)))
			last := records[0].Approvals[len(records[0].Approvals)-1]
			require.Equal(t, last.By, records[0].Lock.RemovedBy)
		})
	}
}

func with(message latch.LockRelease, data string) latch.LockRelease {
	if err := json.Unmarshal([]byte(data), &message.Data); err != nil {
		panic(err)
	}
	return message
}

func encoded(t *testing.T, value any) []byte {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return text
}

func recordsOf(records []latch.Record, webhook string) []latch.Record {
	var found []latch.Record
	for _, record := range records {
		if record.Webhook == webhook {
			found = append(found, record)
		}
	}
	return found
}

// castAt sends a message about the run's lock, and looks at what it comes to.
func (b *bench) castAt(c cast, i int) {
	record := b.boardRecord()
	c.Lock = record.Lock.Token
	if c.signal {
		b.env.SignalWorkflow(latch.MessageReleaseLock, c.LockRelease)
		b.env.RegisterDelayedCallback(func() { b.checkCast(c, i, nil) }, time.Second)
		return
	}
	b.env.UpdateWorkflow(latch.MessageReleaseLock, "", onEnd(func(answer any, err error) {
		if c.refused != "" {
			require.ErrorContains(b, err, c.refused, "cast %d", i)
			var refused *temporal.ApplicationError
			require.ErrorAs(b, err, &refused)
			require.Equal(b, c.kind, refused.Type(), "cast %d", i)
			return
		}
		require.NoError(b, err, "cast %d", i)
		released := answer.(latch.Released)
		require.Equal(b, c.unchanged, released.Unchanged, "cast %d", i)
		b.checkCast(c, i, &released)
	}), c.LockRelease)
}

// onEnd calls done once an update has ended, with its answer or its error.
func onEnd(done func(answer any, err error)) *testsuite.TestUpdateCallback {
	return &testsuite.TestUpdateCallback{OnAccept: func() {}, OnReject: func(err error) { done(nil, err) }, OnComplete: done}
}

func (b *bench) checkCast(c cast, i int, released *latch.Released) {
	record := b.boardRecord()
	require.Len(b, record.Approvals, c.votes, "cast %d", i)
	missing := 0
	if released != nil {
		require.Len(b, released.Approvals, c.votes)
		for _, m := range released.Missing {
			missing += m.Count
		}
		require.Equal(b, c.missing, missing, "cast %d", i)
	}
	var status latch.Status
	value, err := b.env.QueryWorkflow(latch.QueryStatus)
	require.NoError(b, err)
	require.NoError(b, value.Get(&status))
	missing = 0
	for _, lock := range status.Locks {
		for _, m := range lock.Missing {
			missing += m.Count
		}
	}
	require.Equal(b, c.missing, missing, "cast %d, in the status", i)
	if c.signal && c.refused != "" {
		require.Contains(b, status.Rejected[len(status.Rejected)-1].Error, c.refused)
	}
}

func (b *bench) boardRecord() latch.Record {
	var records []latch.Record
	value, err := b.env.QueryWorkflow(latch.QueryHistory)
	require.NoError(b, err)
	require.NoError(b, value.Get(&records))
	records = recordsOf(records, "board")
	require.NotEmpty(b, records)
	return records[len(records)-1]
}

// Contract, "Approvals": the message record changes nothing that votes are about, and a lock
// without approvals has no votes to withdraw.
func TestMessagesThatAreNoVotes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, settings, message, refused string }{
		{"record", `"approvals":[{}]`, latch.MessageRecord, `webhook "board" at BEFORE_RELEASE has approvals`},
		{"withdraw", `"lock_timeout":"2h"`, latch.MessageReleaseLock, "the first removal decides it"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, nobodyElse()...)
			b.env.RegisterDelayedCallback(func() {
				record := b.boardRecord()
				var argument any = latch.LockRelease{Lock: record.Lock.Token, Vote: latch.VoteWithdraw}
				if test.message == latch.MessageRecord {
					argument = latch.RecordUpdate{DeliveryID: record.DeliveryID, Result: latch.ResultPass}
				}
				b.env.UpdateWorkflow(test.message, "", onEnd(func(_ any, err error) { require.ErrorContains(b, err, test.refused) }), argument)
				b.env.SignalWorkflow(latch.MessageReleaseLock, latch.LockRelease{Lock: record.Lock.Token, By: "ann", Vote: latch.VoteReject})
			}, time.Minute)
			require.NoError(t, b.run(latch.WorkflowRelease, strings.Replace(`{"id":"shop","steps":[{"name":"migrate","do":{"http":{"url":"$R/do"}}}],
				"webhooks":[{"id":"board","events":[{"event":"BEFORE_RELEASE","blocking":true,SETTINGS}]}]}`, "SETTINGS", test.settings, 1)))
			require.Equal(t, latch.ResultFail, b.boardRecord().Result)
		})
	}
}

// Contract, "Approvals": at a gate's deadline, a lock that lacks approvals lets nothing pass.
func TestADeadlineDoesNotApprove(t *testing.T) {
	t.Parallel()
	b := setup(t, nobodyElse()...)
	err := b.run(latch.WorkflowGate, `{"id":"g","event":"DEPLOY","deadline":"1h","on_deadline":"continue",
		"webhooks":[{"id":"board","events":[{"event":"DEPLOY","blocking":true,"approvals":[{"count":2}]}]}]}`)
	require.ErrorContains(t, err, latch.ErrorGateStopped)
	require.Equal(t, "on_deadline: stop", b.boardRecord().Rule)
}
