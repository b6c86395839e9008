package deliveries

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// What was kept goes out in the order of its events; those of one run that fired at
// the same time go by their numbers.
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
