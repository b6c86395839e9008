package workflows_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// Contract, "Long runs": a run that cannot continue as new yet refuses signals that would bring
// it to Temporal's limit of events, with that reason. The removal of a lock is always accepted.
func TestACrowdedRunRefusesRecords(t *testing.T) {
	t.Parallel()
	b := setup(t)
	status := func() (status latch.Status) {
		value, err := b.env.QueryWorkflow(latch.QueryStatus)
		require.NoError(t, err)
		require.NoError(t, value.Get(&status))
		return status
	}
	write := func(n int) {
		var records []latch.Record
		value, err := b.env.QueryWorkflow(latch.QueryHistory)
		require.NoError(t, err)
		require.NoError(t, value.Get(&records))
		b.env.SignalWorkflow(latch.MessageRecord, latch.RecordUpdate{DeliveryID: records[0].DeliveryID,
			Data: latch.Object{"n": json.RawMessage([]byte{byte('0' + n)})}})
	}
	b.env.RegisterDelayedCallback(func() { write(1) }, time.Minute)
	b.env.RegisterDelayedCallback(func() {
		b.env.SetCurrentHistoryLength(20_001)
		write(2)
	}, 2*time.Minute)
	b.env.RegisterDelayedCallback(func() {
		rejected := status().Rejected
		require.Len(t, rejected, 1)
		require.Equal(t, latch.MessageRecord, rejected[0].Name)
		require.Contains(t, rejected[0].Error, "more than 20000 events")
		b.env.SignalWorkflow(latch.MessageReleaseLock, latch.LockRelease{Lock: status().Locks[0].Token})
	}, 3*time.Minute)
	require.NoError(t, b.run(latch.WorkflowRelease, heldForLong))
	var result latch.ReleaseResult
	b.result(&result)
	require.Equal(t, latch.ReleaseReleased, result.Status)
	require.JSONEq(t, `1`, string(result.History[0].Data["n"]), "the later one changed nothing")
}
