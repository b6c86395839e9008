package cli

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
)

func closedRun(status enumspb.WorkflowExecutionStatus) *fakeTemporal {
	return &fakeTemporal{exists: []string{"release-1"},
		infos: map[string]*workflowpb.WorkflowExecutionInfo{"release-1": {Status: status, TaskQueue: "mine"}}}
}

func neverBegun(string, string, []any) (string, error) {
	return "", serviceerror.NewWorkflowNotReady("Workflow execution closed before WorkflowTaskStarted event")
}

// TestStatusOfAClosedRunTellsHowItEnded, beside the fields of the status query,
// which stay as the run answered them.
func TestStatusOfAClosedRunTellsHowItEnded(t *testing.T) {
	t.Parallel()
	stopped := closedRun(enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED)
	stopped.result = `{"id":"1","status":"stopped","reason":"too risky","decided_by":{"webhook":"board","event":"BEFORE_RELEASE"},"steps":[]}`
	stopped.query = func(string, string, []any) (string, error) {
		return `{"id":"1","status":"stopped","locks":[],"rejected":[],"later":1.10}`, nil
	}
	code, out, _ := runs("", stopped, "status", "1")
	require.Equal(t, exitOK, code)
	require.Equal(t, "release-1: stopped\n  reason: too risky\n  decided by: webhook board at BEFORE_RELEASE\n", out)
	_, out, _ = runs("", stopped, "status", "1", "-o", "json")
	require.JSONEq(t, `{"id":"1","status":"stopped","locks":[],"rejected":[],"later":1.10,
		"closed":{"status":"stopped","reason":"too risky","decided_by":{"webhook":"board","event":"BEFORE_RELEASE"}}}`, out)
	require.Contains(t, out, "1.10", "digits stay")

	failed := closedRun(enumspb.WORKFLOW_EXECUTION_STATUS_FAILED)
	failed.err = temporal.NewNonRetryableApplicationError("step a failed", latch.ErrorReleaseFailed, nil, json.RawMessage(`{"id":"1","status":"failed"}`))
	failed.query = func(string, string, []any) (string, error) {
		return `{"id":"1","status":"failed","steps":[{"name":"a","status":"failed"}],"locks":[],"rejected":[]}`, nil
	}
	_, out, _ = runs("", failed, "status", "1")
	require.Equal(t, "release-1: failed\n  step a: failed\n  error: ReleaseFailed: step a failed\n", out)

	terminated := closedRun(enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED)
	terminated.err = &temporal.TerminatedError{}
	terminated.query = func(string, string, []any) (string, error) { return threeScenes()[0].status, nil }
	_, out, _ = runs("", terminated, "status", "1")
	require.Equal(t, "release-1: terminated\n  step a: skipped\n  error: terminated: nothing was sent of it and nothing undone\n", out,
		"no phase and no lock to remove: it is over")
}

// TestARunThatClosedBeforeItsFirstTask cannot be queried and yet has a status.
func TestARunThatClosedBeforeItsFirstTask(t *testing.T) {
	t.Parallel()
	run := closedRun(enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED)
	run.err, run.query = &temporal.TerminatedError{}, neverBegun
	code, out, _ := runs("", run, "status", "1")
	require.Equal(t, exitOK, code)
	require.Equal(t, "release-1: terminated\n  error: terminated: nothing was sent of it and nothing undone\n", out)
	_, out, _ = runs("", run, "status", "1", "-o", "json")
	require.JSONEq(t, `{"id":"release-1","status":"terminated","locks":[],"rejected":[],
		"closed":{"status":"terminated","error":"terminated: nothing was sent of it and nothing undone"}}`, out)
	code, _, errors := runs("", run, "history", "1")
	require.Equal(t, exitFailed, code)
	require.Equal(t, "Error: release-1 was closed (Terminated) before a worker took its first task: it sent nothing, and has no history\n", errors)
}

func TestARunThatHasNotBegun(t *testing.T) {
	t.Parallel()
	run := closedRun(enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING)
	run.query = neverBegun
	for _, command := range []string{"status", "history"} {
		code, _, errors := runs("", run, command, "1")
		require.Equal(t, exitUnreachable, code)
		require.Equal(t, "Error: release-1 has not begun: no worker has taken its first task; is one polling its task queue \"mine\"?\n", errors)
	}
}

// TestTheTransportsWordsAreNotShown.
func TestTheTransportsWordsAreNotShown(t *testing.T) {
	t.Parallel()
	for _, cut := range []error{
		serviceerror.NewInternal("stream terminated by RST_STREAM with error code: CANCEL"),
		serviceerror.NewUnavailable("stream terminated by RST_STREAM with error code: NO_ERROR"),
	} {
		run := closedRun(enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING)
		run.query = func(string, string, []any) (string, error) { return "", cut }
		code, _, errors := runs("", run, "status", "1")
		require.Equal(t, exitUnreachable, code)
		require.NotContains(t, errors, "RST_STREAM")
		require.NotContains(t, explain(cut).text, "RST_STREAM")
	}
}

func TestAKeyIsAddedToAnyObject(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{`{}`: `{"k":1}`, " { } \n": `{"k":1}`, `{"a":{"b":{}}}`: `{"a":{"b":{}},"k":1}`} {
		got, err := withKey(json.RawMessage(given), "k", 1)
		require.NoError(t, err)
		require.JSONEq(t, want, string(got))
	}
}
