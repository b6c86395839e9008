package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/process"
)

const exampleSecret = "mdoq-is-awesome"

// The README's receivers accept what Latch signed, and reject other signatures.
func TestTheExampleReceiversCheckTheSignature(t *testing.T) {
	t.Parallel()
	root := rootDir(t)
	goReceiver := filepath.Join(t.TempDir(), "receiver")
	goCommand(t, root, "build", "-o", goReceiver, "./examples/receiver")
	const signingSecret = "whsec_bWRvcS1pcy1hd2Vzb21lIQ=="
	inGo := process.Command{Path: goReceiver}
	inPython := process.Command{Path: python(t), Args: []string{filepath.Join(root, "examples", "receiver", "receiver.py")}}
	for name, test := range map[string]struct {
		command process.Command
		secret  string
	}{
		"go":                          {inGo, exampleSecret},
		"go, a secret that signs":     {inGo, signingSecret},
		"python":                      {inPython, exampleSecret},
		"python, a secret that signs": {inPython, signingSecret},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := freeAddress(t)
			command := test.command
			command.Env = []string{"LATCH_SECRET=" + test.secret, "LISTEN=" + address}
			listening := process.Start(t, command)
			b := setup(t, "LATCH_SECRET_BOARD", test.secret, "LATCH_SECRET_OTHER", "not-the-receivers")
			awaitListening(t, address)
			run := b.start(latch.WorkflowEmit, "signed", fmt.Sprintf(`{"event":"HELLO","webhooks":[
				{"id":"right","url":"http://%[1]s/","secret":"board","event":"HELLO"},
				{"id":"wrong","url":"http://%[1]s/","secret":"other","event":"HELLO"}]}`, address))
			var result latch.EmissionResult
			require.NoError(t, run.Get(b.ctx, &result))
			require.Equal(t, latch.ResultPass, result.History[0].Result, result.History[0].Error)
			require.Equal(t, `"pass"`, string(result.History[0].Data["result"]))
			require.Equal(t, 401, result.History[1].Response.Status)
			_, err := listening.Stdout.Wait(b.ctx, result.History[0].DeliveryID)
			require.NoError(t, err)
			require.NotContains(t, listening.Stdout.String(), test.secret)
		})
	}
}

// With ORDERED=1 the receivers restore the order of concurrent requests by their headers alone.
func TestTheExampleReceiversKeepTheOrder(t *testing.T) {
	t.Parallel()
	root := rootDir(t)
	goReceiver := filepath.Join(t.TempDir(), "receiver")
	goCommand(t, root, "build", "-o", goReceiver, "./examples/receiver")
	for name, command := range map[string]process.Command{
		"go":     {Path: goReceiver},
		"python": {Path: python(t), Args: []string{filepath.Join(root, "examples", "receiver", "receiver.py")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := freeAddress(t)
			command.Env = []string{"LATCH_SECRET=" + exampleSecret, "LISTEN=" + address, "ORDERED=1"}
			listening := process.Start(t, command)
			b := setup(t, "LATCH_SECRET_BOARD", exampleSecret)
			awaitListening(t, address)
			var events []string
			for i := range 4 {
				events = append(events, fmt.Sprintf(`{"event":"E%d","webhooks":[{"id":"w","url":"http://%s/","secret":"board","event":"E%[1]d",
					"retry":{"initial_interval":"500ms","backoff_coefficient":1}}]}`, i, address))
			}
			run := b.start(latch.WorkflowEmitBatch, "ordered", `{"events":[`+strings.Join(events, ",")+`]}`)
			var result latch.EmissionBatchResult
			require.NoError(t, run.Get(b.ctx, &result))
			_, err := listening.Stdout.Wait(b.ctx, `"E3"`)
			require.NoError(t, err)
			var want, got []string
			for _, event := range result.Events {
				want = append(want, event.History[0].DeliveryID)
			}
			for line := range strings.Lines(listening.Stdout.String()) {
				id, _, _ := strings.Cut(line, " ")
				got = append(got, id)
			}
			require.Equal(t, want, got)
		})
	}
}

// A job started from another language, over Temporal's HTTP API, runs.
func TestTheExampleStartsAJobFromAnotherLanguage(t *testing.T) {
	t.Parallel()
	root := rootDir(t)
	worker := process.Start(t, process.Command{Path: shared.workerPath, Env: []string{
		"TEMPORAL_ADDRESS=" + shared.server.FrontendHostPort, "LATCH_HEALTH_ADDR=off"}})
	output, err := exec.CommandContext(t.Context(), python(t), filepath.Join(root, "examples", "start_job.py"),
		filepath.Join(root, "examples", "job.json"), shared.server.HTTPAddress).CombinedOutput()
	require.NoError(t, err, "%s", output)
	var result latch.JobResult
	err = shared.client.GetWorkflow(t.Context(), "job-hello", strings.TrimSpace(string(output))).Get(t.Context(), &result)
	require.NoError(t, err, worker.Stderr.String())
	require.Equal(t, latch.JobSucceeded, result.Status)
}

// The example asks a gate from a worker of Temporal's TypeScript SDK: it goes on once a person lets
// pass, and fails with the gate's own error once a person refuses.
func TestTheExampleAsksAGateFromTypeScript(t *testing.T) {
	t.Parallel()
	node, folder := javaScript(t, "typescript")
	b := setup(t)
	s := b.serve("LATCH_API_KEYS", apiKeys)
	example, err := os.ReadFile(filepath.Join(rootDir(t), "examples", "ask_gate.ts"))
	require.NoError(t, err)
	const queue = "taskQueue: 'latch'"
	require.Contains(t, string(example), queue)
	asks := strings.ReplaceAll(string(example), queue, "taskQueue: '"+b.queue+"'")
	require.NoError(t, os.WriteFile(filepath.Join(folder, "ask_gate.ts"), []byte(asks), 0o600))
	own := b.queue + "-typescript"
	asker := process.Start(t, process.Command{Path: node, Dir: folder,
		Args: []string{"worker.js", shared.server.FrontendHostPort, own, "./ask_gate.ts"}})
	for _, test := range []struct{ result, refused string }{{latch.ResultPass, ""}, {latch.ResultFail, latch.ErrorGateStopped}} {
		version := b.queue + "-" + test.result
		run, err := shared.client.ExecuteWorkflow(b.ctx, client.StartWorkflowOptions{ID: version, TaskQueue: own}, "rollout", version)
		require.NoError(t, err)
		token := s.token("gate-rollout-" + version)
		s.as("lock-key-0123456789", "POST", lockPath(token)+"/release", `{"result":"`+test.result+`"}`).read(t, 200, nil)
		var said string
		err = run.Get(b.ctx, &said)
		if test.refused == "" {
			require.NoError(t, err, asker.Stderr.String())
			require.Equal(t, "rolled out "+version, said)
			continue
		}
		require.ErrorContains(t, err, test.refused)
	}
}

// The README's release runs unchanged on a worker without any settings.
func TestTheExampleReleaseNeedsNoSettings(t *testing.T) {
	t.Parallel()
	b := setup(t, "LATCH_EGRESS_ALLOW", "")
	release, err := os.ReadFile(filepath.Join(rootDir(t), "examples", "release.json"))
	require.NoError(t, err)
	run := b.start(latch.WorkflowRelease, "release-first", string(release))
	lock := awaitLock(t, run.GetID())
	require.NoError(t, shared.client.SignalWorkflow(b.ctx, run.GetID(), "", latch.MessageReleaseLock, map[string]string{"lock": lock.Token}))
	var result latch.ReleaseResult
	require.NoError(t, run.Get(b.ctx, &result))
	require.Equal(t, latch.ReleaseReleased, result.Status)
	_, err = shared.client.UpdateWorkflow(b.ctx, client.UpdateWorkflowOptions{WorkflowID: run.GetID(),
		UpdateName: latch.MessageStop, WaitForStage: client.WorkflowUpdateStageCompleted})
	require.ErrorContains(t, err, "workflow execution already completed")
}

// python finds Python for the examples written in it. CI installs it and fails without it;
// elsewhere the test is skipped.
func python(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("python3")
	if err != nil && os.Getenv("CI") == "" {
		t.Skip("python3 is not installed; the examples written in Python are not run")
	}
	require.NoError(t, err)
	resolved, err := exec.Command(path, "-c", "import sys; print(sys.executable)").Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(resolved))
}

func awaitListening(t *testing.T, address string) {
	t.Helper()
	require.Eventually(t, func() bool {
		connection, err := dialer.DialContext(t.Context(), "tcp", address)
		return err == nil && connection.Close() == nil
	}, patience, tick, "nothing listens on %s", address)
}
