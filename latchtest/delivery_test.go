package latchtest_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/latchtest"
)

const twoBoards = `[
	{"id": "board", "url": "https://board.example.com", "events": [
		{"event": "RELEASE_SUCCESS"}, {"event": "RELEASE_COMPLETE", "when": "false"}]},
	{"id": "lost", "url": "https://lost.example.com", "event": "RELEASE_SUCCESS"},
	{"id": "note", "events": [
		{"event": "BEFORE_RELEASE", "blocking": true, "lock_timeout": "1h", "on_timeout": "continue"}]}]`

// An unmet requirement fails the test with the actual values.
func TestRequirementsThatAreNotMet(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		look func(*latchtest.Hooks)
		says string
	}{
		"never fired": {func(h *latchtest.Hooks) { h.RequireFired("board", "RELEASE_FAILURE") },
			`webhook "board" was fired at RELEASE_FAILURE never; the hooks that were fired:
  BEFORE_RELEASE note
  RELEASE_SUCCESS board
  RELEASE_SUCCESS lost`},
		"its when was false": {func(h *latchtest.Hooks) { h.RequireFired("board", "RELEASE_COMPLETE") }, "never"},
		"fired": {func(h *latchtest.Hooks) { h.RequireNotFired("board", "RELEASE_SUCCESS") },
			"fired at RELEASE_SUCCESS once"},
		"did not arrive": {func(h *latchtest.Hooks) { h.RequireDelivered("lost", "RELEASE_SUCCESS") },
			"RELEASE_SUCCESS lost did not arrive: POST https://lost.example.com: answered 404 Not Found"},
		"has nothing to send": {func(h *latchtest.Hooks) { h.RequireDelivered("note", "BEFORE_RELEASE") },
			"nothing was sent; has the webhook a url?"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			failures := try(func(ft latchtest.T, env *testsuite.TestWorkflowEnvironment) {
				hooks := latchtest.New(ft, env)
				hooks.On("lost", "RELEASE_SUCCESS").Answer(404, "")
				release(t, env, twoBoards)
				test.look(hooks)
				t.Error("the test went on")
			})
			failsWith(t, failures, test.says)
		})
	}
}

// A webhook that fires twice is not one hook.
func TestFiredTwice(t *testing.T) {
	t.Parallel()
	failures := try(func(ft latchtest.T, env *testsuite.TestWorkflowEnvironment) {
		hooks := latchtest.New(ft, env)
		hooks.On("approval", latchtest.Any).Release(latch.LockRelease{})
		env.ExecuteWorkflow(func(ctx workflow.Context) error {
			_, first := Ship(ctx, "order 17")
			_, second := Ship(ctx, "order 18")
			require.NoError(t, first)
			return second
		})
		require.Len(t, hooks.Deliveries(), 6)
		hooks.RequireFired("board", "SHIPPED")
	})
	failsWith(t, failures, "fired at SHIPPED 2 times")
}

// A success by the webhook's own definition counts as delivered.
func TestArrivedBySuccess(t *testing.T) {
	t.Parallel()
	hooks, env := setup(t, latchtest.Options{})
	hooks.On("board", "RELEASE_SUCCESS").Answer(404, "")
	release(t, env, `[{"id": "board", "url": "https://board.example.com", "event": "RELEASE_SUCCESS",
		"success": "response.status == 404"}]`)
	require.Equal(t, 404, hooks.RequireDelivered("board", "RELEASE_SUCCESS").Response.Status)
}

// Before anything ran, nothing was fired.
func TestNothingRan(t *testing.T) {
	t.Parallel()
	hooks, _ := setup(t, latchtest.Options{})
	require.Empty(t, hooks.Fired())
	require.Empty(t, hooks.Requests())
	require.Empty(t, hooks.Locks())
	hooks.RequireNotFired("board", "RELEASE_SUCCESS")
}

// A workflow that does not use Latch has nothing to look at.
func TestWorkflowWithoutLatch(t *testing.T) {
	t.Parallel()
	hooks, env := setup(t, latchtest.Options{})
	env.ExecuteWorkflow(func(workflow.Context) error { return nil })
	require.NoError(t, env.GetWorkflowError())
	require.Empty(t, hooks.Deliveries())
}
