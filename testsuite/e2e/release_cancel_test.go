package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// Contract, "Release": a cancelled release is `cancelled`, undoes by on_cancel, reports it, and
// closes as Canceled with its result.
func TestReleaseCancel(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const ends = `{"id":"log","url":"$R/log",
		"events":[
			{"event":"AFTER_STEP"},
			{"event":"RELEASE_COMPLETE"},
			{"event":"RELEASE_SUCCESS"},
			{"event":"RELEASE_STOPPED"},
			{"event":"RELEASE_ROLLED_BACK"},
			{"event":"RELEASE_FAILURE"}]}`
	const gate = `{"id":"gate","events":[{"event":"BEFORE_RELEASE_COMPLETE","blocking":true}]}`
	for _, test := range []struct {
		name, spec string
		duringStep bool
		undoFails  bool
		steps      string
		outcome    string
	}{
		{name: "at a lock, rolled back", spec: `{"id":"r","steps":$STEPS(a,b),"webhooks":[` + ends + `,` + gate + `]}`,
			steps: "a:undone b:undone", outcome: "RELEASE_ROLLED_BACK"},
		{name: "at a lock, stopped", spec: `{"id":"r","on_cancel":"stop","steps":$STEPS(a,b),"webhooks":[` + ends + `,` + gate + `]}`,
			steps: "a:done b:done", outcome: "RELEASE_STOPPED"},
		{name: "in a step, rolled back", duringStep: true, spec: `{"id":"r","steps":$STEPS(a,b),"webhooks":[` + ends + `]}`,
			steps: "a:undone b:undone", outcome: "RELEASE_ROLLED_BACK"},
		{name: "in a step, stopped", duringStep: true, spec: `{"id":"r","on_cancel":"stop","steps":$STEPS(a,b),"webhooks":[` + ends + `]}`,
			steps: "a:done b:failed", outcome: "RELEASE_STOPPED"},
		{name: "at a lock, an undo fails", undoFails: true, spec: `{"id":"r","steps":$STEPS(a,b),"webhooks":[` + ends + `,` + gate + `]}`,
			steps: "a:undo_failed b:undone"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := b.lane(t)
			if test.undoFails {
				l.script("/undo/a", receiver.Status(400))
			}
			if test.duringStep {
				held, _ := l.hold(receiver.Status(200))
				l.script("/do/b", held)
			}
			run := l.begin(latch.WorkflowRelease, test.spec)
			if test.duringStep {
				l.arrived("/do/b", 1)
			} else {
				l.openLock(run.GetID(), "gate")
			}
			require.NoError(t, shared.client.CancelWorkflow(l.ctx, run.GetID(), ""))
			got := l.outcome(run)
			require.Equal(t, "Canceled", got.errorType)
			require.Equal(t, latch.ReleaseCancelled, got.Status)
			require.Equal(t, test.steps, got.steps())
			trail := l.trail()
			require.Contains(t, trail, "RELEASE_COMPLETE")
			require.Contains(t, trail, "AFTER_STEP b")
			if test.outcome != "" {
				// A cancelled run no longer waits for AFTER_STEP: it is sent together with the
				// final events.
				require.Subset(t, trail[len(trail)-3:], []string{"RELEASE_COMPLETE", test.outcome})
				require.Equal(t, 1, endings(trail), "%v", trail)
			}
			records := l.history(run.GetID())
			if !test.duringStep {
				gate := record(t, records, "gate", latch.EventBeforeReleaseComplete)
				require.Equal(t, latch.ViaOverride, gate.Lock.Via)
				require.Equal(t, latch.ResultSkipped, gate.Result)
				require.Equal(t, "skipped: the run was cancelled", gate.Error)
			}
		})
	}
}

// endings counts the outcome events.
func endings(trail []string) int {
	count := 0
	for _, each := range trail {
		switch each {
		case latch.EventReleaseSuccess, latch.EventReleaseStopped, latch.EventReleaseRolledBack, latch.EventReleaseFailure:
			count++
		}
	}
	return count
}
