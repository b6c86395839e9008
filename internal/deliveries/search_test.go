package deliveries_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/deliveries"
	"github.com/latch-run/latch/internal/runs/runstest"
)

const (
	running   = enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
	completed = enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
)

func logOf(f *fake) *deliveries.Log {
	return deliveries.New(deliveries.Options{Client: &f.Temporal, Namespace: "default", Identity: "test"})
}

// A search takes bounded work for a call, and all calls together find every
// delivery once, however many runs there are.
func TestSearchGoesOnPastItsBound(t *testing.T) {
	t.Parallel()
	f := &fake{}
	const runs, most = 1200, 500
	for n := range runs {
		f.run(fmt.Sprint("job-", n), running, failed(fmt.Sprintf("dlv_%04d", n), time.Duration(n)*time.Second))
	}
	found, cursor := map[string]bool{}, ""
	for part := 0; part == 0 || cursor != ""; part++ {
		before := len(f.Asked)
		got, err := logOf(f).Search(t.Context(), deliveries.Filter{Failed: true}, cursor, 200)
		require.NoError(t, err)
		require.LessOrEqual(t, len(f.Asked)-before, most)
		require.LessOrEqual(t, len(got.Records), 200)
		for i, record := range got.Records {
			require.False(t, found[record.DeliveryID], "%s twice", record.DeliveryID)
			found[record.DeliveryID] = true
			require.True(t, i == 0 || !record.StartedAt.After(got.Records[i-1].StartedAt.Time), "newest first")
		}
		require.Less(t, part, 10)
		cursor = got.NextCursor
	}
	require.Len(t, found, runs)
}

// Runs that closed before the oldest of those found need not be asked.
func TestSearchEndsWithTheNewest(t *testing.T) {
	t.Parallel()
	f := &fake{}
	for n := range 400 {
		run := f.run(fmt.Sprint("job-", n), completed, failed(fmt.Sprintf("dlv_%04d", n), time.Duration(n)*time.Hour))
		run.Info.CloseTime.Seconds -= int64(n) * 3600
	}
	got, err := logOf(f).Search(t.Context(), deliveries.Filter{}, "", 10)
	require.NoError(t, err)
	require.Len(t, got.Records, 10)
	require.NotEmpty(t, got.NextCursor)
	require.False(t, got.Incomplete)
	require.Equal(t, 50, len(f.Asked))
}

// A search works with search attributes and without, and narrows Temporal's list to the runs
// that may match.
func TestSearchQueries(t *testing.T) {
	t.Parallel()
	const own = `WorkflowType IN ('latch.JobRun', 'latch.Release', 'latch.Emit', 'latch.EmitBatch', 'latch.Gate', 'latch.Deliver', 'latch.JobNotice', 'latch.WatchNotice', 'latch.EndNotice')`
	for name, test := range map[string]struct {
		filter        deliveries.Filter
		with, without string
	}{
		"all": {deliveries.Filter{}, `(` + own + ` OR LatchWebhooks IS NOT NULL)`, own},
		"a webhook": {deliveries.Filter{Webhook: "it's"},
			`(` + own + ` OR LatchWebhooks IS NOT NULL) AND ((LatchWebhooks = 'it\'s' OR LatchWebhooks IS NULL) OR LatchWebhooks = ':more')`, own},
		"its event, and a job": {deliveries.Filter{Webhook: "a", Event: "JOB_START", Job: "books"},
			`(` + own +
				` OR LatchWebhooks IS NOT NULL) AND ((LatchWebhooks = 'a:JOB_START' OR LatchWebhooks IS NULL) OR LatchWebhooks = ':more') AND (LatchID = ` +
				`'books' OR LatchID IS NULL)`, own},
		"what was kept on a task queue": {deliveries.Filter{Kept: true, TaskQueue: "it's"},
			`(` + own + ` OR LatchWebhooks IS NOT NULL) AND TaskQueue = 'it\'s' AND ExecutionStatus != 'ContinuedAsNew'`,
			own + ` AND TaskQueue = 'it\'s' AND ExecutionStatus != 'ContinuedAsNew'`},
		"a time": {deliveries.Filter{Since: noon.Add(-time.Hour), Until: noon},
			`(` + own +
				` OR LatchWebhooks IS NOT NULL) AND (ExecutionStatus IN ('Running', 'Paused') OR CloseTime >= '2026-01-02T11:00:00Z') ` +
				`AND StartTime < '2026-01-02T12:00:00Z'`,
			own + ` AND (ExecutionStatus IN ('Running', 'Paused') OR CloseTime >= '2026-01-02T11:00:00Z') ` +
				`AND StartTime < '2026-01-02T12:00:00Z'`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fake{Temporal: runstest.Temporal{LacksAttributes: true}}
			_, err := logOf(f).Search(t.Context(), test.filter, "", 10)
			require.NoError(t, err)
			require.Equal(t, []string{test.with, test.without}, f.Queries)
		})
	}
}

// The time is when a delivery ended and, while it is pending, when its event
// fired: one that was tried for a day counts when it was given up.
func TestSearchWindow(t *testing.T) {
	t.Parallel()
	long := failed("dlv_long", 24*time.Hour)
	long.CompletedAt = latch.NewTime(noon.Add(-time.Hour))
	pending := failed("dlv_pending", 90*time.Minute)
	pending.Result, pending.CompletedAt = latch.ResultPending, latch.Time{}
	f := &fake{}
	f.run("job-a", completed, failed("dlv_early", 3*time.Hour), long, pending, failed("dlv_edge", 0))
	got, err := logOf(f).Search(t.Context(), deliveries.Filter{Since: noon.Add(-2 * time.Hour), Until: noon}, "", 10)
	require.NoError(t, err)
	require.Len(t, got.Records, 2)
	require.Equal(t, "dlv_pending", got.Records[0].DeliveryID)
	require.Equal(t, "dlv_long", got.Records[1].DeliveryID)
}

// A delivery that a run handed over is listed once, with its state there, whether the run or
// the child is found.
func TestSearchFollowsWhatWasHandedOver(t *testing.T) {
	t.Parallel()
	for name, both := range map[string]bool{"run and child": true, "the child alone": false} {
		f := &fake{}
		child := failed("dlv_a", time.Hour)
		f.run("deliver-dlv_a", completed, child)
		child.RunID = f.runs[0].records[0].RunID
		if both {
			left := failed("dlv_a", time.Hour)
			left.Result, left.HandedTo, left.CompletedAt = latch.ResultPending, "deliver-dlv_a", latch.Time{}
			f.run("job-a", completed, left)
			f.runs[0].records[0].WorkflowID, f.runs[0].records[0].RunID = "job-a", f.runs[1].records[0].RunID
		}
		for _, filter := range []deliveries.Filter{{}, {Failed: true}} {
			got, err := logOf(f).Search(t.Context(), filter, "", 10)
			require.NoError(t, err)
			require.Len(t, got.Records, 1, name)
			require.Equal(t, "deliver-dlv_a", got.Records[0].HandedTo)
			require.Equal(t, latch.ResultFail, got.Records[0].Result)
		}
	}
}

// A run without a worker does not hide other runs' deliveries. Its task queue is soon not asked any
// more.
// If no worker answers at all, that is an error.
func TestSearchOfSilentRuns(t *testing.T) {
	t.Parallel()
	f := &fake{}
	f.run("job-a", completed, failed("dlv_a", time.Hour))
	f.run("job-broken", completed).Err = &serviceerror.QueryFailed{Message: "the history does not replay"}
	f.run("job-mute", completed).Err = &serviceerror.QueryFailed{Message: "unknown queryType history"}
	f.run("job-new", running).Err = &serviceerror.WorkflowNotReady{Message: "not begun"}
	for n := range 100 {
		silent := f.run(fmt.Sprint("job-silent", n), completed)
		silent.Err, silent.Info.TaskQueue = serviceerror.NewDeadlineExceeded("no poller"), "dead"
	}
	f.run("job-b", completed, failed("dlv_b", time.Hour))
	got, err := logOf(f).Search(t.Context(), deliveries.Filter{}, "", 10)
	require.NoError(t, err)
	require.Len(t, got.Records, 2)
	require.Equal(t, 101, got.Unanswered)
	require.True(t, got.Incomplete)
	require.Empty(t, got.NextCursor)
	require.Less(t, len(f.Asked), 5+20)

	before := len(f.Asked)
	first, err := logOf(f).Search(t.Context(), deliveries.Filter{}, "", 1)
	require.NoError(t, err)
	between := len(f.Asked)
	second, err := logOf(f).Search(t.Context(), deliveries.Filter{}, first.NextCursor, 1)
	require.NoError(t, err)
	require.Equal(t, 101, second.Unanswered)
	require.Less(t, len(f.Asked)-between, between-before, "a part after it does not wait for them again")

	dead := &fake{}
	dead.run("job-a", completed).Err = serviceerror.NewDeadlineExceeded("no poller")
	_, err = logOf(dead).Search(t.Context(), deliveries.Filter{}, "", 10)
	var deadline *serviceerror.DeadlineExceeded
	require.ErrorAs(t, err, &deadline)
}

// A busy worker, which misses a run now and then, is asked about all others.
func TestSearchOfABusyWorkersRuns(t *testing.T) {
	t.Parallel()
	f := &fake{}
	missed := 0
	for n := range 200 {
		run := f.run(fmt.Sprint("job-", n), completed, failed(fmt.Sprint("dlv_", n), time.Hour))
		if n%50 == 7 {
			run.Err = serviceerror.NewDeadlineExceeded("too busy")
			missed++
		}
	}
	got, err := logOf(f).Search(t.Context(), deliveries.Filter{}, "", 300)
	require.NoError(t, err)
	require.Len(t, got.Records, 200-missed)
	require.Equal(t, missed, got.Unanswered)
}

// A run that somebody paused by Temporal's own means answers nothing, but its worker answers for others.
func TestSearchOfAPausedRun(t *testing.T) {
	t.Parallel()
	f := &fake{}
	f.run("job-paused", enumspb.WORKFLOW_EXECUTION_STATUS_PAUSED).Err = &temporal.QueryRejectedError{}
	for n := range 50 {
		f.run(fmt.Sprint("job-", n), completed, failed(fmt.Sprint("dlv_", n), time.Hour))
	}
	got, err := logOf(f).Search(t.Context(), deliveries.Filter{}, "", 100)
	require.NoError(t, err)
	require.Len(t, got.Records, 50)
	require.Equal(t, 1, got.Unanswered)
	require.Contains(t, got.Unread[0].Reason, "paused in Temporal")
}

// Invalid filters and cursors are reported.
func TestSearchRefusals(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		filter       deliveries.Filter
		cursor, told string
	}{
		{deliveries.Filter{Job: "a", Release: "b"}, "", "job and release"},
		{deliveries.Filter{Since: noon, Until: noon.Add(-time.Hour)}, "", "since must come before until"},
		{deliveries.Filter{}, "nonsense", `cursor: "nonsense"`},
	} {
		_, err := logOf(&fake{}).Search(t.Context(), test.filter, test.cursor, 10)
		var refused *deliveries.RefusedError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, deliveries.Invalid, refused.Reason)
		require.ErrorContains(t, err, test.told)
	}
}
