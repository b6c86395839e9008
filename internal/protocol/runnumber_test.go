package protocol_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/protocol"
)

// Run numbers are exact in JavaScript. The number of a run contains its job's id if that is a
// number.
func TestRunNumbers(t *testing.T) {
	t.Parallel()
	seen := map[int64]string{}
	for _, job := range []string{"1", "22739", "999999999"} {
		for i := range 20 {
			number := protocol.RunNumber(job, fmt.Sprint("run ", i))
			require.Equal(t, job, protocol.JobOfRun(number))
			require.Equal(t, number, protocol.RunNumber(job, fmt.Sprint("run ", i)))
			require.Less(t, number, int64(1)<<53)
			require.Empty(t, seen[number])
			seen[number] = job
		}
	}
	for _, job := range []string{"nightly", "0", "-1", "007", "1000000000", ""} {
		number := protocol.RunNumber(job, "run")
		require.Positive(t, number)
		require.Less(t, number, int64(1)<<53)
		require.Empty(t, protocol.JobOfRun(number), job)
	}
	require.Empty(t, protocol.JobOfRun(5))
	require.Empty(t, protocol.JobOfRun(-9_000_000))
}
