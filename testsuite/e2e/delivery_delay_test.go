package e2e

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// A delivery is tried again when the record says that it will be: of over a
// hundred retries 95 % come within 5 % of the delay that was chosen, from the
// end of an attempt to the next request; and that is within 10 % of the
// schedule. The rest is the burst of first attempts, which a server answers
// one after another. It is measured, so no other test runs beside it.
func TestDeliveryDelaysAreThoseChosen(t *testing.T) {
	const deliveries, retries, delay, tolerance = 12, latch.MaximumTries - 1, 3 * time.Second, 0.05
	b := setup(t, "LATCH_ALLOW_COMMANDS", "true")
	answers := slices.Repeat([]receiver.Answer{receiver.Status(503)}, retries)
	schedule := strings.TrimSuffix(strings.Repeat(fmt.Sprintf("%q,", delay), retries), ",")
	var hooks []string
	for i := range deliveries {
		b.receiver.Script(fmt.Sprintf("/%d", i), append(answers, receiver.Answer{})...)
		hooks = append(hooks, fmt.Sprintf(`{"id":"h%d","url":"{R}/%[1]d","event":"JOB_START","retry":{"schedule":[%s]}}`, i, schedule))
	}
	run := b.startJob("delays", `{"id":"delays","task":{"command":{"argv":["sleep","`+fmt.Sprint(retries*3)+`"]}},"webhooks":[`+strings.Join(hooks, ",")+`]}`)
	result := b.succeeds(run)

	var off []float64
	for i := range deliveries {
		record := recordOf(t, result.History, fmt.Sprintf("h%d", i))
		require.Equal(t, latch.ResultPass, record.Result, record.Error)
		requests := b.receiver.Requests(fmt.Sprintf("/%d", i))
		require.Len(t, requests, retries+1)
		for _, try := range record.Tries { // all, unless a heartbeat was lost
			if try.Number > retries {
				require.Zero(t, try.RetryInMS)
				continue
			}
			require.Equal(t, 503, try.Status)
			require.InDelta(t, delay.Milliseconds(), try.RetryInMS, 0.1*float64(delay.Milliseconds())+1, "jitter is ±10 %")
			ended := try.StartedAt.Add(time.Duration(try.DurationMS) * time.Millisecond)
			off = append(off, math.Abs(float64(requests[try.Number].At.Sub(ended).Milliseconds())/float64(try.RetryInMS)-1))
		}
	}
	require.GreaterOrEqual(t, len(off), 100)
	slices.Sort(off)
	t.Logf("%d retries: off by %.2f %% in the middle, %.2f %% at the 95th percentile, %.2f %% at most",
		len(off), 100*off[len(off)/2], 100*off[len(off)*95/100], 100*off[len(off)-1])
	require.LessOrEqual(t, off[len(off)*95/100], tolerance)
}

// A record tells of every attempt, across the hand-over to latch.Deliver too,
// without any more history events than without; a schedule ends a delivery
// after its last delay.
func TestDeliveryTellsOfItsAttempts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.receiver.Script("/ends", receiver.Status(500))
	b.receiver.Script("/discord", receiver.JSON(429, `{"message":"You are being rate limited.","retry_after":1.25,"global":false}`), receiver.Answer{})
	b.receiver.Script("/slack", receiver.Answer{Status: 500, Body: "no_service"})
	b.receiver.Script("/handed", receiver.Status(502), receiver.Status(503), receiver.Status(504), receiver.Answer{})
	run := b.startJob("attempts", jobWith("attempts", `
		{"id":"ends","url":"{R}/ends","event":"JOB_SUCCESS","retry":{"schedule":["50ms","100ms"]}},
		{"id":"discord","url":"{R}/discord","event":"JOB_SUCCESS","retry":{"schedule":["10ms"]}},
		{"id":"slack","url":"{R}/slack","event":"JOB_SUCCESS","retry":{"schedule":["10ms"]}},
		{"id":"handed","url":"{R}/handed","event":"JOB_SUCCESS","retry":{"schedule":["50ms","16s","50ms"]}}`))
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
	require.Equal(t, []string{"1 502 50", "2 503 16000"}, triesOf(handed), "the delay chosen stands in the record while it is pending")
	require.Equal(t, []string{"1 502 50", "2 503 16000"}, triesOf(b.history(handed.HandedTo)[0]))
	require.Equal(t, []string{"1 502 50", "2 503 16000", "3 504 50", "4 200 0"}, triesOf(b.finalRecord(handed.HandedTo)))
}

// triesOf gives number, status and delay in milliseconds of each attempt, the
// delay without its jitter.
func triesOf(record latch.Record) []string {
	var told []string
	for _, try := range record.Tries {
		delay := float64(try.RetryInMS)
		for _, planned := range []float64{50, 100, 16000} {
			if math.Abs(delay-planned) <= planned/10+1 {
				delay = planned
			}
		}
		told = append(told, fmt.Sprintf("%d %d %.0f", try.Number, try.Status, delay))
	}
	return told
}
