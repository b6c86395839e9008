package activities

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// Work has no more attempts than a run's history has room for, whatever its retry says.
func TestWorkIsLimited(t *testing.T) {
	t.Parallel()
	for given, want := range map[int]int{0: maximumWork, 3: 3, maximumWork + 1: maximumWork} {
		retry := &latch.Retry{MaximumAttempts: given}
		require.Equal(t, want, limitedWork(retry).AttemptLimit())
		require.Equal(t, given, retry.MaximumAttempts, "the webhook's own stays as it is")
	}
	require.Equal(t, maximumWork, limitedWork(nil).AttemptLimit())
}
