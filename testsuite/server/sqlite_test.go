package server_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/schema/sqlite"

	"github.com/latch-run/latch/internal/hang"
	"github.com/latch-run/latch/testsuite/server"
)

// begin starts a workflow that waits, and returns once a list has it.
func begin(t *testing.T, c client.Client, id string) {
	t.Helper()
	_, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: taskQueue}, "greet", "Ada")
	require.NoError(t, err)
	require.Eventually(t, func() bool { return lists(t, c, id) == 1 }, hang.Limit, tick)
}

// lists counts the runs that a list has of a workflow.
func lists(t *testing.T, c client.Client, id string) int {
	t.Helper()
	answer, err := c.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Query: "WorkflowId = '" + id + "'"})
	require.NoError(t, err)
	return len(answer.GetExecutions())
}

// The data for listing runs is in a separate file beside the database, and both survive the
// server.
func TestTheVisibilityHasAFileOfItsOwn(t *testing.T) {
	t.Parallel()
	for name, synced := range map[string]bool{"outlives the process": false, "outlives the machine's power": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "latch.db")
			first, err := server.Start(t.Context(), server.Options{DatabaseFile: file, Synced: synced})
			require.NoError(t, err)
			begin(t, dial(t, first, server.DefaultNamespace), "kept")
			require.NoError(t, first.Stop())
			require.FileExists(t, filepath.Join(filepath.Dir(file), "latch-visibility.db"))

			second := start(t, server.Options{DatabaseFile: file, Synced: synced})
			require.Equal(t, 1, lists(t, dial(t, second, server.DefaultNamespace), "kept"))
		})
	}
}

// A file of an earlier version contains its visibility data. It stays that way, because a new
// file would list none of its runs.
func TestAnOlderFileKeepsItsVisibility(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "latch.db")
	require.NoError(t, sqlite.SetupSchema(&config.SQL{PluginName: "sqlite", DatabaseName: file,
		ConnectAttributes: map[string]string{"mode": "rwc", "journal_mode": "wal", "synchronous": "normal"}}))
	s := start(t, server.Options{DatabaseFile: file})
	begin(t, dial(t, s, server.DefaultNamespace), "old")
	require.NoFileExists(t, filepath.Join(filepath.Dir(file), "latch-visibility.db"))
}

// A visibility whose database was removed lists runs that are gone, and is made
// anew.
func TestALeftOverVisibilityIsMadeAnew(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "latch-visibility.db"), []byte("of another database"), 0o600))
	s := start(t, server.Options{DatabaseFile: filepath.Join(folder, "latch.db")})
	begin(t, dial(t, s, server.DefaultNamespace), "new")
}

func TestOneStoreIsChosen(t *testing.T) {
	t.Parallel()
	_, err := server.Start(t.Context(), server.Options{DatabaseFile: "latch.db", PostgreSQL: &server.PostgreSQL{Address: "127.0.0.1:5432"}})
	require.ErrorContains(t, err, `database file "latch.db" and PostgreSQL at 127.0.0.1:5432: give one of them`)
}
