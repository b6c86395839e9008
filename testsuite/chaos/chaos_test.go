package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/testsuite/postgres"
)

// docs/reliability.md: while workers, APIs, Temporal and PostgreSQL are killed and
// receivers fail, hang and go away, nothing is lost, doubled or left unexplained.
func TestNothingIsLostInChaos(t *testing.T) {
	t.Parallel()
	postgres.Need(t)
	figures, err := run(t.Context(), options{length: time.Minute, seed: 1, rate: 2, folder: postgres.Folder(t), builder: commands})
	if figures != nil {
		t.Log(figures)
	}
	require.NoError(t, err)
}
