package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// webhooksTo lists so many webhooks of an emission.
func webhooksTo(count int, url, settings string) string {
	listed := make([]string, count)
	for i := range listed {
		listed[i] = fmt.Sprintf(`{"id":"w%d","url":"%s/%d","event":"PINGED"%s}`, i, url, i, settings)
	}
	return strings.Join(listed, ",")
}

// "One dead endpoint slows nobody else": with more deliveries to a slow and to
// a dead endpoint than a worker takes at once, those to another one arrive
// while the slow one still holds what it got.
func TestSlowAndDeadEndpointsLeaveRoomForOthers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	slow, dead := receiver.New(t), freeAddress(t)
	release := make(chan struct{})
	defer close(release)
	for i := range 400 {
		slow.Script(fmt.Sprintf("/%d", i), receiver.Answer{Status: 200, Hold: release})
	}
	for i := range 3 {
		b.start(latch.WorkflowEmit, fmt.Sprintf("slow-%d", i), `{"event":"PINGED","webhooks":[`+webhooksTo(400, slow.URL, "")+`]}`)
	}
	b.start(latch.WorkflowEmit, "dead", `{"event":"PINGED","webhooks":[`+webhooksTo(200, "http://"+dead, `,"retry":{"initial_interval":"1s","maximum_interval":"1s"}`)+`]}`)
	require.Eventually(t, func() bool { return len(slow.Requests("")) >= 200 }, patience, tick, "the slow endpoint gets its share")
	var result latch.EmissionResult
	fast := b.start(latch.WorkflowEmit, "fast", `{"event":"PINGED","webhooks":[`+webhooksTo(100, b.receiver.URL, "")+`]}`)
	require.NoError(t, fast.Get(b.ctx, &result))
	for _, record := range result.History {
		require.Equal(t, latch.ResultPass, record.Result, record.Error)
		require.Equal(t, 1, record.Attempts)
	}
	require.Less(t, len(slow.Requests("")), 3*400, "the slow endpoint has not got everything at once")
}
