package bench

import (
	"fmt"
	"math"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enums "go.temporal.io/api/enums/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// BenchmarkRetryDelays measures, for over a hundred concurrent retries, the deviation of the
// delay between two attempts from the chosen one: at most 5 %, of a wait that is long compared
// with the server's time for such a burst.
func BenchmarkRetryDelays(b *testing.B) {
	const deliveries, delay, tolerance = 120, 20 * time.Second, 0.05
	round := 0
	for b.Loop() {
		round++
		endpoint, done := receiver.New(b), make(chan struct{})
		endpoint.Script("/work", receiver.Answer{Hold: done})
		for i := range deliveries {
			endpoint.Script(fmt.Sprintf("/%d", i), receiver.Status(503), receiver.Answer{})
		}
		run := start(b, latch.DefaultTaskQueue, latch.WorkflowJobRun, fmt.Sprintf("delays-%d", round),
			fmt.Sprintf(`{"id":"delays","task":{"http":{"url":"%s/work"}},"webhooks":[%s]}`,
				endpoint.URL, webhooksTo(deliveries, latch.EventJobStart, endpoint.URL, fmt.Sprintf(`,"retry":{"schedule":[%q]}`, delay))))
		_, err := endpoint.Wait(b.Context(), "/work", 1)
		require.NoError(b, err)
		for i := range deliveries {
			_, err := endpoint.Wait(b.Context(), fmt.Sprintf("/%d", i), 2)
			require.NoError(b, err)
		}
		close(done)
		var result latch.JobResult
		require.NoError(b, run.Get(b.Context(), &result))

		off := make([]float64, 0, deliveries)
		for i, record := range result.History {
			require.Equal(b, latch.ResultPass, record.Result, record.Error)
			first, chosen := record.Tries[0], float64(record.Tries[0].RetryInMS)
			ended := first.StartedAt.Add(time.Duration(first.DurationMS) * time.Millisecond)
			second := endpoint.Requests(fmt.Sprintf("/%d", i))[1]
			off = append(off, math.Abs(float64(second.At.Sub(ended).Milliseconds())/chosen-1))
		}
		require.Len(b, off, deliveries)
		slices.Sort(off)
		require.LessOrEqual(b, off[len(off)-1], tolerance)
		b.ReportMetric(100*off[len(off)/2], "%off/median")
		b.ReportMetric(100*off[len(off)-1], "%off/max")
	}
}

// BenchmarkOthersBesideDeadAndSlow compares deliveries to an endpoint with and without the load
// of a slow endpoint and a dead one, each of which has more deliveries than the worker runs
// concurrently. It reports the ratio.
func BenchmarkOthersBesideDeadAndSlow(b *testing.B) {
	endpoint, slow, release := receiver.New(b), receiver.New(b), make(chan struct{})
	defer close(release)
	slow.Script("/work", receiver.Answer{Hold: release})
	for i := range 2 * narrowSlots {
		slow.Script(fmt.Sprintf("/%d", i), receiver.Answer{Hold: release})
	}
	round := 0
	timed := func() time.Duration {
		round++
		begun := time.Now()
		run := start(b, narrow, latch.WorkflowEmit, fmt.Sprintf("timed-%d", round),
			`{"event":"PINGED","webhooks":[`+webhooksTo(narrowSlots/4, "PINGED", endpoint.URL, "")+`]}`)
		var result latch.EmissionResult
		require.NoError(b, run.Get(b.Context(), &result))
		for _, record := range result.History {
			require.Equal(b, latch.ResultPass, record.Result, record.Error)
		}
		return time.Since(begun)
	}
	// The task on the other queue keeps the job open, and its deliveries with it.
	burden := func(id, url, settings string) {
		run := start(b, narrow, latch.WorkflowJobRun, id, fmt.Sprintf(`{"id":%q,
			"task":{"activity":{"type":"latch.HTTP","task_queue":%q,
				"input":{"task":{"method":"POST","url":"%s/work"}}}},
			"webhooks":[%s]}`,
			id, latch.DefaultTaskQueue, slow.URL, webhooksTo(2*narrowSlots, latch.EventJobStart, url, settings)))
		connected, err := serving()
		require.NoError(b, err)
		require.Eventually(b, func() bool {
			described, err := connected.DescribeWorkflowExecution(b.Context(), run.GetID(), "")
			require.NoError(b, err)
			seen := 0
			for _, pending := range described.GetPendingActivities() {
				if pending.GetAttempt() > 1 || pending.GetState() == enums.PENDING_ACTIVITY_STATE_STARTED {
					seen++
				}
			}
			return seen >= 2*narrowSlots
		}, time.Minute, 250*time.Millisecond, "each of its deliveries was looked at once")
	}
	var alone, beside []time.Duration
	for b.Loop() {
		for range 5 {
			alone = append(alone, timed())
		}
		burden(fmt.Sprintf("slow-%d", round), slow.URL, "")
		burden(fmt.Sprintf("dead-%d", round), deadURL(b), `,"retry":{"initial_interval":"10s"}`)
		for range 5 {
			beside = append(beside, timed())
		}
	}
	require.Less(b, len(slow.Requests("")), 2*narrowSlots, "the slow endpoint has not got everything at once")
	b.ReportMetric(float64(middle(beside))/float64(middle(alone)), "ratio")
	b.ReportMetric(float64(middle(alone).Milliseconds()), "ms/alone")
	b.ReportMetric(float64(middle(beside).Milliseconds()), "ms/beside")
}

func middle(times []time.Duration) time.Duration {
	return slices.Sorted(slices.Values(times))[len(times)/2]
}

// deadURL is a URL where nothing listens.
func deadURL(b *testing.B) string {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	require.NoError(b, listener.Close())
	return "http://" + listener.Addr().String()
}
