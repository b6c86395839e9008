package latchtest_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/latchtest"
)

// A removal happens at the time in the script, and a lock without one times out, by the
// environment's clock.
func TestLocks(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		hook     string
		script   func(*latchtest.Script)
		decision string
		after    time.Duration
		via      string
	}{
		"removed": {`"blocking": true`,
			func(s *latchtest.Script) { s.Release(latch.LockRelease{}) }, latch.Continue, time.Minute, latch.ViaUpdate},
		"removed before it times out soon": {`"blocking": true, "lock_timeout": "10s"`,
			func(s *latchtest.Script) { s.Release(latch.LockRelease{}) }, latch.Continue, 5 * time.Second, latch.ViaUpdate},
		"removed at once": {`"blocking": true`,
			func(s *latchtest.Script) { s.ReleaseAfter(0, latch.LockRelease{}) }, latch.Continue, 0, latch.ViaUpdate},
		"removed after weeks": {`"blocking": true`,
			func(s *latchtest.Script) { s.ReleaseAfter(500*time.Hour, latch.LockRelease{}) },
			latch.Continue, 500 * time.Hour, latch.ViaUpdate},
		"removed as failed": {`"blocking": true, "stop_release": "history.result == 'fail'"`,
			func(s *latchtest.Script) { s.Release(latch.LockRelease{Result: latch.ResultFail}) },
			latch.Stop, time.Minute, latch.ViaUpdate},
		"removed with data": {`"blocking": true, "rollback_release": "history.data.risk > 7"`,
			func(s *latchtest.Script) {
				s.Release(latch.LockRelease{Data: latch.Object{"risk": json.RawMessage("8")}})
			},
			latch.Rollback, time.Minute, latch.ViaUpdate},
		"timed out": {`"blocking": true, "lock_timeout": "72h", "on_timeout": "rollback"`,
			func(*latchtest.Script) {}, latch.Rollback, 72 * time.Hour, latch.ViaTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hooks, env := setup(t, latchtest.Options{})
			test.script(hooks.On("gate", "BEFORE_RELEASE"))
			release(t, env, `[{"id": "gate", "url": "https://gate.example.com", "events": [
				{"event": "BEFORE_RELEASE", `+test.hook+`}]}]`)
			gate := hooks.RequireDelivered("gate", "BEFORE_RELEASE")
			require.Equal(t, test.decision, gate.Decision)
			require.Equal(t, test.via, gate.Lock.Via)
			require.Equal(t, test.after, gate.Lock.RemovedAt.Sub(gate.StartedAt.Time))
			require.Equal(t, gate.Lock.Token, gate.Requests[0].Header.Get("X-Latch-Lock"))
		})
	}
}

// A lock without a lock_timeout that nobody removes holds its run until the environment's run
// timeout, and stays open.
func TestLockThatNobodyRemoves(t *testing.T) {
	t.Parallel()
	hooks, env := setup(t, latchtest.Options{})
	env.SetWorkflowRunTimeout(24 * time.Hour)
	env.ExecuteWorkflow(latch.WorkflowJobRun, json.RawMessage(`{
		"id": "import",
		"task": {"http": {"url": "https://shop.example.com"}},
		"webhooks": [{"id": "gate", "events": [{"event": "JOB_START", "blocking": true}]}]
	}`))
	var timeout *temporal.TimeoutError
	require.ErrorAs(t, env.GetWorkflowError(), &timeout)
	require.Len(t, hooks.Locks(), 1)
	gate := hooks.RequireFired("gate", "JOB_START")
	require.True(t, gate.Lock.Open())
	require.Equal(t, latch.ResultPending, gate.Result)
}

// Several locks of one hook are removed in turn, and the last removal is used for all later
// ones.
func TestLocksInTurn(t *testing.T) {
	t.Parallel()
	hooks, env := setup(t, latchtest.Options{})
	hooks.On("gate", "BEFORE_STEP").
		Release(latch.LockRelease{By: "ada"}).
		ReleaseAfter(time.Hour, latch.LockRelease{By: "bob"})
	hooks.On("gate", "BEFORE_STEP").Step("b").Release(latch.LockRelease{By: "eve"})
	env.ExecuteWorkflow(latch.WorkflowRelease, json.RawMessage(`{
		"id": "shop",
		"steps": [
			{"name": "a", "do": {"http": {"url": "https://shop.example.com/a"}}},
			{"name": "b", "do": {"http": {"url": "https://shop.example.com/b"}}},
			{"name": "c", "do": {"http": {"url": "https://shop.example.com/c"}}},
			{"name": "d", "do": {"http": {"url": "https://shop.example.com/d"}}}
		],
		"webhooks": [{"id": "gate", "events": [{"event": "BEFORE_STEP", "blocking": true}]}]
	}`))
	require.NoError(t, env.GetWorkflowError())
	var by []string
	for _, each := range hooks.Deliveries() {
		by = append(by, each.Step+" "+each.Lock.RemovedBy)
	}
	require.Equal(t, []string{"a ada", "b eve", "c bob", "d bob"}, by)
}

// A removal that the run refuses fails the test with the run's error.
func TestRemovalThatIsRefused(t *testing.T) {
	t.Parallel()
	failures := try(func(ft latchtest.T, env *testsuite.TestWorkflowEnvironment) {
		hooks := latchtest.New(ft, env)
		unclear := latch.Object{"result": json.RawMessage(`"maybe"`)}
		hooks.On("gate", "BEFORE_RELEASE").Release(latch.LockRelease{Data: unclear})
		release(t, env, `[{"id": "gate", "events": [{"event": "BEFORE_RELEASE", "blocking": true, "lock_timeout": "1h"}]}]`)
	})
	require.Len(t, failures, 2)
	require.Contains(t, failures[0], "was refused")
	require.Contains(t, failures[0], "maybe")
	require.Contains(t, failures[1], "1 of 1 locks were not removed, since one was refused")
}

// The test's own callback decides what no script does. It finds the tokens of the open locks.
func TestOpenLocks(t *testing.T) {
	t.Parallel()
	hooks, env := setup(t, latchtest.Options{})
	var found []string
	env.RegisterDelayedCallback(func() {
		for _, lock := range hooks.Locks() {
			found = append(found, lock.Event+" "+lock.Webhook)
			env.SignalWorkflow(latch.MessageSkip, latch.Skip{Lock: lock.Token, Reason: "nobody is there", By: "ada"})
		}
	}, time.Hour)
	result := release(t, env, `[{"id": "gate", "events": [{"event": "BEFORE_RELEASE", "blocking": true}]}]`)
	require.Equal(t, latch.ReleaseReleased, result.Status)
	require.Equal(t, []string{"BEFORE_RELEASE gate"}, found)
	require.Empty(t, hooks.Locks())
	require.Equal(t, latch.ResultSkipped, hooks.RequireFired("gate", "BEFORE_RELEASE").Result)
}

// A user's own workflow that fails, or panics, after it waited, leaves its events for
// inspection.
func TestWorkflowThatFails(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func() error{
		"fails":  func() error { return errors.New("out of boxes") },
		"panics": func() error { panic("out of boxes") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hooks, env := setup(t, latchtest.Options{})
			hooks.On("approval", "SHIPPING").Release(latch.LockRelease{})
			env.ExecuteWorkflow(func(ctx workflow.Context) error {
				if _, err := Ship(ctx, "order 17"); err != nil {
					return err
				}
				return end()
			})
			require.ErrorContains(t, env.GetWorkflowError(), "out of boxes")
			require.Subset(t, hooks.Fired(), []string{"SHIPPING stock", "SHIPPING approval"})
			require.Equal(t, latch.Continue, hooks.RequireFired("approval", "SHIPPING").Decision)
		})
	}
}
