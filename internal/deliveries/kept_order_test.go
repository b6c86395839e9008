package deliveries

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/rawjson"
)

// Kept deliveries are sent in the order of their events. Those of one run that fired at the
// same time are sent in the order of their numbers.
func TestWhatWasKeptGoesOutInItsOrder(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	record := func(run string, after time.Duration, sequence int) latch.Record {
		return latch.Record{RunID: run, StartedAt: latch.NewTime(at.Add(after)), Sequence: sequence}
	}
	want := []latch.Record{record("b", 0, 7), record("a", time.Second, 2), record("a", time.Second, 3), record("a", time.Second, 10),
		record("b", time.Second, 1), record("a", 2*time.Second, 1)}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortStableFunc(got, byPlace)
	require.Equal(t, want, got)
}

// A queue is a workflow's argument: it holds as many deliveries as Temporal takes,
// the oldest ones, however long their workflow ids are.
func TestAQueueFitsIntoAnArgument(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]int{"emit-1": 10_000, strings.Repeat("x", 1000): 1_400} {
		records := make([]latch.Record, 12_000)
		for i := range records {
			records[i] = latch.Record{DeliveryID: fmt.Sprintf("dlv_%036d", i), WorkflowID: id}
		}
		queue := queueOf(records)
		require.InDelta(t, want, len(queue.Items), 100)
		require.Equal(t, records[0].DeliveryID, queue.Items[0].DeliveryID)
		require.Less(t, len(rawjson.Encode(queue)), 1900<<10)
	}
}
