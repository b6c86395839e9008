package workflows_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
)

// deployTo is a step with an undo for any target.
const deployTo = `{"name": "deploy", "do": {"http": {"url": "$R/do/${target.name}"}}, "undo": {"http": {"url": "$R/undo/${target.name}"}}}`

// A release over five targets, two at a time, whose fourth fails: completed steps are undone in
// reverse order, and the remaining ones never begin.
func TestFailedTargetOfSeveral(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var mutex sync.Mutex
	var done, undone []string
	note := func(list *[]string) func(context.Context, string) error {
		return func(_ context.Context, target string) error {
			mutex.Lock()
			defer mutex.Unlock()
			*list = append(*list, target)
			return nil
		}
	}
	b.env.RegisterActivityWithOptions(note(&done), activity.RegisterOptions{Name: "Deploy"})
	b.env.RegisterActivityWithOptions(note(&undone), activity.RegisterOptions{Name: "Undeploy"})
	for target, takes := range map[string]time.Duration{"t1": 1 * time.Hour, "t2": 2 * time.Hour, "t3": 5 * time.Hour, "t4": 1 * time.Hour} {
		call := b.env.OnActivity("Deploy", mock.Anything, target).After(takes)
		if target == "t4" {
			call.Return(temporal.NewNonRetryableApplicationError("no disk", "", nil))
			continue
		}
		call.Return(func(ctx context.Context, target string) error { return note(&done)(ctx, target) })
	}
	result := b.released(b.run(latch.WorkflowRelease, `{"id": "r", "targets": ["t1", "t2", "t3", "t4", "t5"], "at_once": 2, "steps": [
		{"name": "deploy", "do": {"activity": {"type": "Deploy", "input": "${target.name}", "timeout": "9h"}},
			"undo": {"activity": {"type": "Undeploy", "input": "${target.name}"}}}]}`))
	require.Equal(t, latch.ReleaseFailed, result.Status)
	require.Contains(t, result.Reason, "step t4/deploy failed: no disk")
	require.Equal(t, "t1/deploy:undone t2/deploy:undone t3/deploy:undone t4/deploy:undone t5/deploy:skipped", stepsOf(result))
	require.Equal(t, []string{"t1", "t2", "t3"}, done, "the third, which was under way, is done")
	require.Equal(t, []string{"t4", "t3", "t2", "t1"}, undone, "in the reverse of the order in which they began")
}

// At most the given number of targets run at a time, in their order, each between its gates.
func TestTargetsAtOnce(t *testing.T) {
	t.Parallel()
	for _, atOnce := range []int{1, 2, 5} {
		t.Run(fmt.Sprint(atOnce), func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			var under, most atomic.Int64
			for i := range 5 {
				b.slow(fmt.Sprintf("/do/t%d", i+1), &under, &most)
			}
			spec := fmt.Sprintf(`{"id": "r", "targets": ["t1", "t2", {"name": "t3", "vars": {"zone": "b"}}, "t4", "t5"], "at_once": %d, "steps": [%s],
				"webhooks": [{"id": "log", "url": "$R/log", "ordered": true, "body": {"event": "${event} ${target.name} ${string(target.index)} ${target.vars[?'zone'].orValue('')}"},
					"events": [{"event": "BEFORE_TARGET"}, {"event": "AFTER_TARGET"}, {"event": "RELEASE_SUCCESS"}]}]}`, atOnce, deployTo)
			result := b.released(b.run(latch.WorkflowRelease, spec))
			require.Equal(t, latch.ReleaseReleased, result.Status)
			require.LessOrEqual(t, most.Load(), int64(atOnce))
			received := b.received()
			for i := range 5 {
				zone := map[int]string{2: "b"}[i]
				before := slices.Index(received, fmt.Sprintf("BEFORE_TARGET t%d %d %s", i+1, i, zone))
				do := slices.Index(received, fmt.Sprintf("/do/t%d", i+1))
				after := slices.Index(received, fmt.Sprintf("AFTER_TARGET t%d %d %s", i+1, i, zone))
				require.True(t, 0 <= before && before < do && do < after, "%v", received)
			}
			require.Equal(t, 5, len(result.Steps))
		})
	}
}

// slow records how many requests to any of the paths are in flight at once.
func (b *bench) slow(path string, under, most *atomic.Int64) {
	b.handlers[path] = func(http.ResponseWriter, *http.Request) {
		most.Store(max(most.Load(), under.Add(1)))
		under.Add(-1)
	}
}

// A lock before each target holds only that target.
func TestGateOfATarget(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var held latch.Status
	b.env.RegisterDelayedCallback(func() {
		held = b.status()
		for _, lock := range held.Locks {
			b.env.SignalWorkflow(latch.MessageReleaseLock, latch.LockRelease{Lock: lock.Token, Result: latch.ResultFail,
				Data: latch.Object{"rollback_release": []byte(`true`)}})
		}
	}, time.Hour)
	result := b.released(b.run(latch.WorkflowRelease, `{"id": "r", "targets": ["t1", "t2", "t3"], "at_once": 2, "steps": [`+deployTo+`],
		"webhooks": [{"id": "board", "events": [{"event": "BEFORE_TARGET", "blocking": true, "when": "target.name == 't2'"}]}]}`))
	require.Len(t, held.Locks, 1)
	require.Equal(t, "t2", held.Locks[0].Step)
	require.Equal(t, "t1/deploy:done t2/deploy:pending t3/deploy:done", stepsOf(latch.ReleaseResult{Steps: held.Steps}))
	require.Equal(t, latch.ReleaseRolledBack, result.Status)
	require.Equal(t, "t1/deploy:undone t2/deploy:skipped t3/deploy:undone", stepsOf(result))
}

// Parallel steps run at the same time, and the next step runs once all are done.
func TestStepsSideBySide(t *testing.T) {
	t.Parallel()
	step := func(name string) string {
		return fmt.Sprintf(`{"name": %[1]q, "do": {"http": {"url": "$R/do/%[1]s"}}, "undo": {"http": {"url": "$R/undo/%[1]s"}}}`, name)
	}
	group := `{"parallel": [` + step("b") + `,` + step("c") + `,` + step("d") + `]}`
	spec := `{"id": "r", "steps": [` + step("a") + `,` + group + `,` + step("e") + `],
		"webhooks": [{"id": "log", "url": "$R/log", "events": [{"event": "AFTER_STEP"}, {"event": "BEFORE_STEP"}]}]}`
	for _, test := range []struct{ name, fails, status, steps string }{
		{"all are done", "", latch.ReleaseReleased, "a:done b:done c:done d:done e:done"},
		{"one fails", "c", latch.ReleaseFailed, "a:undone b:undone c:undone d:undone e:skipped"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.failsFirst("/do/"+test.fails, 9)
			result := b.released(b.run(latch.WorkflowRelease, spec))
			require.Equal(t, test.status, result.Status)
			require.Equal(t, test.steps, stepsOf(result))
			received := b.received()
			for _, name := range []string{"b", "c", "d"} {
				at := slices.Index(received, "/do/"+name)
				require.Greater(t, at, slices.Index(received, "/do/a"))
				if test.fails == "" {
					require.Less(t, at, slices.Index(received, "/do/e"))
				}
			}
			if test.fails != "" {
				require.NotContains(t, received, "/do/e")
				require.Equal(t, "/undo/a", received[len(received)-1])
			}
		})
	}
}

// While a failed step waits for a person nothing new begins. Steps in progress continue.
func TestPauseOfATarget(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.env.RegisterActivityWithOptions(func(context.Context, string) error { return nil }, activity.RegisterOptions{Name: "Deploy"})
	b.env.OnActivity("Deploy", mock.Anything, "t1").After(10 * time.Minute).Return(temporal.NewNonRetryableApplicationError("no disk", "", nil)).Once()
	b.env.OnActivity("Deploy", mock.Anything, mock.Anything).After(20 * time.Minute).Return(nil)
	var paused latch.Status
	b.env.RegisterDelayedCallback(func() { paused = b.status() }, time.Hour)
	b.tellLater(2*time.Hour, latch.MessageRetry, `{}`)
	result := b.released(b.run(latch.WorkflowRelease, `{"id": "r", "on_failure": "pause", "targets": ["t1", "t2", "t3", "t4"], "at_once": 2,
		"steps": [{"name": "deploy", "do": {"activity": {"type": "Deploy", "input": "${target.name}", "timeout": "9h"}}}]}`))
	require.Equal(t, "t1/deploy:failed t2/deploy:done t3/deploy:pending t4/deploy:pending", stepsOf(latch.ReleaseResult{Steps: paused.Steps}))
	require.Equal(t, "t1/deploy", paused.Paused[0].Step)
	require.Equal(t, latch.ReleaseReleased, result.Status)
	require.Equal(t, "t1/deploy:done t2/deploy:done t3/deploy:done t4/deploy:done", stepsOf(result))
}

// A stop and a cancellation prevent further steps from beginning, and end the waits.
func TestEndOfWhatGoesOnBeside(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name          string
		end           func(b *bench)
		status, steps string
	}{
		{"stop", func(b *bench) { b.env.SignalWorkflow(latch.MessageStop, latch.Control{By: "ann"}) },
			latch.ReleaseStopped, "t1/deploy:skipped t2/deploy:skipped t3/deploy:skipped"},
		{"cancel", func(b *bench) { b.env.CancelWorkflow() }, latch.ReleaseCancelled, "t1/deploy:skipped t2/deploy:skipped t3/deploy:skipped"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.env.RegisterDelayedCallback(func() { test.end(b) }, time.Hour)
			result := b.released(b.run(latch.WorkflowRelease, `{"id": "r", "targets": ["t1", "t2", "t3"], "at_once": 2, "steps": [`+deployTo+`],
				"webhooks": [{"id": "board", "events": [{"event": "BEFORE_STEP", "blocking": true}]}]}`))
			require.Equal(t, test.status, result.Status)
			require.Equal(t, test.steps, stepsOf(result))
			for _, record := range result.History {
				require.False(t, record.Lock.Open())
			}
			require.Empty(t, b.received())
		})
	}
}
