package e2e

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// A record describes every attempt, including those after the hand-over to latch.Deliver,
// without additional history events. A schedule ends a delivery after its last delay.
func TestDeliveryTellsOfItsAttempts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.receiver.Script("/ends", receiver.Status(500))
	b.receiver.Script("/discord",
		receiver.JSON(429, `{"message":"You are being rate limited.","retry_after":1.25,"global":false}`), receiver.Answer{})
	b.receiver.Script("/slack", receiver.Answer{Status: 500, Body: "no_service"})
	b.receiver.Script("/handed", receiver.Status(502), receiver.Status(503), receiver.Status(504), receiver.Answer{})
	run := b.startJob("attempts", jobWith("attempts", `
		{"id":"ends","url":"{R}/ends","event":"JOB_SUCCESS","retry":{"schedule":["50ms","100ms"]}},
		{"id":"discord","url":"{R}/discord","event":"JOB_SUCCESS","retry":{"schedule":["10ms"]}},
		{"id":"slack","url":"{R}/slack","event":"JOB_SUCCESS","retry":{"schedule":["10ms"]}},
		{"id":"handed","url":"{R}/handed","event":"JOB_SUCCESS","retry":{"schedule":["50ms","`+beyondTheRun+`","50ms"]}}`))
	result := b.succeeds(run)
	require.Equal(t, []string{"1 500 50", "2 500 100", "3 500 0"}, triesOf(recordOf(t, result.History, "ends")))
	require.Contains(t, recordOf(t, result.History, "ends").Error, "given up after 3 of 3 attempts")
	for _, try := range recordOf(t, result.History, "ends").Tries {
		require.Equal(t, b.receiver.Address, try.Address)
		require.Positive(t, try.Timings.FirstByteMS)
		require.GreaterOrEqual(t, try.Timings.TotalMS, try.Timings.FirstByteMS)
	}
	discord := recordOf(t, result.History, "discord")
	require.Equal(t, latch.ResultPass, discord.Result, discord.Error)
	require.GreaterOrEqual(t, discord.Tries[0].RetryInMS, int64(1250))
	requests := b.receiver.Requests("/discord")
	require.GreaterOrEqual(t, requests[1].At.Sub(requests[0].At), 1250*time.Millisecond)
	slack := recordOf(t, result.History, "slack")
	require.Equal(t, 1, slack.Attempts)
	require.Contains(t, slack.Error, "no_service: the endpoint is gone")

	handed := recordOf(t, result.History, "handed")
	require.NotEmpty(t, handed.HandedTo)
	require.Equal(t, latch.ResultPending, handed.Result)
	require.Equal(t, []string{"1 502 50", "2 503 40000"}, triesOf(handed), "the delay chosen stands in the record while it is pending")
	require.Equal(t, []string{"1 502 50", "2 503 40000"}, triesOf(b.history(handed.HandedTo)[0]))
	require.Equal(t, []string{"1 502 50", "2 503 40000", "3 504 50", "4 200 0"}, triesOf(b.finalRecord(handed.HandedTo)))
}

// triesOf returns number, status and delay in milliseconds of each attempt, the delay without
// its jitter.
func triesOf(record latch.Record) []string {
	var told []string
	for _, try := range record.Tries {
		delay := float64(try.RetryInMS)
		for _, planned := range []float64{50, 100, 40000} {
			if math.Abs(delay-planned) <= planned/10+1 {
				delay = planned
			}
		}
		told = append(told, fmt.Sprintf("%d %d %.0f", try.Number, try.Status, delay))
	}
	return told
}
