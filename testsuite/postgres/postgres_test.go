package postgres

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/hang"
)

// The server has the same address after a crash, and its data after a restart.
func TestPostgresComesBack(t *testing.T) {
	t.Parallel()
	ctx := hang.Context(t)
	s := New(ctx, t)
	address := s.Address
	require.NoError(t, s.Crash(ctx))
	require.Equal(t, address, s.Address)
	require.Contains(t, s.process.Stderr.String(), "was not properly shut down")
	require.NoError(t, s.Stop())
	require.NoError(t, s.Stop(), "a second end")

	again, err := Start(ctx, s.folder)
	require.NoError(t, err)
	require.Contains(t, again.process.Stderr.String(), "database system was shut down")
	require.NoError(t, again.Stop())
}

// The error of a server that does not start contains its output.
func TestPostgresThatDoesNotStartSaysWhy(t *testing.T) {
	t.Parallel()
	ctx := hang.Context(t)
	s := New(ctx, t)
	require.NoError(t, s.Stop())
	require.NoError(t, os.WriteFile(filepath.Join(s.data(), "PG_VERSION"), []byte("9.1\n"), 0o600))
	require.ErrorContains(t, s.run(ctx), "initialized by PostgreSQL version 9.1")
}
