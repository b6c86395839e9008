package deliveries_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/deliveries"
	"github.com/latch-run/latch/internal/protocol"
)

// withRedelivery adds the record of a redelivery of it, as its own run has it.
func (f *fake) withRedelivery(record latch.Record, result string) {
	again := record
	again.Redelivery, again.Result = 1, result
	again.StartedAt = latch.NewTime(record.StartedAt.Add(time.Minute))
	if result == latch.ResultPass {
		again.Tries, again.Error = []latch.RecordTry{{Number: 1, Status: 200}}, ""
	}
	origin := [2]string{record.WorkflowID, record.RunID}
	run := f.run("redeliver-"+record.DeliveryID, completed, again)
	run.records[0].WorkflowID, run.records[0].RunID = origin[0], origin[1]
}

// failedFates is a Temporal with failed deliveries of every fate.
func failedFates() *fake {
	f := &fake{}
	run := f.run("job-books", completed, failed("dlv_still", 5*time.Hour), failed("dlv_away", 4*time.Hour),
		failed("dlv_since", 3*time.Hour), failed("dlv_twice", 2*time.Hour))
	f.run("redeliver-dlv_away", running)
	f.withRedelivery(run.records[2], latch.ResultPass)
	f.withRedelivery(run.records[3], latch.ResultFail)
	f.run("deliver-dlv_lost", completed, failed("dlv_lost", time.Hour))
	f.runs[len(f.runs)-1].records[0].WorkflowID = "job-forgotten"
	return f
}

func outcomes(bulk *deliveries.BulkRedelivery) map[string]string {
	told := map[string]string{}
	for _, each := range bulk.Deliveries {
		told[each.DeliveryID] = fmt.Sprint(each.Outcome, each.Reason, each.Redelivery)
	}
	return told
}

// The outcome of each failed delivery is reported. A repeated call starts none twice.
func TestRedeliverFailed(t *testing.T) {
	t.Parallel()
	f := failedFates()
	planned, err := logOf(f).RedeliverFailed(t.Context(), deliveries.Filter{}, "", 10, true)
	require.NoError(t, err)
	require.Equal(t, 3, planned.Planned)
	require.Empty(t, f.Starts)

	first, err := logOf(f).RedeliverFailed(t.Context(), deliveries.Filter{}, "", 10, false)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"dlv_still": "started1", "dlv_twice": "started2", "dlv_lost": "error0",
		"dlv_away": "skippedunder_way0", "dlv_since": "skippeddelivered0"}, outcomes(first))
	require.Equal(t, []int{2, 2, 1}, []int{first.Started, first.Skipped, first.Errors})
	require.Len(t, f.Starts, 2)
	require.Equal(t, "dlv_still", first.Deliveries[0].DeliveryID, "oldest first")
	require.Equal(t, "latch", f.Starts[0].GetTaskQueue().GetName())
	for _, each := range first.Deliveries {
		require.Equal(t, each.Outcome == deliveries.OutcomeError, each.Error != "", each.DeliveryID)
	}

	second, err := logOf(f).RedeliverFailed(t.Context(), deliveries.Filter{}, "", 10, false)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"dlv_still": "skippedunder_way0", "dlv_twice": "skippedunder_way0", "dlv_lost": "error0",
		"dlv_away": "skippedunder_way0", "dlv_since": "skippeddelivered0"}, outcomes(second))
	require.Len(t, f.Starts, 2)
}

// With ids, only these deliveries are sent again, each with its outcome, and only the runs in
// the ids are queried.
func TestRedeliverFailedByID(t *testing.T) {
	t.Parallel()
	f := failedFates()
	ids := []string{"dlv_twice", "dlv_since", "dlv_gone"}
	planned, err := logOf(f).RedeliverFailed(t.Context(), deliveries.Filter{IDs: ids}, "", 1, true)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"dlv_twice": "planned1", "dlv_since": "skippeddelivered0", "dlv_gone": "error0"}, outcomes(planned))
	require.Equal(t, "answered 503", planned.Deliveries[0].Failure)
	done, err := logOf(f).RedeliverFailed(t.Context(), deliveries.Filter{IDs: ids}, "", 1, false)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"dlv_twice": "started2", "dlv_since": "skippeddelivered0", "dlv_gone": "error0"}, outcomes(done))
	require.Contains(t, done.Deliveries[2].Error, "No failed delivery of this id was found")
	require.Len(t, f.Starts, 1)

	f = &fake{}
	id := protocol.DeliveryID("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "board")
	_, err = logOf(f).RedeliverFailed(t.Context(), deliveries.Filter{IDs: []string{id}}, "", 1, false)
	require.NoError(t, err)
	require.Contains(t, f.Queries[0], " AND (RunId IN ('6ba7b810-9dad-11d1-80b4-00c04fd430c8') OR WorkflowId IN ('latch-ended-6ba7b810-9dad-11d1-80b4-00c04fd430c8'))")
	_, err = logOf(f).RedeliverFailed(t.Context(), deliveries.Filter{IDs: make([]string, deliveries.MaximumIDs+1)}, "", 1, false)
	require.ErrorContains(t, err, "201 ids are too many")
}

// A failed delivery is listed once, with its last record, and not after it was delivered or
// while it is in flight.
func TestSearchOfFailedDeliveries(t *testing.T) {
	t.Parallel()
	got, err := logOf(failedFates()).Search(t.Context(), deliveries.Filter{Failed: true}, "", 10)
	require.NoError(t, err)
	var told []string
	for _, record := range got.Records {
		told = append(told, fmt.Sprint(record.DeliveryID, " ", record.Redelivery))
	}
	require.Equal(t, []string{"dlv_lost 0", "dlv_twice 1", "dlv_still 0"}, told)
}
