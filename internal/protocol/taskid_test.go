package protocol_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/protocol"
)

// The Idempotency-Key of an http task is the same for each attempt of one activity, and
// different for any other.
func TestTaskIDs(t *testing.T) {
	t.Parallel()
	id := protocol.TaskID("job-1", "run", "5")
	require.Regexp(t, `^tsk_[A-Za-z0-9_-]{32}$`, id)
	require.Equal(t, id, protocol.TaskID("job-1", "run", "5"))
	for _, other := range []string{protocol.TaskID("job-2", "run", "5"), protocol.TaskID("job-1", "again", "5"),
		protocol.TaskID("job-1", "run", "6"), protocol.TaskID("job-1run", "", "5")} {
		require.NotEqual(t, id, other)
	}
}
