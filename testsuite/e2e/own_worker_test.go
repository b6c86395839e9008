package e2e

import (
	"encoding/json"
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

// A user's own worker, in its own module, with only the plugin added, runs a job and a gate.
// The module does not depend on a Temporal server.
func TestAWorkerOfOnesOwnOutsideThisModule(t *testing.T) {
	t.Parallel()
	root := rootDir(t)
	module := ownModule(t, root)
	graph := goCommand(t, module, "mod", "graph")
	require.NotContains(t, graph, "go.temporal.io/server", "a user of the plugin must never get the server")
	binary := filepath.Join(t.TempDir(), "shop")
	goCommand(t, module, "build", "-o", binary, ".")
	process.Start(t, process.Command{Path: binary, Env: []string{"TEMPORAL_ADDRESS=" + shared.server.FrontendHostPort}})

	job, err := os.ReadFile(filepath.Join(root, "examples", "job.json"))
	require.NoError(t, err)
	run, err := shared.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: "shop"},
		latch.WorkflowJobRun, json.RawMessage(job))
	require.NoError(t, err)
	var result latch.JobResult
	require.NoError(t, run.Get(t.Context(), &result))
	require.Equal(t, latch.JobSucceeded, result.Status)

	checkout, err := shared.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: "shop"}, "Checkout", "order-7")
	require.NoError(t, err)
	lock := awaitLock(t, checkout.GetID())
	update, err := shared.client.UpdateWorkflow(t.Context(), client.UpdateWorkflowOptions{WorkflowID: checkout.GetID(),
		UpdateName: latch.MessageReleaseLock, WaitForStage: client.WorkflowUpdateStageCompleted,
		Args: []any{latch.LockRelease{Lock: lock.Token, By: "ada"}}})
	require.NoError(t, err)
	var record latch.Record
	require.NoError(t, update.Get(t.Context(), &record))
	require.Equal(t, latch.Continue, record.Decision)
	var outcome string
	require.NoError(t, checkout.Get(t.Context(), &outcome))
	require.Equal(t, "shipped", outcome)
}

// ownModule creates a module beside this one that contains examples/worker.
func ownModule(t *testing.T, root string) string {
	t.Helper()
	module := t.TempDir()
	requirements, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	own := strings.Replace(string(requirements), "module github.com/latch-run/latch\n", "module example.com/shop\n", 1)
	own += "\nrequire github.com/latch-run/latch v0.0.0\n\nreplace github.com/latch-run/latch => " + root + "\n"
	require.NoError(t, os.WriteFile(filepath.Join(module, "go.mod"), []byte(own), 0o600))
	for from, to := range map[string]string{"go.sum": "go.sum", "examples/worker/main.go": "main.go"} {
		content, err := os.ReadFile(filepath.Join(root, from))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(module, to), content, 0o600))
	}
	return module
}

func goCommand(t *testing.T, dir string, arguments ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", arguments...)
	command.Dir = dir
	command.Env = append(os.Environ(), "GOFLAGS=-mod=mod -buildvcs=false", "GOWORK=off")
	output, err := command.CombinedOutput()
	require.NoError(t, err, "go %s: %s", strings.Join(arguments, " "), output)
	return string(output)
}

func rootDir(t *testing.T) string {
	t.Helper()
	root, err := process.ModuleDir(t.Context(), "github.com/latch-run/latch")
	require.NoError(t, err)
	return root
}

// awaitLock waits until the run waits for a lock, and returns it.
func awaitLock(t *testing.T, id string) latch.OpenLock {
	t.Helper()
	var status latch.Status
	require.Eventually(t, func() bool {
		value, err := shared.client.QueryWorkflow(t.Context(), id, "", latch.QueryStatus)
		return err == nil && value.Get(&status) == nil && len(status.Locks) > 0
	}, patience, tick, "no lock is waited for")
	return status.Locks[0]
}
