package activities

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/delivery"
)

// Contract, "Polling, analysis and soaking": a poll asks again after its interval, and
// ends at its timeout.
func TestPollEndsAtItsTimeout(t *testing.T) {
	t.Parallel()
	poll := &latch.Poll{Until: "false", Interval: latch.Duration(time.Minute), Timeout: latch.Duration(30 * time.Minute)}
	began := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	asked := 0
	for at := began; ; asked++ {
		judged := unanswered(poll, at, began.Add(30*time.Minute), &delivery.NotYetError{})
		if judged.final {
			require.Contains(t, judged.message, "poll: no final answer within 30m0s")
			break
		}
		require.True(t, judged.answered)
		require.Equal(t, time.Minute, judged.delay)
		at = at.Add(judged.delay)
	}
	require.Equal(t, 30, asked)
}
