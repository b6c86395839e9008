package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPostgresIsReadyWhenItsLogSaysSo(t *testing.T) {
	t.Parallel()
	require.NoError(t, awaitReady(strings.NewReader("LOG:  starting\nLOG:  database system is ready to accept connections\nLOG: more\n")))
	err := awaitReady(strings.NewReader("LOG:  starting\nFATAL:  no room\n"))
	require.ErrorContains(t, err, "postgres ended as it started: LOG:  starting; FATAL:  no room")
}

// Version 9 is older than 15.
func TestTheVersionInAPath(t *testing.T) {
	t.Parallel()
	require.Equal(t, 15, majorOf("/usr/lib/postgresql/15/bin"))
	require.Greater(t, majorOf("/usr/lib/postgresql/15/bin"), majorOf("/usr/lib/postgresql/9/bin"))
	require.Zero(t, majorOf("/usr/local/bin"))
}
