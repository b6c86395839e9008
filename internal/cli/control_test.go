package cli

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/runs/runstest"
)

const settledRecord = `{"delivery_id":"dlv_1","webhook":"board","event":"BEFORE_RELEASE",
	"workflow_id":"release-1","run_id":"run-1","result":"pass","data":{"n":1.10},"attempts":1,
	"lock":{"token":"release-1:board:r4nd0m","removed_at":"2026-07-01T10:00:00.000Z","removed_by":"ada",
		"via":"update","reason":"fine"}}`

func argument(t *testing.T, options client.UpdateWorkflowOptions) string {
	t.Helper()
	encoded, err := json.Marshal(options.Args[0])
	require.NoError(t, err)
	return string(encoded)
}

// TestMessagesAreUpdates: each message goes to the run that the id refers to, with the
// contract's argument.
func TestMessagesAreUpdates(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args                    []string
		exists                  []string
		workflow, update, input string
	}{
		"stop": {[]string{"release", "stop", "1", "--reason", "no"}, []string{"release-1"}, "release-1", "stop",
			`{"by":"ada","reason":"no"}`},
		"rollback": {[]string{"release", "rollback", "1", "--by", "bob"}, []string{"release-1"}, "release-1", "rollback", `{"by":"bob"}`},
		"by workflow id": {[]string{"release", "stop", "release-1"}, []string{"release-1", "release-release-1"},
			"release-1", "stop", `{"by":"ada"}`},
		"of an odd name": {[]string{"release", "stop", "release-1"}, []string{"release-release-1"}, "release-release-1",
			"stop", `{"by":"ada"}`},
		"a workflow's own": {[]string{"release", "stop", "deploy"}, []string{"deploy"}, "deploy", "stop", `{"by":"ada"}`},
		"a job":            {[]string{"job", "stop", "22739"}, []string{"job-22739"}, "job-22739", "stop", `{"by":"ada"}`},
		"skip by lock": {[]string{"release", "skip", "1", "--lock", "release-1:b:r", "--reason", "down"},
			[]string{"release-1"}, "release-1", "skip", `{"lock":"release-1:b:r","by":"ada","reason":"down"}`},
		"skip by webhook": {[]string{"release", "skip", "1", "--webhook", "b", "--event", "AFTER_STEP", "--step", "a",
			"--reason", "down"}, []string{"release-1"}, "release-1", "skip",
			`{"webhook":"b","event":"AFTER_STEP","step":"a","by":"ada","reason":"down"}`},
		"a gate": {[]string{"gate", "stop", "4711", "--reason", "frozen"}, []string{"gate-4711"}, "gate-4711", "stop",
			`{"by":"ada","reason":"frozen"}`},
		"a gate, back": {[]string{"gate", "rollback", "gate-4711"}, []string{"gate-4711"}, "gate-4711", "rollback", `{"by":"ada"}`},
		"a gate's hook": {[]string{"gate", "skip", "4711", "--webhook", "b", "--event", "DEPLOY", "--reason", "down"}, []string{"gate-4711"},
			"gate-4711", "skip", `{"webhook":"b","event":"DEPLOY","by":"ada","reason":"down"}`},
		"lock": {[]string{"lock", "release", "release-1:board:r4nd0m"}, nil, "release-1", "release_lock",
			`{"lock":"release-1:board:r4nd0m","by":"ada"}`},
		"lock with an answer": {[]string{"lock", "release", "a:b/c:board:r", "--result", "fail", "--data",
			`{"rollback_release":true,"n":1.10}`, "--reason", "no", "--by", "bob"}, nil, "a:b/c", "release_lock",
			`{"lock":"a:b/c:board:r","result":"fail","data":{"n":1.10,"rollback_release":true},"by":"bob","reason":"no"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			exists := test.exists
			if exists == nil { // a lock contains the id of its run
				exists = []string{test.workflow}
			}
			temporal := updating(newTemporal(exists...), settledRecord, nil)
			code, out, errors := execute("", temporal, test.args...)
			require.Equal(t, failure.ExitOK, code, errors)
			require.Len(t, temporal.Updates, 1)
			sent := temporal.Updates[0]
			require.Equal(t, test.workflow, sent.WorkflowID)
			require.Equal(t, test.update, sent.UpdateName)
			require.Equal(t, client.WorkflowUpdateStageCompleted, sent.WaitForStage)
			require.JSONEq(t, test.input, argument(t, sent))
			require.Equal(t, "pass     BEFORE_RELEASE  board  lock removed by ada (update): fine\n", out)

			code, out, _ = execute("", temporal, append(test.args, "-o", "json")...)
			require.Equal(t, failure.ExitOK, code)
			require.Equal(t, "dlv_1", object(t, out)["answer"].(map[string]any)["delivery_id"])
			require.Contains(t, out, `1.10`, "digits stay")
		})
	}
}

func TestAnAnswerWithoutARecord(t *testing.T) {
	t.Parallel()
	temporal := updating(newTemporal("release-1"), "", nil)
	code, out, _ := execute("", temporal, "release", "stop", "1")
	require.Equal(t, failure.ExitOK, code)
	require.Equal(t, "stop accepted by release-1\n", out)
	_, out, _ = execute("", temporal, "release", "stop", "1", "-o", "json")
	require.Equal(t, map[string]any{"workflow_id": "release-1", "message": "stop", "answer": nil}, object(t, out))
}

// TestRefusalsAreShownWithTheirReason: refusals have the contract's error types.
func TestRefusalsAreShownWithTheirReason(t *testing.T) {
	t.Parallel()
	for kind, code := range map[string]int{
		latch.ErrorTooLate: failure.ExitFailed, latch.ErrorUnknownLock: failure.ExitFailed,
		latch.ErrorInvalidArgument: failure.ExitUsage, latch.ErrorInvalidSpec: failure.ExitUsage,
	} {
		refused := updating(newTemporal("release-1"), "", temporal.NewNonRetryableApplicationError("the reason", kind, nil))
		got, out, errors := execute("", refused, "release", "stop", "1", "-o", "json")
		require.Equal(t, code, got, kind)
		require.Equal(t, "Error: "+kind+": the reason\n", errors)
		require.Equal(t, map[string]any{"type": kind, "message": "the reason"}, object(t, out)["error"])
	}
}

func TestArgumentsAreCheckedBeforeAnythingIsAsked(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"release", "skip", "1", "--lock", "a:b:c"}, "reason: required"},
		{[]string{"release", "skip", "1", "--webhook", "b", "--reason", "x"}, "lock: required: the lock, or webhook and event"},
		{[]string{"release", "skip", "1", "--lock", "a:b:c", "--webhook", "b", "--event", "A", "--reason", "x"}, "not both"},
		{[]string{"lock", "release", "a:b:c", "--result", "maybe"}, `result: "maybe" is not one of pass, fail`},
		{[]string{"lock", "release", "a:b:c", "--data", "{"}, "--data is no valid JSON"},
		{[]string{"lock", "release", "a:b:c", "--data", "[1]"}, "data: must be an object, not [1]"},
		{[]string{"lock", "release", "a:b"}, `"a:b" is no lock`},
		{[]string{"history", "w", "--limit", "-1"}, "limit: must be 0 (no limit) or more, not -1"},
	} {
		code, _, errors := execute("", nil, test.args...)
		require.Equal(t, failure.ExitUsage, code, test.args)
		require.Contains(t, errors, test.want)
	}
}

// TestLocksAreReadFromTheRight: a lock is `<workflow id>:<webhook id>:<random>`.
func TestLocksAreReadFromTheRight(t *testing.T) {
	t.Parallel()
	for token, want := range map[string]string{
		"release-1:board:r4nd0m": "release-1", "a:b:c:board:r": "a:b:c", "seq/job 1:böard:r": "seq/job 1", "a::b:r": "a:",
	} {
		got, err := workflowOfLock(token)
		require.NoError(t, err, token)
		require.Equal(t, want, got)
	}
	for _, token := range []string{"", ":", "::", "a", "a:b", "a:b:", ":b:r", "a::r", "some:lock:"} {
		_, err := workflowOfLock(token)
		require.Error(t, err, token)
	}
}

func TestOfARunThatHasClosed(t *testing.T) {
	t.Parallel()
	closed := func() *runstest.Temporal {
		return answering(newTemporal("release-1"), always("["+settledRecord+"]", nil))
	}
	code, _, errors := execute("", closed(), "release", "stop", "1")
	require.Equal(t, failure.ExitFailed, code)
	require.Equal(t, "Error: release-1 has closed already; see what it came to with: starter status release-1\n", errors)

	// "answers a used lock with its record … and anything else with" a refusal.
	code, out, _ := execute("", closed(), "lock", "release", "release-1:board:r4nd0m")
	require.Equal(t, failure.ExitOK, code)
	require.Contains(t, out, "lock removed by ada")
	require.Contains(t, out, "\nnothing was changed: the lock was removed before\n")
	code, out, errors = execute("", closed(), "lock", "release", "release-1:board:r4nd0m", "--result", "fail")
	require.Equal(t, failure.ExitFailed, code)
	require.Contains(t, out, "lock removed by ada", "the record that stands")
	require.Equal(t,
		"Error: TooLate: the lock was removed at 2026-07-01T10:00:00Z by ada with the result pass, and this asks for fail\n", errors)
	code, _, errors = execute("", closed(), "lock", "release", "release-1:board:other")
	require.Equal(t, failure.ExitFailed, code)
	require.Equal(t, "Error: release-1 has closed, and no such lock is in its history\n", errors)
	code, _, errors = execute("", newTemporal(), "lock", "release", "none:board:other")
	require.Equal(t, failure.ExitFailed, code)
	require.Equal(t, "Error: there is no run \"none\" that could have made this lock\n", errors)
	code, _, errors = execute("", newTemporal(), "release", "stop", "9")
	require.Equal(t, failure.ExitFailed, code)
	require.Equal(t, "Error: there is no run with the workflow id \"9\" or \"release-9\"\n", errors)
}

// TestASecondRemoval reports that nothing was changed, or is refused with the record that
// stands.
func TestASecondRemoval(t *testing.T) {
	t.Parallel()
	same := updating(newTemporal("release-1"), settledRecord[:len(settledRecord)-1]+`,"unchanged":true}`, nil)
	code, out, _ := execute("", same, "lock", "release", "release-1:board:r4nd0m")
	require.Equal(t, failure.ExitOK, code)
	require.Contains(t, out, "nothing was changed: the lock was removed before")

	refusal := temporal.NewNonRetryableApplicationError("the lock timed out", latch.ErrorTooLate, nil, json.RawMessage(settledRecord))
	other := updating(newTemporal("release-1"), "", refusal)
	code, out, errors := execute("", other, "lock", "release", "release-1:board:r4nd0m")
	require.Equal(t, failure.ExitFailed, code)
	require.Contains(t, out, "lock removed by ada")
	require.Equal(t, "Error: TooLate: the lock timed out\n", errors)
	code, out, _ = execute("", other, "lock", "release", "release-1:board:r4nd0m", "-o", "json")
	require.Equal(t, failure.ExitFailed, code)
	failed := object(t, out)["error"].(map[string]any)
	require.Equal(t, latch.ErrorTooLate, failed["type"])
	require.Equal(t, "dlv_1", failed["record"].(map[string]any)["delivery_id"])
}

func TestAWorkerThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	silent := updating(newTemporal("release-1"), "", client.NewWorkflowUpdateServiceTimeoutOrCanceledError(nil))
	answering(silent, always("", serviceerror.NewDeadlineExceeded("context deadline exceeded")))
	for _, args := range [][]string{{"status", "1"}, {"release", "stop", "1"}} {
		code, _, errors := execute("", silent, args...)
		require.Equal(t, failure.ExitUnreachable, code)
		require.Contains(t, errors, "release-1 does not answer")
		require.Contains(t, errors, `is a worker polling its task queue "mine"?`)
	}
}
