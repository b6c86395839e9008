package server_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch/internal/hang"
	"github.com/latch-run/latch/testsuite/postgres"
	"github.com/latch-run/latch/testsuite/server"
)

// A second server continues with the databases of the first.
func TestPostgreSQLOutlivesTheServer(t *testing.T) {
	t.Parallel()
	ctx := hang.Context(t)
	kept := &server.PostgreSQL{Address: postgres.New(ctx, t).Address, User: postgres.User}
	first, err := server.Start(ctx, server.Options{PostgreSQL: kept})
	require.NoError(t, err)
	c := dial(t, first, server.DefaultNamespace)
	_, err = c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "kept", TaskQueue: taskQueue}, "greet", "Ada")
	require.NoError(t, err)
	c.Close()
	require.NoError(t, first.Stop())

	c = dial(t, start(t, server.Options{PostgreSQL: kept}), server.DefaultNamespace)
	startWorker(t, c)
	require.Equal(t, "Again, Ada", finish(t, c, "kept", "Again"))
}
