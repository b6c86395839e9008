package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// Contract, "Release": a release over five targets, two at a time, whose fourth fails:
// what was done is undone in reverse order, what had not begun never begins.
func TestReleaseOverTargets(t *testing.T) {
	t.Parallel()
	b := setup(t)
	t.Run("the fourth fails", func(t *testing.T) {
		t.Parallel()
		l := b.lane(t)
		third := make(chan struct{})
		l.script("/do/t3", receiver.Answer{Hold: third})
		l.script("/do/t4", receiver.Status(400))
		run := l.begin(latch.WorkflowRelease, `{"id":"r","targets":["t1","t2","t3","t4","t5"],"at_once":2,
			"steps":[{"name":"deploy","do":{"http":{"url":"$R/do/${target.name}"}},"undo":{"http":{"url":"$R/undo/${target.name}"}}}],
			"webhooks":[{"id":"log","url":"$R/failed","event":"STEP_FAILED"}]}`)
		l.arrived("/failed", 1) // the fourth has failed while the third is under way
		close(third)
		got := l.outcome(run)
		require.Equal(t, latch.ReleaseFailed, got.Status)
		require.Contains(t, got.Reason, "step t4/deploy failed")
		require.Equal(t, 0, l.count("/do/t5"))
		var undone []string
		for _, step := range l.trail() {
			if len(step) > 5 && step[:5] == "undo/" {
				undone = append(undone, step[5:])
			}
		}
		require.Equal(t, []string{"t4", "t3", "t2", "t1"}, undone)
		l.keep("release-over-targets", run.GetID())
	})
	t.Run("a failed step is retried", func(t *testing.T) {
		t.Parallel()
		l := b.lane(t)
		l.script("/do/a", receiver.Status(400), receiver.Status(200))
		run := l.begin(latch.WorkflowRelease, `{"id":"r","on_failure":"pause","steps":$STEPS(a,b)}`)
		l.stands(run, "is paused", func(status latch.Status) bool { return len(status.Paused) == 1 })
		l.finish(run, latch.MessageRetry)
		require.Equal(t, latch.ReleaseReleased, l.outcome(run).Status)
		l.keep("release-retried", run.GetID())
	})
}
