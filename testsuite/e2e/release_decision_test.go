package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// Contract, "Decisions": at each of the four events a hook stops or rolls back, by the default
// rules and by its own expressions. The result names who decided, where and why.
func TestReleaseDecisionAtEachEvent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, at := range []struct {
		event   string
		taken   string // the steps that ran before the event fires first
		stopped string
		undone  string
	}{
		{latch.EventBeforeRelease, "", "a:skipped b:skipped", "a:skipped b:skipped"},
		{latch.EventBeforeStep, "", "a:skipped b:skipped", "a:skipped b:skipped"},
		{latch.EventAfterStep, "a", "a:done b:skipped", "a:undone b:skipped"},
		{latch.EventBeforeReleaseComplete, "a b", "a:done b:done", "a:undone b:undone"},
	} {
		for _, decision := range []string{latch.Stop, latch.Rollback} {
			for _, own := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s %s own=%v", at.event, decision, own), func(t *testing.T) {
					t.Parallel()
					l := b.lane(t)
					answer, rule := fmt.Sprintf(`{"result":"fail","%s_release":true,"why":"no"}`, decision), ""
					if own {
						answer = `{"verdict":"no"}`
						rule = fmt.Sprintf(`,"%s_release":"history.data.verdict == 'no' && history.event == event && release.id == 'r'"`, decision)
					}
					l.script("/gate", receiver.JSON(200, answer))
					got := l.outcome(l.begin(latch.WorkflowRelease, fmt.Sprintf(`{"id":"r","steps":$STEPS(a,b),
						"webhooks":[{"id":"gate","url":"$R/gate","events":[{"event":"%s"%s}]}]}`, at.event, rule)))
					wantStatus, wantSteps := latch.ReleaseStopped, at.stopped
					if decision == latch.Rollback {
						wantStatus, wantSteps = latch.ReleaseRolledBack, at.undone
					}
					require.Empty(t, got.errorType, "a release that was stopped or rolled back completes its workflow")
					require.Equal(t, wantStatus, got.Status)
					require.Equal(t, wantSteps, got.steps())
					require.Equal(t, &latch.DecidedBy{Webhook: "gate", Event: at.event}, got.DecidedBy)
					require.NotEmpty(t, got.Reason)
					require.Len(t, got.History, 1)
					require.Equal(t, decision, got.History[0].Decision)
					require.Equal(t, 1, got.History[0].Attempts)
				})
			}
		}
	}
}

// Contract, "Decisions": the decision of a hook without an answer, or whose lock timed out, and
// `when`, `enabled`, `result`.
func TestReleaseDecisionByPolicy(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, test := range policyRows() {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.check(b.lane(t), `"url":"$R/gate"`)
		})
	}
}

func timedOut(t *testing.T, record latch.Record) {
	t.Helper()
	require.Equal(t, latch.ViaTimeout, record.Lock.Via)
	require.False(t, record.Lock.RemovedAt.IsZero())
	require.GreaterOrEqual(t, record.Lock.RemovedAt.Sub(record.StartedAt.Time), 300*time.Millisecond)
}

// Contract, "Decisions": on_error decides a hook that does not block and is not answered within
// answer_timeout. Its delivery continues on its own and decides nothing.
func TestReleaseDecisionAnswerTimeout(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, test := range []struct{ onError, status string }{
		{latch.Continue, latch.ReleaseReleased}, {latch.Stop, latch.ReleaseStopped}, {latch.Rollback, latch.ReleaseRolledBack},
	} {
		t.Run(test.onError, func(t *testing.T) {
			t.Parallel()
			l := b.lane(t)
			held, release := l.hold(receiver.JSON(200, `{"result":"fail","rollback_release":true}`))
			l.script("/gate", held)
			run := l.begin(latch.WorkflowRelease, `{"id":"r","steps":$STEPS(a),"webhooks":[{"id":"gate","url":"$R/gate",
				"events":[{"event":"BEFORE_RELEASE","answer_timeout":"300ms","on_error":"`+test.onError+`"}]}]}`)
			l.await(run.GetID(), "the outcome is known while the delivery goes on", func(s latch.Status) bool { return s.Status == test.status })
			release()
			got := l.outcome(run)
			require.Equal(t, test.status, got.Status)
			require.Equal(t, test.onError, got.History[0].Decision)
			require.Equal(t, latch.ResultFail, got.History[0].Result, "the late answer is kept")
			require.Equal(t, 200, got.History[0].Response.Status)
		})
	}
}

// Contract, "Decisions": at one event rollback beats stop beats continue; when the event is
// decided, and the effect on other waits.
func TestReleaseDecisionOfSeveralHooks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	hook := func(id, event, more string) string {
		return fmt.Sprintf(`{"id":%q,"url":"$R/%s","events":[{"event":%q%s}]}`, id, id, event, more)
	}
	person := func(id, event string) string {
		return fmt.Sprintf(`{"id":%q,"events":[{"event":%q,"blocking":true}]}`, id, event)
	}
	t.Run("rollback beats stop beats continue", func(t *testing.T) {
		t.Parallel()
		l := b.lane(t)
		got := l.outcome(l.begin(latch.WorkflowRelease, `{"id":"r","steps":$STEPS(a),"webhooks":[`+hook("one", "AFTER_STEP", "")+`,`+
			hook("two", "AFTER_STEP", `,"stop_release":"true"`)+`,`+hook("three", "AFTER_STEP", `,"rollback_release":"true"`)+`]}`))
		require.Equal(t, latch.ReleaseRolledBack, got.Status)
		require.Equal(t, "three", got.DecidedBy.Webhook)
	})
	t.Run("a stop before the first step ends other waits", func(t *testing.T) {
		t.Parallel()
		l := b.lane(t)
		for _, event := range []string{"BEFORE_RELEASE", "BEFORE_STEP"} {
			l.name += "-" + event
			got := l.outcome(l.begin(latch.WorkflowRelease, `{"id":"r","steps":$STEPS(a),"webhooks":[`+person("person", event)+`,`+
				hook("two", event, `,"stop_release":"true"`)+`]}`))
			require.Equal(t, latch.ReleaseStopped, got.Status)
			require.Equal(t, "two", got.DecidedBy.Webhook)
			person := record(t, got.History, "person", event)
			require.Equal(t, latch.ViaOverride, person.Lock.Via)
			require.NotEmpty(t, person.Lock.Reason)
			require.Equal(t, latch.ResultSkipped, person.Result, "nobody passed it")
			require.Equal(t, "skipped: "+person.Lock.Reason, person.Error)
		}
	})
	t.Run("a stop after a step waits for the others, which may roll back", func(t *testing.T) {
		t.Parallel()
		l := b.lane(t)
		run := l.begin(latch.WorkflowRelease, `{"id":"r","steps":$STEPS(a),"webhooks":[`+person("person", "AFTER_STEP")+`,`+
			hook("two", "AFTER_STEP", `,"stop_release":"true"`)+`]}`)
		lock := l.openLock(run.GetID(), "person")
		l.await(run.GetID(), "the other hook is decided", func(latch.Status) bool {
			return record(t, l.history(run.GetID()), "two", "AFTER_STEP").Decision == latch.Stop
		})
		require.Len(t, l.status(run.GetID()).Locks, 1)
		require.NoError(t, l.update(run.GetID(), latch.MessageReleaseLock, map[string]any{"lock": lock.Token, "result": "fail",
			"data": map[string]any{"rollback_release": true}, "by": "ann", "reason": "broken"}, nil))
		got := l.outcome(run)
		require.Equal(t, latch.ReleaseRolledBack, got.Status)
		require.Equal(t, &latch.DecidedBy{Webhook: "person", Event: "AFTER_STEP", By: "ann",
			IdentifiedBy: latch.IdentifiedByTemporal}, got.DecidedBy)
		require.Contains(t, got.Reason, "broken")
		require.Equal(t, "a:undone", got.steps())
	})
	t.Run("a rollback ends other waits anywhere", func(t *testing.T) {
		t.Parallel()
		l := b.lane(t)
		got := l.outcome(l.begin(latch.WorkflowRelease,
			`{"id":"r","steps":$STEPS(a),"webhooks":[`+person("person", "BEFORE_RELEASE_COMPLETE")+`,`+
				hook("two", "BEFORE_RELEASE_COMPLETE", `,"rollback_release":"true"`)+`]}`))
		require.Equal(t, latch.ReleaseRolledBack, got.Status)
		require.Equal(t, "a:undone", got.steps())
		require.Equal(t, latch.ViaOverride, record(t, got.History, "person", "BEFORE_RELEASE_COMPLETE").Lock.Via)
	})
}
