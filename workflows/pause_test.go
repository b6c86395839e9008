package workflows_test

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
)

// pausing is a release of three steps that pauses at a failure. Each step and each undo is a
// request to the receiver.
const pausing = `{
	"id": "r", "on_failure": "pause",
	"steps": [
		{"name": "a", "do": {"http": {"url": "$R/do/a"}}, "undo": {"http": {"url": "$R/undo/a"}}},
		{"name": "b", "do": {"http": {"url": "$R/do/b"}}, "undo": {"http": {"url": "$R/undo/b"}}},
		{"name": "c", "do": {"http": {"url": "$R/do/c"}}}],
	"webhooks": [{"id": "log", "url": "$R/log", "events": [{"event": "STEP_FAILED"}, {"event": "AFTER_STEP"}]}]}`

// failsFirst makes the first requests to a path of the receiver fail.
func (b *bench) failsFirst(path string, times int) {
	b.handlers[path] = func(w http.ResponseWriter, _ *http.Request) {
		if times--; times >= 0 {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, "no disk")
		}
	}
}

// tellLater sends a signal after a while.
func (b *bench) tellLater(after time.Duration, message, argument string) {
	b.env.RegisterDelayedCallback(func() { b.env.SignalWorkflow(message, json.RawMessage(argument)) }, after)
}

// released returns the result of a release, however it closed.
func (b *bench) released(err error) latch.ReleaseResult {
	b.Helper()
	var result latch.ReleaseResult
	var failure *temporal.ApplicationError
	switch {
	case err == nil:
		b.result(&result)
	case temporal.IsCanceledError(err):
		var cancelled *temporal.CanceledError
		require.ErrorAs(b, err, &cancelled)
		require.NoError(b, cancelled.Details(&result))
	default:
		require.ErrorAs(b, err, &failure)
		require.NoError(b, failure.Details(&result))
	}
	return result
}

func stepsOf(result latch.ReleaseResult) string {
	var steps []string
	for _, step := range result.Steps {
		steps = append(steps, step.Name+":"+step.Status)
	}
	return strings.Join(steps, " ")
}

// Contract, "Release": a failed step of a release that pauses waits for retry, skip, stop or
// rollback.
func TestFailedStepWaitsForAPerson(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, message, argument string
		fails                   int
		status, steps, requests string
	}{
		{"retry takes it again", "retry", `{"by": "ann"}`, 1, latch.ReleaseReleased, "a:done b:done c:done",
			"/do/a AFTER_STEP /do/b STEP_FAILED /do/b AFTER_STEP /do/c AFTER_STEP"},
		{"skip goes on without it", "skip", `{"step": "b", "reason": "not today"}`, 9, latch.ReleaseReleased, "a:done b:skipped c:done",
			"/do/a AFTER_STEP /do/b STEP_FAILED AFTER_STEP /do/c AFTER_STEP"},
		{"stop undoes nothing", "stop", `{"by": "ann"}`, 9, latch.ReleaseFailed, "a:done b:failed c:skipped",
			"/do/a AFTER_STEP /do/b STEP_FAILED AFTER_STEP"},
		{"rollback undoes it too", "rollback", `{"by": "ann"}`, 9, latch.ReleaseFailed, "a:undone b:undone c:skipped",
			"/do/a AFTER_STEP /do/b STEP_FAILED AFTER_STEP /undo/b /undo/a"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.failsFirst("/do/b", test.fails)
			var paused latch.Status
			b.env.RegisterDelayedCallback(func() { paused = b.status() }, 30*time.Minute)
			b.tellLater(time.Hour, test.message, test.argument)
			result := b.released(b.run(latch.WorkflowRelease, pausing))
			require.Equal(t, test.status, result.Status)
			require.Equal(t, test.steps, stepsOf(result))
			// AFTER_STEP is in flight while a release that was told to end undoes.
			received := strings.Join(b.received(), " ")
			require.Equal(t, strings.ReplaceAll(test.requests, " AFTER_STEP", ""), strings.ReplaceAll(received, " AFTER_STEP", ""))
			require.Equal(t, strings.Count(test.requests, "AFTER_STEP"), strings.Count(received, "AFTER_STEP"))
			require.Len(t, paused.Paused, 1, "%+v", paused)
			require.Equal(t, "b", paused.Paused[0].Step)
			require.Contains(t, paused.Paused[0].Error, "answered 400")
			require.Empty(t, b.status().Paused)
			require.Empty(t, b.status().Rejected)
		})
	}
}

// The result of a failed step has the choices about it, and how often it ran.
func TestChoicesStandInTheResult(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.failsFirst("/do/b", 2)
	b.tellLater(1*time.Hour, "retry", `{"by": "ann", "reason": "disk is larger"}`)
	b.tellLater(2*time.Hour, "retry", `{"step": "b"}`)
	result := b.released(b.run(latch.WorkflowRelease, pausing))
	step := result.Steps[1]
	require.Equal(t, latch.StepDone, step.Status)
	require.Empty(t, step.Error)
	require.Equal(t, 3, step.Attempts)
	require.Len(t, step.Choices, 2)
	require.Equal(t, "ann", step.Choices[0].By)
	require.Equal(t, "disk is larger", step.Choices[0].Reason)
	require.Contains(t, step.Choices[0].Error, "answered 400")
	require.Equal(t, time.Hour, step.Choices[1].At.Sub(step.Choices[0].At.Time).Round(time.Minute))
}

// If the release is rolled back later, a skipped step is undone like one that was begun.
func TestSkippedStepIsUndone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.failsFirst("/do/b", 9)
	b.failsFirst("/do/c", 9)
	b.tellLater(1*time.Hour, "skip", `{"step": "b", "reason": "later"}`)
	b.tellLater(2*time.Hour, "rollback", `{}`)
	result := b.released(b.run(latch.WorkflowRelease, pausing))
	require.Equal(t, "a:undone b:undone c:failed", stepsOf(result))
	undone := slices.DeleteFunc(b.received(), func(path string) bool { return !strings.HasPrefix(path, "/undo/") })
	require.Equal(t, []string{"/undo/b", "/undo/a"}, undone)
}

// A cancellation ends the wait, and on_cancel says what is undone.
func TestCancellationEndsAPause(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.failsFirst("/do/b", 9)
	b.env.RegisterDelayedCallback(b.env.CancelWorkflow, time.Hour)
	result := b.released(b.run(latch.WorkflowRelease, pausing))
	require.Equal(t, latch.ReleaseCancelled, result.Status)
	require.Equal(t, "a:undone b:undone c:skipped", stepsOf(result))
}

// An impossible choice is refused with advice, and the step continues to wait.
func TestChoicesThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ message, argument, want string }{
		{"retry", `{"step": "x"}`, `the release has no step "x"`},
		{"retry", `{"step": "a"}`, `step "a" is done; these wait: b`},
		{"retry", `{"who": "ann"}`, `who: unknown key`},
		{"skip", `{"step": "b"}`, `reason: required`},
		{"skip", `{"reason": "x"}`, `or step alone, for a failed step`},
	} {
		b := setup(t)
		b.failsFirst("/do/b", 1)
		var refused latch.Status
		b.tellLater(time.Hour, test.message, test.argument)
		b.env.RegisterDelayedCallback(func() { refused = b.status() }, 2*time.Hour)
		b.tellLater(3*time.Hour, "retry", `{}`)
		require.NoError(t, b.run(latch.WorkflowRelease, pausing), "%+v", test)
		require.Len(t, refused.Rejected, 1, "%+v", test)
		require.Contains(t, refused.Rejected[0].Error, test.want)
		require.Len(t, refused.Paused, 1, "%+v", test)
	}
}

// A release that does not pause accepts no retry.
func TestRetryWhereNothingPauses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.tellLater(time.Hour, "retry", `{}`)
	require.NoError(t, b.run(latch.WorkflowRelease, `{"id": "r", "steps": [{"name": "a", "do": {"http": {"url": "$R/do/a"}}}],
		"webhooks": [{"id": "board", "events": [{"event": "BEFORE_STEP", "blocking": true, "lock_timeout": "2h", "on_timeout": "continue"}]}]}`))
	require.Contains(t, b.status().Rejected[0].Error, `on_failure of release r is not "pause"`)
}

// Contract, "Release": the memo lists the failed steps that wait for a person, for as long as they
// wait.
func TestMemoListsPausedSteps(t *testing.T) {
	t.Parallel()
	for _, message := range []string{"retry", "rollback"} {
		t.Run(message, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.failsFirst("/do/b", 1)
			var shown [][]latch.PausedStep
			b.env.OnUpsertMemo(mock.Anything).Run(func(args mock.Arguments) {
				if memo, is := args.Get(0).(map[string]any); is && memo[latch.MemoPaused] != nil {
					shown = append(shown, memo[latch.MemoPaused].([]latch.PausedStep))
				}
			}).Return(nil)
			b.tellLater(time.Hour, message, `{}`)
			b.released(b.run(latch.WorkflowRelease, pausing))
			require.Len(t, shown, 2)
			require.Len(t, shown[0], 1)
			require.Equal(t, "r", shown[0][0].Release)
			require.Equal(t, "b", shown[0][0].Step)
			require.Contains(t, shown[0][0].Error, "answered 400")
			require.False(t, shown[0][0].Since.IsZero())
			require.Empty(t, shown[1])
		})
	}
}
