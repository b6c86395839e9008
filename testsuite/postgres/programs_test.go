package postgres

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Version 9 is older than 15.
func TestTheVersionInAPath(t *testing.T) {
	t.Parallel()
	require.Equal(t, 15, majorOf("/usr/lib/postgresql/15/bin"))
	require.Greater(t, majorOf("/usr/lib/postgresql/15/bin"), majorOf("/usr/lib/postgresql/9/bin"))
	require.Zero(t, majorOf("/usr/local/bin"))
}
