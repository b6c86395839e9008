package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// A slow receiver gets each delivery once, and delays neither the work nor the deliveries to
// others, both in a volley and after it is known to be slow.
func TestSlowReceivers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, name := range []string{"first", "second"} {
		slow := make(chan struct{})
		b.receiver.Script("/"+name+"/slow", receiver.Answer{Hold: slow})
		run := b.startJob(name, `{"id":"`+name+`","task":{"http":{"url":"{R}/`+name+`/work"}},"webhooks":[
			{"id":"slow","url":"{R}/`+name+`/slow","events":[{"event":"JOB_START"},{"event":"JOB_SUCCESS"}],`+unhurried+`},
			{"id":"quick","url":"{R}/`+name+`/quick","events":[{"event":"JOB_START"},{"event":"JOB_SUCCESS"}],`+unhurried+`}]}`)
		b.arrives("/"+name+"/work", 1) // while the receiver of JOB_START still holds its answer
		b.arrives("/"+name+"/slow", 2)
		b.arrives("/"+name+"/quick", 2)
		close(slow)
		result := b.succeeds(run)
		require.Len(t, result.History, 4)
		for _, record := range result.History {
			require.Equal(t, latch.ResultPass, record.Result)
			require.Equal(t, 1, record.Attempts)
		}
		require.Equal(t, map[string]int{"/work": 1, "/slow": 2, "/quick": 2}, b.came("/"+name))
	}
}

// A worker that is told to stop waits for attempts outside of activities, and for their
// outcomes to be fetched. Another worker repeats none of them.
func TestDrainWaitsForVolleys(t *testing.T) {
	t.Parallel()
	b := setup(t, "LATCH_DRAIN_TIMEOUT", "1h")
	held := make(chan struct{})
	b.receiver.Script("/held", receiver.Answer{Hold: held})
	run := b.startJob("drained", jobWith("drained", `{"id":"held","url":"{R}/held","event":"JOB_SUCCESS",`+unhurried+`}`))
	b.arrives("/held", 1)
	stopping := b.worker
	b.startWorker()
	stopped := make(chan error, 1)
	go func() {
		_, err := stopping.Terminate(b.ctx)
		stopped <- err
	}()
	close(held)
	require.NoError(t, <-stopped)
	record := recordOf(t, b.succeeds(run).History, "held")
	require.Equal(t, 1, record.Attempts)
	require.Len(t, b.receiver.Requests("/held"), 1)
}
