package deliveries_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/deliveries"
)

// delivered is the record of a delivery that arrived so long before noon.
func delivered(id string, before, took time.Duration) latch.Record {
	record := failed(id, before)
	record.Result, record.Error, record.Tries = latch.ResultPass, "", []latch.RecordTry{{Number: 1, Status: 200}}
	record.DurationMS = took.Milliseconds()
	return record
}

// Statistics count every delivery once by its outcome, in total and in the interval of its
// time, with the latency of sent ones.
func TestStatistics(t *testing.T) {
	t.Parallel()
	f := &fake{}
	lost := failed("dlv_lost", time.Hour)
	lost.DurationMS = 30_000
	pending := failed("dlv_pending", 30*time.Minute)
	pending.Result, pending.CompletedAt, pending.DurationMS = latch.ResultPending, latch.Time{}, 99_000
	skipped := failed("dlv_skipped", time.Minute)
	skipped.Result = latch.ResultSkipped
	settled := failed("dlv_settled", 0)
	settled.Result, settled.Attempts, settled.Tries, settled.Lock = latch.ResultPass, 0, nil,
		&latch.RecordLock{RemovedAt: latch.NewTime(noon), Via: "api"}
	f.run("job-a", completed, delivered("dlv_0", 2*time.Hour, time.Second), lost, pending)
	var many []latch.Record
	for n := range 18 {
		many = append(many, delivered(fmt.Sprint("dlv_many", n), time.Minute, time.Duration(n+2)*time.Second))
	}
	f.run("job-b", completed, append(many, skipped, settled)...)

	got, err := logOf(f).Statistics(t.Context(), deliveries.Filter{}, 4)
	require.NoError(t, err)
	require.Equal(t, deliveries.Tally{Count: 23, Delivered: 19, Failed: 1, Pending: 1, Skipped: 1, Settled: 1,
		Latency: &deliveries.Latency{P50: 10_000, P95: 19_000, Max: 30_000}}, got.Tally)
	require.Equal(t, 2, got.Runs)
	require.False(t, got.Incomplete)
	require.Zero(t, got.CompleteSince)
	require.Equal(t, int64(30*60*1000+1000), got.IntervalMS)
	var counts []int
	for _, each := range got.Intervals {
		counts = append(counts, each.Count)
	}
	require.Equal(t, []int{1, 1, 1, 20}, counts)
	require.Equal(t, noon.Add(-2*time.Hour), got.Intervals[0].At.Time)
	require.Equal(t, &deliveries.Latency{P50: 30_000, P95: 30_000, Max: 30_000}, got.Intervals[1].Latency)
	require.Nil(t, got.Intervals[2].Latency, "a pending delivery has none yet")

	got, err = logOf(f).Statistics(t.Context(), deliveries.Filter{Outcome: "failed", Since: noon.Add(-3 * time.Hour), Until: noon}, 3)
	require.NoError(t, err)
	require.Equal(t, 1, got.Count)
	require.Len(t, got.Intervals, 3)
	require.Equal(t, noon.Add(-3*time.Hour), got.Intervals[0].At.Time)
	require.Equal(t, 1, got.Intervals[1].Failed, "of the hour in which it ended")

	none, err := logOf(&fake{}).Statistics(t.Context(), deliveries.Filter{}, 4)
	require.NoError(t, err)
	require.Equal(t, &deliveries.Statistics{Intervals: []deliveries.Interval{}}, none)
	_, err = logOf(f).Statistics(t.Context(), deliveries.Filter{Outcome: "lost"}, 4)
	require.ErrorContains(t, err, "outcome")
}

// Statistics read as many runs as a search, the newest ones, and say how far they searched.
func TestStatisticsAreBounded(t *testing.T) {
	t.Parallel()
	f := &fake{}
	const runs, most = 1200, 500
	for n := range runs {
		run := f.run(fmt.Sprint("job-", n), completed, delivered(fmt.Sprintf("dlv_%04d", n), time.Duration(n)*time.Minute, time.Second))
		run.Info.CloseTime = timestamppb.New(noon.Add(-time.Duration(n) * time.Minute))
	}
	got, err := logOf(f).Statistics(t.Context(), deliveries.Filter{}, 10)
	require.NoError(t, err)
	require.Len(t, f.Asked, most)
	require.Equal(t, []int{most, most}, []int{got.Runs, got.Delivered})
	require.True(t, got.Incomplete)
	require.Equal(t, noon.Add(-(most-1)*time.Minute), got.CompleteSince.Time)
}

// A delivery with a record in its run and in the run that it was handed over to counts once, by
// the outcome in the latter.
func TestStatisticsCountWhatWasHandedOverOnce(t *testing.T) {
	t.Parallel()
	f := &fake{}
	child := failed("dlv_a", time.Hour)
	f.run("deliver-dlv_a", completed, child)
	left := failed("dlv_a", time.Hour)
	left.Result, left.HandedTo, left.CompletedAt = latch.ResultPending, "deliver-dlv_a", latch.Time{}
	f.run("job-a", completed, left)
	f.runs[0].records[0].WorkflowID, f.runs[0].records[0].RunID = "job-a", f.runs[1].records[0].RunID
	got, err := logOf(f).Statistics(t.Context(), deliveries.Filter{}, 4)
	require.NoError(t, err)
	require.Equal(t, []int{1, 1}, []int{got.Count, got.Failed})
}

// A run that cannot be read is named with why, and a delivery whose way after its
// run cannot be read is listed as its run left it, and named.
func TestUnreadRuns(t *testing.T) {
	t.Parallel()
	f := &fake{}
	f.run("job-broken", completed).Err = &serviceerror.QueryFailed{Message: "the history does not replay"}
	left := failed("dlv_a", time.Hour)
	left.Result, left.HandedTo, left.CompletedAt = latch.ResultPending, "deliver-dlv_a", latch.Time{}
	f.run("job-a", completed, left)
	lost := f.run("deliver-dlv_a", completed)
	lost.Err = &serviceerror.QueryFailed{Message: "the history is damaged"}
	got, err := logOf(f).Search(t.Context(), deliveries.Filter{}, "", 10)
	require.NoError(t, err)
	require.Len(t, got.Records, 1)
	require.Equal(t, latch.ResultPending, got.Records[0].Result)
	of := map[string]deliveries.UnreadRun{}
	for _, each := range got.Unread {
		of[each.WorkflowID+" "+each.DeliveryID] = each
	}
	require.Len(t, of, 3)
	require.Contains(t, of["job-broken "].Reason, "the history does not replay")
	require.Contains(t, of["deliver-dlv_a dlv_a"].Reason, "the history is damaged")
	require.Equal(t, f.runs[1].Info.GetExecution().GetRunId(), of["deliver-dlv_a dlv_a"].RunID, "the run whose record it is")
	require.NotEmpty(t, of["deliver-dlv_a "].Reason)
	require.Equal(t, 2, got.Unanswered)

	f.runs = nil
	f.Runs = f.Runs[1:2]
	f.Runs[0].Err = serviceerror.NewDeadlineExceeded("no poller")
	f.Runs = append(f.Runs, f.run("job-b", completed, failed("dlv_b", 0)).Run)
	f.Runs[1].Info.TaskQueue = "other"
	got, err = logOf(f).Search(t.Context(), deliveries.Filter{}, "", 10)
	require.NoError(t, err)
	require.Equal(t, "No worker answers on its task queue latch.", got.Unread[0].Reason)
}
