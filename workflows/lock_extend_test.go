package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
)

// Contract, "Reminders and escalation": what extend_lock answers and refuses.
func TestExtendLock(t *testing.T) {
	t.Parallel()
	const hour = time.Hour
	timeout := func(d time.Duration) latch.LockExtension {
		return latch.LockExtension{LockTimeout: latch.Duration(d), By: "ann"}
	}
	approvals := `"lock_timeout":"4h","approvals":[{"groups":["sre"]}]`
	for _, test := range []struct {
		name, workflow, settings, id string
		given                        latch.LockExtension
		again                        bool
		kind, refused                string
		until                        time.Duration
		unchanged                    bool
	}{
		{name: "later", settings: `"lock_timeout":"4h"`, given: timeout(8 * hour), until: 8 * hour},
		{name: "the same", settings: `"lock_timeout":"4h"`, given: timeout(4 * hour), until: 4 * hour, unchanged: true},
		{name: "twice", settings: `"lock_timeout":"4h"`, given: timeout(8 * hour), again: true, until: 8 * hour, unchanged: true},
		{name: "earlier", settings: `"lock_timeout":"4h"`, given: timeout(3 * hour), kind: latch.ErrorInvalidArgument,
			refused: "which moves to a later time only"},
		{name: "no timeout", settings: `"remind":["1h"]`, given: timeout(3 * hour), kind: latch.ErrorInvalidArgument,
			refused: `webhook "board" at BEFORE_RELEASE has no lock_timeout`},
		{name: "too far", settings: `"lock_timeout":"4h"`,
			given: latch.LockExtension{Until: latch.NewTime(time.Date(2199, 1, 1, 0, 0, 0, 0, time.UTC))},
			kind:  latch.ErrorInvalidArgument, refused: "(ten years) after the lock was opened"},
		{name: "an unknown lock", settings: `"lock_timeout":"4h"`,
			given: latch.LockExtension{Lock: "x:board:y", LockTimeout: latch.Duration(8 * hour)},
			kind:  latch.ErrorUnknownLock, refused: "is of another run"},
		{name: "one who may vote", settings: approvals, id: "api-key-1",
			given: latch.LockExtension{LockTimeout: latch.Duration(8 * hour), By: "ann",
				Groups: []string{"sre"}}, until: 8 * hour},
		{name: "one who may not vote", settings: approvals, id: "api-key-1", given: timeout(8 * hour), kind: latch.ErrorForbidden,
			refused: "only those who may vote about this lock, or skip its hook, may move its deadline: ann may not vote about this lock; may approve: 1 of sre"},
		{name: "the role run", settings: approvals, id: "api-run-key-1", given: timeout(8 * hour), until: 8 * hour},
		{name: "the role admin", settings: approvals, id: "api-admin-key-1", given: timeout(8 * hour), until: 8 * hour},
		{name: "without approvals", settings: `"lock_timeout":"4h"`, id: "api-key-1", given: timeout(8 * hour), until: 8 * hour},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, nobodyElse()...)
			answered := false
			b.env.RegisterDelayedCallback(func() {
				record := b.boardRecord()
				if test.given.Lock == "" {
					test.given.Lock = record.Lock.Token
				}
				if test.again {
					b.env.UpdateWorkflow(latch.MessageExtendLock, "first",
						onEnd(func(_ any, err error) { require.NoError(b, err) }), test.given)
				}
				b.env.UpdateWorkflow(latch.MessageExtendLock, test.id, onEnd(func(answer any, err error) {
					answered = true
					if test.refused != "" {
						require.ErrorContains(b, err, test.refused)
						var refused *temporal.ApplicationError
						require.ErrorAs(b, err, &refused)
						require.Equal(b, test.kind, refused.Type())
						return
					}
					require.NoError(b, err)
					extended := answer.(latch.Extended)
					require.Equal(b, test.until, extended.Until.Sub(record.StartedAt.Time))
					require.Equal(b, test.unchanged, extended.Unchanged)
				}), test.given)
			}, time.Hour)
			b.env.RegisterDelayedCallback(func() { b.env.SignalWorkflow(latch.MessageStop, nil) }, 200*hour)
			require.NoError(t, b.run(latch.WorkflowRelease, held(test.settings)))
			require.True(t, answered)
		})
	}
}

// A closed lock has no deadline, and a gate's lock none beyond the gate's.
func TestExtendLockTooLate(t *testing.T) {
	t.Parallel()
	b := setup(t, nobodyElse()...)
	var refusals []string
	extend := func(until time.Duration) func() {
		return func() {
			record := b.boardRecord()
			given := latch.LockExtension{Lock: record.Lock.Token, LockTimeout: latch.Duration(until)}
			b.env.UpdateWorkflow(latch.MessageExtendLock, "", onEnd(func(_ any, err error) {
				require.Error(b, err)
				refusals = append(refusals, err.Error())
			}), given)
		}
	}
	b.env.RegisterDelayedCallback(extend(20*time.Hour), time.Hour)
	b.env.RegisterDelayedCallback(func() {
		b.env.SignalWorkflow(latch.MessageReleaseLock, latch.LockRelease{Lock: b.boardRecord().Lock.Token})
	}, 2*time.Hour)
	b.env.RegisterDelayedCallback(extend(9*time.Hour), 3*time.Hour)
	require.NoError(t, b.run(latch.WorkflowGate, `{"id":"g","event":"DEPLOY","deadline":"10h","webhooks":[
		{"id":"board","events":[{"event":"DEPLOY","blocking":true,"lock_timeout":"4h"}]},{"id":"later","events":[{"event":"DEPLOY","soak":"5h"}]}]}`))
	require.Len(t, refusals, 2)
	require.Contains(t, refusals[0], "is after the gate's deadline")
	require.Contains(t, refusals[1], "it has no deadline any more")
}
