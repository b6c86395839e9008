package server

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"go.temporal.io/server/common/log"
	sqltool "go.temporal.io/server/tools/sql"

	"github.com/latch-run/latch/internal/hang"
)

// A full disk is reported by the name of the file. What was accepted before ends
// once there is room, in the server that runs.
func TestAFullDiskLosesNothing(t *testing.T) {
	t.Parallel()
	ctx := hang.Context(t)
	file := filepath.Join(t.TempDir(), "latch.db")
	full := make(chan string, 1)
	s, err := Start(ctx, Options{DatabaseFile: file, Full: func(text string) {
		select {
		case full <- text:
		default:
		}
	}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop()) })
	c, err := client.DialContext(ctx, Persistent(client.Options{HostPort: s.FrontendHostPort}))
	require.NoError(t, err)
	t.Cleanup(c.Close)
	begin := func(ctx context.Context, n int) error {
		_, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: fmt.Sprint("kept-", n), TaskQueue: "full"}, "wait")
		return err
	}

	// The pool of Temporal's SQLite has one connection for a file, and this is it.
	stored, err := prepareFiles(file, false)
	require.NoError(t, err)
	connection, err := sqltool.NewConnection(stored.main, log.NewNoopLogger())
	require.NoError(t, err)
	t.Cleanup(func() { connection.Close() })
	require.NoError(t, connection.Exec("PRAGMA max_page_count = 1")) // which SQLite raises to what there is
	accepted := 0
	for text := ""; text == ""; {
		short, cancel := context.WithTimeout(ctx, time.Second)
		if begin(short, accepted) == nil {
			accepted++
		}
		cancel()
		select {
		case text = <-full:
			require.Contains(t, text, fmt.Sprintf("the disk of the database file %q is full", file))
		default:
			require.NoError(t, ctx.Err())
		}
	}

	require.NoError(t, connection.Exec("PRAGMA max_page_count = 1000000"))
	require.Eventually(t, func() bool { return begin(ctx, accepted) == nil }, hang.Limit, 10*time.Millisecond)
	w := worker.New(c, "full", worker.Options{})
	w.RegisterWorkflowWithOptions(func(workflow.Context) error { return nil }, workflow.RegisterOptions{Name: "wait"})
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
	for n := range accepted + 1 {
		require.NoError(t, c.GetWorkflow(ctx, fmt.Sprint("kept-", n), "").Get(ctx, nil))
	}
}
