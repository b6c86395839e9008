package cli

import (
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/latch-run/latch/internal/buildinfo"
	"github.com/latch-run/latch/internal/cli/failure"
)

const (
	freezeFile  = `{"id":"f","windows":[{"start":"0 18 20 12 *","end":"0 8 3 1 *"}],"override":{"groups":["incident"]}}`
	watchFile   = `{"id":"w","query":"WorkflowType = 'Pay'","webhooks":[{"id":"pager","url":"https://pager.example/?token=hunter2","event":"WORKFLOW_TIMED_OUT"}]}`
	jobFile     = `{"id":22739,"title":"Webhooks!","task":{"command":{"argv":["true"]}},"vars":{"n":12345678901234567890.10}}`
	releaseFile = `id: shop-4.2
steps: [{name: a, do: {command: {argv: ['true']}}}]
vars: {n: 1.10}`
	emitFile = `{"event":"INSTANCE_CREATED"}`
)

// TestStarting: workflow type, id and queue have the contract's names, and the input has the
// digits of the file.
func TestStarting(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		stdin          string
		environ        []string
		args           []string
		id, queue, got string
	}{
		"job": {jobFile, nil, []string{"job", "run", "-"}, "job-22739", "latch",
			`latch.JobRun {"id":22739,"title":"Webhooks!","task":{"command":{"argv":["true"]}},"vars":{"n":12345678901234567890.10}}`},
		"release": {releaseFile, nil, []string{"release", "run", "-"}, "release-shop-4.2", "latch",
			`latch.Release {"id":"shop-4.2","steps":[{"name":"a","do":{"command":{"argv":["true"]}}}],"vars":{"n":1.10}}`},
		"emission": {`{"id":"x","event":"INSTANCE_CREATED"}`, nil, []string{"emit", "-"}, "emit-x", "latch",
			`latch.Emit {"id":"x","event":"INSTANCE_CREATED"}`},
		"an id of one's own": {jobFile, nil, []string{"job", "run", "-", "--id", "nightly"}, "nightly", "latch", ""},
		"a queue from the flag": {jobFile, []string{"LATCH_TASK_QUEUE=other"},
			[]string{"job", "run", "-", "--task-queue", "mine"}, "job-22739", "mine", ""},
		"from the environment": {jobFile, []string{"LATCH_TASK_QUEUE=other"}, []string{"job", "run", "-"}, "job-22739", "other", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			temporal := newTemporal()
			c := newCommand(test.stdin, temporal)
			c.environ = test.environ
			require.Equal(t, failure.ExitOK, c.start(test.args...), c.stderr.String())
			require.Len(t, temporal.Starts, 1)
			request := temporal.Starts[0]
			require.Equal(t, test.id, request.GetWorkflowId())
			require.Equal(t, test.queue, request.GetTaskQueue().GetName())
			require.Equal(t, enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL, request.GetWorkflowIdConflictPolicy())
			require.Equal(t, enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE, request.GetWorkflowIdReusePolicy())
			require.Nil(t, request.GetWorkflowExecutionTimeout(), "Latch never sets Temporal's workflow timeouts on its runs")
			require.Nil(t, request.GetWorkflowRunTimeout())
			if test.got != "" {
				require.Equal(t, test.got, request.GetWorkflowType().GetName()+" "+string(request.GetInput().GetPayloads()[0].GetData()))
			}
			require.Equal(t, "Started "+test.id+"\n  run: run-1\n  watch: starter watch "+test.id+"\n", c.stdout.String())
			require.True(t, temporal.Disconnected)
		})
	}
}

func TestAnEmissionWithoutAnIDGetsOneOfItsOwn(t *testing.T) {
	t.Parallel()
	temporal := newTemporal()
	for range 2 {
		code, _, _ := execute(emitFile, temporal, "emit", "-")
		require.Equal(t, failure.ExitOK, code)
	}
	require.Regexp(t, `^emit-[0-9a-f-]{36}$`, temporal.Starts[0].GetWorkflowId())
	require.NotEqual(t, temporal.Starts[0].GetWorkflowId(), temporal.Starts[1].GetWorkflowId())
}

func TestStartingAsJSON(t *testing.T) {
	t.Parallel()
	code, out, errors := execute(jobFile, newTemporal(), "job", "run", "-", "-o", "json")
	require.Equal(t, failure.ExitOK, code)
	require.Empty(t, errors)
	require.Equal(t, map[string]any{"workflow_id": "job-22739", "run_id": "run-1", "status": "running"}, object(t, out))
}

// TestStartingOnAQueueThatNobodyPollsSaysSo: the run is started all the same.
func TestStartingOnAQueueThatNobodyPollsSaysSo(t *testing.T) {
	t.Parallel()
	temporal := newTemporal()
	temporal.Unpolled = true
	code, out, errors := execute(jobFile, temporal, "job", "run", "-", "--task-queue", "mine", "-o", "json")
	require.Equal(t, failure.ExitOK, code)
	object(t, out)
	require.Equal(t, "Warning: no worker polls the task queue \"mine\", and job-22739 does nothing until one does\n", errors)
	require.Equal(t, []string{"mine"}, temporal.Polled)
}

func TestOneRunAtATime(t *testing.T) {
	t.Parallel()
	temporal := newTemporal("job-22739")
	code, out, errors := execute(jobFile, temporal, "job", "run", "-")
	require.Equal(t, failure.ExitFailed, code)
	require.Empty(t, out)
	require.Equal(t,
		"Error: job-22739 is running already (run run-1), and one runs at a time; watch it with: starter watch job-22739\n", errors)
	code, out, _ = execute(jobFile, temporal, "job", "run", "-", "-o", "json")
	require.Equal(t, failure.ExitFailed, code)
	require.Equal(t, "AlreadyRunning", object(t, out)["error"].(map[string]any)["type"])
}

// TestNothingStartsOnABadSpec: it is refused before any request to Temporal.
func TestNothingStartsOnABadSpec(t *testing.T) {
	t.Parallel()
	code, out, errors := execute(`{"id":"1","task":{"http":{"url":"x","sucess":"true"}}}`, nil, "job", "run", "-", "-o", "json")
	require.Equal(t, failure.ExitUsage, code)
	require.Equal(t,
		"Error: -: 2 problems:\n  task.http.sucess: unknown key; did you mean \"success\"?\n  task.http.url: \"x\" must "+
			"begin with http:// or https://\n", errors)
	failure := object(t, out)["error"].(map[string]any)
	require.Equal(t, "InvalidSpec", failure["type"])
	require.Len(t, failure["problems"], 2)
}

func TestWarningsGoToStandardError(t *testing.T) {
	t.Parallel()
	input := `{"id":"1","jobs":["a"],"webhooks":[{"id":"w","url":"https://example.com/","event":"BEFORE_RELEASE"}]}`
	code, out, errors := execute(input, newTemporal(), "job", "run", "-", "-o", "json")
	require.Equal(t, failure.ExitOK, code)
	object(t, out)
	require.Contains(t, errors, "Warning: -: webhooks[0].event: BEFORE_RELEASE is never fired by a job")
}

func TestTemporalOutOfReach(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"job", "run", "-"}, {"job", "stop", "1"}, {"release", "stop", "1"}, {"lock", "release", "w:h:r"}, {"status", "w"},
		{"history", "w"}, {"watch", "w"},
	} {
		code, out, errors := execute(jobFile, nil, args...)
		require.Equal(t, failure.ExitUnreachable, code, args)
		require.Empty(t, out)
		require.Equal(t, "Error: cannot reach Temporal at 127.0.0.1:7233\n", errors)
	}
}

func TestWrongUsage(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"jobs"}, `unknown command "jobs"`},
		{[]string{"job"}, "starter job needs a command"},
		{[]string{"job", "walk"}, `unknown command "walk"`},
		{[]string{"job", "run"}, "accepts 1 arg(s), received 0"},
		{[]string{"job", "run", "a", "b"}, "accepts 1 arg(s), received 2"},
		{[]string{"job", "run", "-", "--wach"}, "unknown flag: --wach"},
		{[]string{"validate"}, "requires at least 1 arg(s)"},
		{[]string{"status", "w", "--output", "xml"}, `--output is text or json, not "xml"`},
		{[]string{"history", "w", "--limit", "many"}, "invalid argument"},
	} {
		code, out, errors := execute("", nil, test.args...)
		require.Equal(t, failure.ExitUsage, code, test.args)
		require.Empty(t, out)
		require.Contains(t, errors, test.want)
		require.Contains(t, errors, "--help' for usage")
	}
}

func TestHelpTellsTheExitCodes(t *testing.T) {
	t.Parallel()
	code, out, _ := execute("", nil, "--help")
	require.Equal(t, failure.ExitOK, code)
	for _, line := range []string{"  0  done", "  1  the run failed", "  2  wrong usage", "  3  Temporal",
		"  4  the release was stopped", "  5  interrupted"} {
		require.Contains(t, out, line)
	}
}

// The version is printed in one line, by the command and by the flag. In JSON its parts are
// separate.
func TestVersion(t *testing.T) {
	t.Parallel()
	build := buildinfo.Read()
	for _, call := range []string{"version", "--version", "-v"} {
		code, out, _ := execute("", nil, call)
		require.Equal(t, failure.ExitOK, code)
		require.Equal(t, build.String()+"\n", out)
	}
	_, out, _ := execute("", nil, "version", "-o", "json")
	require.Equal(t, build.Version, object(t, out)["version"])
	require.Equal(t, build.Platform, object(t, out)["platform"])
}
