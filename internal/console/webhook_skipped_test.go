package console

import (
	"testing"

	"github.com/stretchr/testify/require"

	dlv "github.com/latch-run/latch/internal/deliveries"
	"github.com/latch-run/latch/internal/protocol"
)

// The page says how far a queue is, and whether something is left that nobody sends.
func TestAQueueSaysHowFarItIs(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		state      dlv.QueueState
		tone, text string
	}{
		"running": {dlv.QueueState{Status: "running", QueueState: protocol.QueueState{Done: 2, Left: 3}}, "wait",
			"2 of 5 are settled."},
		"done": {dlv.QueueState{Status: "completed", QueueState: protocol.QueueState{Done: 5}}, "good", "All 5 are settled."},
		"some are lost": {dlv.QueueState{Status: "completed", QueueState: protocol.QueueState{Done: 5, Lost: 2}}, "bad",
			"2 of 5 could not be sent."},
		"disabled again": {dlv.QueueState{Status: "completed", QueueState: protocol.QueueState{Done: 2, Left: 3, Kept: true}}, "bad",
			"The endpoint is disabled again: 2 of 5 are settled, the rest stays skipped."},
		"ended": {dlv.QueueState{Status: "ended", QueueState: protocol.QueueState{Done: 2, Left: 3}}, "bad",
			"It was ended from outside: 2 of 5 are settled, the rest stays skipped."},
	} {
		notice := queueNotice(&test.state)
		require.Equal(t, test.tone, notice.Tone, name)
		require.Equal(t, test.text, notice.Text, name)
	}
}
