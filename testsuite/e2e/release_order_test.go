package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// Contract, "Release" and "Events": the order of events, steps and undos; how each ending
// closes; the statuses of the steps.
func TestReleaseOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	stop := receiver.JSON(200, `{"result":"fail","stop_release":true}`)
	for _, test := range []struct {
		name    string
		spec    string
		scripts map[string][]receiver.Answer
		status  string
		failure string
		steps   string
		trail   []string
		// last are the two final events, which are sent concurrently.
		last []string
	}{{
		name:   "released: gates around all steps, events around each",
		spec:   `{"id":"r","steps":$STEPS(a,b),"webhooks":[` + logEverything + `]}`,
		status: latch.ReleaseReleased, steps: "a:done b:done",
		trail: []string{"BEFORE_RELEASE", "BEFORE_STEP a", "do/a", "AFTER_STEP a", "BEFORE_STEP b", "do/b", "AFTER_STEP b",
			"BEFORE_RELEASE_COMPLETE"},
		last: []string{"RELEASE_COMPLETE", "RELEASE_SUCCESS"},
	}, {
		name:    "a failed step has its AFTER_STEP and is undone first, undos have no events",
		spec:    `{"id":"r","steps":$STEPS(a,b,c),"webhooks":[` + logEverything + `]}`,
		scripts: map[string][]receiver.Answer{"/do/b": {receiver.Status(400)}},
		status:  latch.ReleaseFailed, failure: latch.ErrorReleaseFailed, steps: "a:undone b:undone c:skipped",
		trail: []string{"BEFORE_RELEASE", "BEFORE_STEP a", "do/a", "AFTER_STEP a", "BEFORE_STEP b", "do/b", "AFTER_STEP b", "undo/b", "undo/a"},
		last:  []string{"RELEASE_COMPLETE", "RELEASE_FAILURE"},
	}, {
		name:    "on_failure stop undoes nothing",
		spec:    `{"id":"r","on_failure":"stop","steps":$STEPS(a,b),"webhooks":[` + logEverything + `]}`,
		scripts: map[string][]receiver.Answer{"/do/b": {receiver.Status(400)}},
		status:  latch.ReleaseFailed, failure: latch.ErrorReleaseFailed, steps: "a:done b:failed",
		trail: []string{"BEFORE_RELEASE", "BEFORE_STEP a", "do/a", "AFTER_STEP a", "BEFORE_STEP b", "do/b", "AFTER_STEP b"},
		last:  []string{"RELEASE_COMPLETE", "RELEASE_FAILURE"},
	}, {
		name:    "an undo that fails does not stop the others, and makes the release failed",
		spec:    `{"id":"r","steps":$STEPS(a,b,c),"webhooks":[` + logEverything + `]}`,
		scripts: map[string][]receiver.Answer{"/do/c": {receiver.Status(400)}, "/undo/b": {receiver.Status(400)}},
		status:  latch.ReleaseFailed, failure: latch.ErrorRollbackIncomplete, steps: "a:undone b:undo_failed c:undone",
		trail: []string{"BEFORE_RELEASE", "BEFORE_STEP a", "do/a", "AFTER_STEP a", "BEFORE_STEP b", "do/b", "AFTER_STEP b",
			"BEFORE_STEP c", "do/c", "AFTER_STEP c", "undo/c", "undo/b", "undo/a"},
		last: []string{"RELEASE_COMPLETE", "RELEASE_FAILURE"},
	}, {
		name: "a stop cancels the release and undoes nothing",
		spec: `{"id":"r","steps":$STEPS(a,b),"webhooks":[` + logEverything + `,
			{"id":"gate","url":"$R/gate","event":"AFTER_STEP"}]}`,
		scripts: map[string][]receiver.Answer{"/gate": {stop}},
		status:  latch.ReleaseStopped, steps: "a:done b:skipped",
		last: []string{"RELEASE_COMPLETE", "RELEASE_STOPPED"},
	}, {
		name: "a rollback undoes the steps taken, and an undo is tried again",
		spec: `{"id":"r","steps":$STEPS(a,b,c),
			"webhooks":[
				{"id":"log","url":"$R/log","events":[
					{"event":"RELEASE_COMPLETE"},
					{"event":"RELEASE_SUCCESS"},
					{"event":"RELEASE_STOPPED"},
					{"event":"RELEASE_ROLLED_BACK"},
					{"event":"RELEASE_FAILURE"}]},
				{"id":"gate","url":"$R/gate",
					"events":[{"event":"AFTER_STEP","rollback_release":"step.name == 'b'"}]}]}`,
		scripts: map[string][]receiver.Answer{"/undo/b": {receiver.Status(500), receiver.Status(200)}},
		status:  latch.ReleaseRolledBack, steps: "a:undone b:undone c:skipped",
		trail: []string{"do/a", "gate", "do/b", "gate", "undo/b", "undo/b", "undo/a"},
		last:  []string{"RELEASE_COMPLETE", "RELEASE_ROLLED_BACK"},
	}, {
		name: "a rollback whose undo fails is failed as RollbackIncomplete, whatever began it",
		spec: `{"id":"r","steps":$STEPS(a,b),
			"webhooks":[
				{"id":"log","url":"$R/log","events":[
					{"event":"RELEASE_COMPLETE"},
					{"event":"RELEASE_SUCCESS"},
					{"event":"RELEASE_STOPPED"},
					{"event":"RELEASE_ROLLED_BACK"},
					{"event":"RELEASE_FAILURE"}]},
				{"id":"gate","url":"$R/gate",
					"events":[{"event":"BEFORE_RELEASE_COMPLETE","rollback_release":"true"}]}]}`,
		scripts: map[string][]receiver.Answer{"/undo/b": {receiver.Status(500)}},
		status:  latch.ReleaseFailed, failure: latch.ErrorRollbackIncomplete, steps: "a:undone b:undo_failed",
		trail: []string{"do/a", "do/b", "gate", "undo/b", "undo/b", "undo/a"},
		last:  []string{"RELEASE_COMPLETE", "RELEASE_FAILURE"},
	}, {
		name: "a step without an undo stays done",
		spec: `{"id":"r","steps":[{"name":"a","do":{"http":{"url":"$R/do/a"}}}],
			"webhooks":[{"id":"gate","url":"$R/gate",
				"events":[{"event":"BEFORE_RELEASE_COMPLETE","rollback_release":"true"}]}]}`,
		status: latch.ReleaseRolledBack, steps: "a:done",
		trail: []string{"do/a", "gate"},
	}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := b.lane(t)
			for path, answers := range test.scripts {
				l.script(path, answers...)
			}
			got := l.outcome(l.begin(latch.WorkflowRelease, test.spec))
			require.Equal(t, test.status, got.Status, "%+v", got)
			require.Equal(t, test.failure, got.errorType)
			require.Equal(t, test.steps, got.steps())
			if test.failure == latch.ErrorRollbackIncomplete {
				require.Contains(t, got.message, "b", "names what still stands")
			}
			trail := l.trail()
			require.GreaterOrEqual(t, len(trail), len(test.last))
			require.ElementsMatch(t, test.last, trail[len(trail)-len(test.last):], "%v", trail)
			if test.trail != nil {
				require.Equal(t, test.trail, trail[:len(trail)-len(test.last)])
			}
			if test.failure != "" {
				require.Empty(t, got.History, "the error's details bear the result without its history")
			}
		})
	}
}

// Contract, "Release": an undo without its own retry has up to five attempts.
func TestReleaseUndoHasFiveAttempts(t *testing.T) {
	t.Parallel()
	l := setup(t).lane(t)
	l.script("/undo", receiver.Status(503))
	run := l.begin(latch.WorkflowRelease, `{"id":"r","steps":[
		{"name":"a","do":{"http":{"url":"$R/do"}},"undo":{"http":{"url":"$R/undo","retry":{"initial_interval":"1ms","maximum_attempts":5}}}},
		{"name":"b","do":{"command":{"argv":["true"]}}}]}`)
	got := l.outcome(run)
	require.Equal(t, latch.ErrorRollbackIncomplete, got.errorType)
	require.Equal(t, "a:undo_failed b:failed", got.steps())
	require.Equal(t, 5, l.count("/undo"))
}
