package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// A policyRow is one row of the decision table of hooks: a hook's settings, its answers and the
// outcome.
type policyRow struct {
	name, hook string
	answers    []receiver.Answer
	status     string
	decision   string
	result     string
	sees       func(*testing.T, latch.Record)
}

// check runs a release with a hook that has the given target.
func (row policyRow) check(l *lane, target string) {
	l.Helper()
	l.script("/gate", row.answers...)
	got := l.outcome(l.begin(latch.WorkflowRelease, `{"id":"r","vars":{"go":false},"steps":$STEPS(a),
		"webhooks":[{"id":"gate",`+target+`,"events":[`+row.hook+`]}]}`))
	require.Equal(l, row.status, got.Status, "%+v", got)
	if row.name == "enabled false makes no record" {
		require.Empty(l, got.History)
		return
	}
	require.Len(l, got.History, 1)
	require.Equal(l, row.decision, got.History[0].Decision)
	if row.result != "" {
		require.Equal(l, row.result, got.History[0].Result)
	}
	if row.sees != nil {
		row.sees(l.T, got.History[0])
	}
}

// policyRows are the decisions of a hook without an answer, or whose lock timed out, and
// `when`, `enabled`, `result` (contract, "Decisions").
func policyRows() []policyRow {
	refuse := []receiver.Answer{receiver.Status(400)}
	pass := []receiver.Answer{receiver.JSON(200, `{"n":1}`)}
	return []policyRow{
		{name: "delivery failed, a hook without expressions goes on", hook: `{"event":"BEFORE_RELEASE"}`, answers: refuse,
			status: latch.ReleaseReleased, decision: latch.Continue, result: latch.ResultFail},
		{name: "delivery failed, a hook with an expression stops", hook: `{"event":"BEFORE_RELEASE","stop_release":"false"}`, answers: refuse,
			status: latch.ReleaseStopped, decision: latch.Stop, result: latch.ResultFail},
		{name: "delivery failed, a hook with when alone goes on", hook: `{"event":"BEFORE_RELEASE","when":"true"}`, answers: refuse,
			status: latch.ReleaseReleased, decision: latch.Continue, result: latch.ResultFail},
		{name: "delivery failed, a blocking hook stops and its lock closes", hook: `{"event":"BEFORE_RELEASE","blocking":true}`, answers: refuse,
			status: latch.ReleaseStopped, decision: latch.Stop, result: latch.ResultFail, sees: func(t *testing.T, record latch.Record) {
				require.Equal(t, latch.ViaOverride, record.Lock.Via)
				require.False(t, record.Lock.RemovedAt.IsZero())
			}},
		{name: "delivery failed, on_error rollback", hook: `{"event":"BEFORE_RELEASE","on_error":"rollback"}`, answers: refuse,
			status: latch.ReleaseRolledBack, decision: latch.Rollback, result: latch.ResultFail},
		{name: "delivery failed, on_error continue evaluates nothing further",
			hook:    `{"event":"BEFORE_RELEASE","on_error":"continue","rollback_release":"true"}`,
			answers: refuse, status: latch.ReleaseReleased, decision: latch.Continue, result: latch.ResultFail},
		{name: "an expression failed, it has its own on_error",
			hook: `{"event":"BEFORE_RELEASE","stop_release":"history.data.missing == 1"}`, answers: pass,
			status: latch.ReleaseStopped, decision: latch.Stop, result: latch.ResultPass, sees: func(t *testing.T, record latch.Record) {
				require.Contains(t, record.Error, "stop_release")
			}},
		{name: "an expression failed, on_error continue", hook: `{"event":"BEFORE_RELEASE","on_error":"continue",
		"rollback_release":"history.data.missing == 1","stop_release":"true"}`,
			answers: pass, status: latch.ReleaseReleased, decision: latch.Continue, result: latch.ResultPass},
		{name: "a result that is neither pass nor fail is one that failed",
			hook: `{"event":"BEFORE_RELEASE","result":"string(history.data.n)"}`, answers: pass,
			status: latch.ReleaseStopped, decision: latch.Stop, sees: func(t *testing.T, record latch.Record) {
				require.Contains(t, record.Error, "result")
			}},
		{name: "when failed, on_error alone decides",
			hook: `{"event":"BEFORE_RELEASE","on_error":"rollback","when":"vars.missing == 1"}`, answers: pass,
			status: latch.ReleaseRolledBack, decision: latch.Rollback, sees: func(t *testing.T, record latch.Record) {
				require.Contains(t, record.Error, "when")
				require.Zero(t, record.Attempts)
			}},
		{name: "when failed, without expressions it goes on", hook: `{"event":"BEFORE_RELEASE","when":"vars.missing == 1"}`, answers: pass,
			status: latch.ReleaseReleased, decision: latch.Continue},
		{name: "when is false, the record is skipped and says so",
			hook: `{"event":"BEFORE_RELEASE","when":"vars.go","blocking":true}`, answers: pass,
			status: latch.ReleaseReleased, result: latch.ResultSkipped, sees: func(t *testing.T, record latch.Record) {
				require.Contains(t, record.Error, "when")
				require.Nil(t, record.Lock)
				require.Zero(t, record.Attempts)
			}},
		{name: "result overrides what data says", hook: `{"event":"BEFORE_RELEASE",
		"result":"history.data.n > 0 ? 'fail' : 'pass'",
		"stop_release":"history.result == 'fail'"}`, answers: pass,
			status: latch.ReleaseStopped, decision: latch.Stop, result: latch.ResultFail},
		{name: "an answer of fail alone decides nothing", hook: `{"event":"BEFORE_RELEASE"}`,
			answers: []receiver.Answer{receiver.JSON(200, `{"result":"fail"}`)},
			status:  latch.ReleaseReleased, decision: latch.Continue, result: latch.ResultFail},
		{name: "stop_release without fail decides nothing", hook: `{"event":"BEFORE_RELEASE"}`,
			answers: []receiver.Answer{receiver.JSON(200, `{"stop_release":true}`)},
			status:  latch.ReleaseReleased, decision: latch.Continue, result: latch.ResultPass},
		{name: "rollback beats stop in one hook", hook: `{"event":"BEFORE_RELEASE"}`,
			answers: []receiver.Answer{receiver.JSON(200, `{"result":"fail","stop_release":true,"rollback_release":true}`)},
			status:  latch.ReleaseRolledBack, decision: latch.Rollback, result: latch.ResultFail},
		{name: "lock timed out, on_timeout is stop by default",
			hook: `{"event":"BEFORE_RELEASE","blocking":true,"lock_timeout":"300ms"}`, answers: pass,
			status: latch.ReleaseStopped, decision: latch.Stop, sees: timedOut},
		{name: "lock timed out, continue, and nothing else is asked", hook: `{"event":"BEFORE_RELEASE","blocking":true,
		"lock_timeout":"300ms","on_timeout":"continue","rollback_release":"true"}`, answers: pass,
			status: latch.ReleaseReleased, decision: latch.Continue, sees: timedOut},
		{name: "lock timed out, rollback",
			hook: `{"event":"BEFORE_RELEASE","blocking":true,"lock_timeout":"300ms","on_timeout":"rollback"}`, answers: pass,
			status: latch.ReleaseRolledBack, decision: latch.Rollback, sees: timedOut},
		{name: "enabled false makes no record", hook: `{"event":"BEFORE_RELEASE","enabled":false,"blocking":true}`, answers: pass,
			status: latch.ReleaseReleased},
	}
}
