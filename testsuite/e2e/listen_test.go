package e2e

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

var signalCoroutine = regexp.MustCompile(`coroutine (signal[^[]*) \[`)

// Each coroutine runs whenever anything happens in a run. One waits for signals, until one arrives.
func TestARunListensOnceSignalled(t *testing.T) {
	t.Parallel()
	b := setup(t)
	run := b.startJob("listens", `{"id":"listens","task":{"http":{"url":"{R}/work"}},
		"webhooks":[{"id":"board","events":[{"event":"JOB_START","blocking":true}]}]}`)
	lock := b.awaitLock(run)
	listening := func() (names []string) {
		var trace string
		b.query(run.GetID(), "__stack_trace", &trace)
		for _, match := range signalCoroutine.FindAllStringSubmatch(trace, -1) {
			names = append(names, match[1])
		}
		return names
	}
	require.Equal(t, []string{"signals"}, listening())

	require.NoError(t, shared.client.SignalWorkflow(b.ctx, run.GetID(), "", latch.MessageStop, "nobody"))
	require.Len(t, b.status(run.GetID()).Rejected, 1)
	require.Contains(t, listening(), "signal "+latch.MessageStop)
	require.NotContains(t, listening(), "signals")

	require.NoError(t, shared.client.SignalWorkflow(b.ctx, run.GetID(), "", latch.MessageReleaseLock, latch.LockRelease{Lock: lock.Token}))
	b.succeeds(run)
}
