package cli

import (
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// closedRun has a release that closed with the event, and that answers queries as given.
func closedRun(status enumspb.WorkflowExecutionStatus, event *historypb.HistoryEvent, answer string, err error) *runstest.Temporal {
	return answering(closing(newTemporal("release-1"), status, event), always(answer, err))
}

var errNeverBegun = serviceerror.NewWorkflowNotReady("Workflow execution closed before WorkflowTaskStarted event")

// The status of a closed run says how it ended, beside the fields of the status query, which
// stay as the run answered them.
func TestStatusOfAClosedRunTellsHowItEnded(t *testing.T) {
	t.Parallel()
	result := `{"id":"1","status":"stopped","reason":"too risky","decided_by":{"webhook":"board","event":"BEFORE_RELEASE"},"steps":[]}`
	stopped := closedRun(enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, runstest.Completed(payloads(result)),
		`{"id":"1","status":"stopped","locks":[],"rejected":[],"later":1.10}`, nil)
	code, out, _ := execute("", stopped, "status", "1")
	require.Equal(t, failure.ExitOK, code)
	require.Equal(t, "release-1: stopped\n  reason: too risky\n  decided by: webhook board at BEFORE_RELEASE\n", out)
	_, out, _ = execute("", stopped, "status", "1", "-o", "json")
	require.JSONEq(t, `{"id":"1","status":"stopped","locks":[],"rejected":[],"later":1.10,
		"closed":{"status":"stopped","reason":"too risky","decided_by":{"webhook":"board","event":"BEFORE_RELEASE"}}}`, out)
	require.Contains(t, out, "1.10", "digits stay")

	failed := closedRun(enumspb.WORKFLOW_EXECUTION_STATUS_FAILED,
		runstest.Failed("step a failed", latch.ErrorReleaseFailed, payloads(`{"id":"1","status":"failed"}`)),
		`{"id":"1","status":"failed","steps":[{"name":"a","status":"failed"}],"locks":[],"rejected":[]}`, nil)
	_, out, _ = execute("", failed, "status", "1")
	require.Equal(t, "release-1: failed\n  step a: failed\n  error: ReleaseFailed: step a failed\n", out)

	terminated := closedRun(enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, runstest.Terminated(""), threeScenes()[0].status, nil)
	_, out, _ = execute("", terminated, "status", "1")
	require.Equal(t, "release-1: terminated\n  step a: skipped\n  error: terminated: no report of it is known\n", out,
		"no phase and no lock to remove: it is over")
}

// A run that closed before its first task cannot be queried, but has a status.
func TestARunThatClosedBeforeItsFirstTask(t *testing.T) {
	t.Parallel()
	run := closedRun(enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, runstest.Terminated(""), "", errNeverBegun)
	code, out, _ := execute("", run, "status", "1")
	require.Equal(t, failure.ExitOK, code)
	require.Equal(t, "release-1: terminated\n  error: terminated: no report of it is known\n", out)
	_, out, _ = execute("", run, "status", "1", "-o", "json")
	require.JSONEq(t, `{"id":"release-1","status":"terminated","locks":[],"rejected":[],
		"closed":{"status":"terminated","error":"terminated: no report of it is known"}}`, out)
	code, _, errors := execute("", run, "history", "1")
	require.Equal(t, failure.ExitFailed, code)
	require.Equal(t,
		"Error: release-1 was closed (Terminated) before a worker took its first task: it sent nothing, and has no history\n", errors)
}

func TestARunThatHasNotBegun(t *testing.T) {
	t.Parallel()
	run := answering(newTemporal("release-1"), always("", errNeverBegun))
	for _, command := range []string{"status", "history"} {
		code, _, errors := execute("", run, command, "1")
		require.Equal(t, failure.ExitUnreachable, code)
		require.Equal(t, "Error: release-1 has not begun: no worker has taken its first task; is one polling its task queue \"mine\"?\n", errors)
	}
}

func TestTheTransportsWordsAreNotShown(t *testing.T) {
	t.Parallel()
	for _, cut := range []error{
		serviceerror.NewInternal("stream terminated by RST_STREAM with error code: CANCEL"),
		serviceerror.NewUnavailable("stream terminated by RST_STREAM with error code: NO_ERROR"),
	} {
		run := answering(newTemporal("release-1"), always("", cut))
		code, _, errors := execute("", run, "status", "1")
		require.Equal(t, failure.ExitUnreachable, code)
		require.NotContains(t, errors, "RST_STREAM")
		require.NotContains(t, failure.Explain(cut).Text, "RST_STREAM")
	}
}
