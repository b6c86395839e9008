package deliveries_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/deliveries"
)

// A delivery has its own record first and then each redelivery, oldest first, and shows whether
// it is being sent.
func TestDeliveryWithItsRedeliveries(t *testing.T) {
	t.Parallel()
	f := &fake{}
	origin := f.run("job-1", completed, failed("dlv_0", time.Hour), failed("dlv_1", time.Hour))
	again := func(count int, result string) latch.Record {
		record := failed("dlv_1", time.Minute)
		record.Redelivery, record.Result = count, result
		return record
	}
	started := func(run *fakeRun, at time.Duration) { run.Info.StartTime = timestamppb.New(noon.Add(at)) }
	started(f.run("redeliver-dlv_1", running, again(2, latch.ResultPending)), 2*time.Minute)
	started(f.run("redeliver-dlv_1", completed, again(1, latch.ResultFail)), time.Minute)
	started(f.run("redeliver-dlv_0", completed, again(1, latch.ResultPass)), time.Minute)
	from := deliveries.Origin{WorkflowID: "job-1", RunID: origin.Info.GetExecution().GetRunId()}

	got, err := logOf(f).Delivery(t.Context(), "dlv_1", from)
	require.NoError(t, err)
	var counts []int
	for _, record := range got.Records {
		require.Equal(t, "dlv_1", record.DeliveryID)
		counts = append(counts, record.Redelivery)
	}
	require.Equal(t, []int{0, 1, 2}, counts)
	require.True(t, got.UnderWay)
	require.Zero(t, got.Unanswered)
}

// An unknown delivery, and an incomplete origin, is refused.
func TestUnknownDeliveries(t *testing.T) {
	t.Parallel()
	f := &fake{}
	origin := f.run("job-1", completed, failed("dlv_1", time.Hour)).Info.GetExecution().GetRunId()
	for name, each := range map[string]struct {
		id     string
		origin deliveries.Origin
		want   deliveries.Reason
	}{
		"other id":        {"dlv_2", deliveries.Origin{WorkflowID: "job-1", RunID: origin}, deliveries.Unknown},
		"other run":       {"dlv_1", deliveries.Origin{WorkflowID: "job-2", RunID: origin}, deliveries.Unknown},
		"no id":           {"job-1", deliveries.Origin{}, deliveries.Unknown},
		"id without run":  {"dlv_1", deliveries.Origin{}, deliveries.Unknown},
		"half the origin": {"dlv_1", deliveries.Origin{WorkflowID: "job-1"}, deliveries.Invalid},
	} {
		_, err := logOf(f).Delivery(t.Context(), each.id, each.origin)
		var refused *deliveries.RefusedError
		require.ErrorAs(t, err, &refused, name)
		require.Equal(t, each.want, refused.Reason, name)
	}
}
