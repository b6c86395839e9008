package runs_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs"
)

const open = enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING

// locks returns all parts of the list, of the limit.
func locks(t *testing.T, f *fake, filter runs.LockFilter, limit int) (tokens []string, parts int) {
	t.Helper()
	for cursor := ""; parts == 0 || cursor != ""; parts++ {
		part, err := f.over().Locks(t.Context(), filter, cursor, limit)
		require.NoError(t, err)
		for _, lock := range part.Locks {
			tokens = append(tokens, lock.Token)
		}
		cursor = part.NextCursor
		require.Less(t, parts, 50)
	}
	return tokens, parts
}

// With search attributes only the runs that wait are read, and those whose workers do not set
// the attributes. Without them all open runs are read.
func TestLockQueries(t *testing.T) {
	t.Parallel()
	const latchs = "ExecutionStatus IN ('Running', 'Paused') AND " +
		"WorkflowType IN ('latch.Release', 'latch.JobRun', 'latch.Emit', 'latch.EmitBatch', 'latch.Gate')"
	const others = "ExecutionStatus IN ('Running', 'Paused') AND WorkflowType NOT IN ('latch.Release', 'latch.JobRun', " +
		"'latch.Emit', 'latch.EmitBatch', 'latch.Gate', 'latch.Deliver', 'latch.Trigger', 'latch.JobNotice', 'latch.StartOnce')"
	const waitingLatchs, waitingOthers = latchs + " AND (LatchWaiting = true OR LatchID IS NULL)",
		others + " AND (LatchWaiting = true OR LatchWaiting IS NULL)"
	f := newFake(t)
	locks(t, f, runs.LockFilter{}, 10)
	require.Equal(t, []string{waitingLatchs, waitingOthers}, f.Queries)
	f = newFake(t)
	f.LacksAttributes = true
	locks(t, f, runs.LockFilter{}, 10)
	require.Equal(t, []string{waitingLatchs, latchs, others}, f.Queries)
}

// Locks are found by what they hold. Locks that an earlier version made are found only by their
// workflow.
func TestLockFilter(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	waits(f.Add("release-shop", latch.WorkflowRelease, open),
		latch.OpenLock{Token: "shop", Webhook: "board", Event: "BEFORE_RELEASE", Release: "shop"},
		latch.OpenLock{Token: "tests", Webhook: "tests", Event: "BEFORE_RELEASE", Release: "shop"})
	waits(f.Add("given", latch.WorkflowRelease, open),
		latch.OpenLock{Token: "given", Webhook: "board", Event: "AFTER_STEP", Release: "shop"})
	waits(f.Add("release-shop", latch.WorkflowRelease, open), latch.OpenLock{Token: "earlier", Webhook: "board", Event: "BEFORE_RELEASE"})
	waits(f.Add("job-shop", latch.WorkflowJobRun, open), latch.OpenLock{Token: "job", Webhook: "board", Event: "JOB_START", Job: "shop"})
	waits(f.Add("job-shop", latch.WorkflowJobRun, open), latch.OpenLock{Token: "earlier job", Webhook: "board", Event: "JOB_START"})
	f.Add("idle", latch.WorkflowJobRun, open)
	for _, test := range []struct {
		filter runs.LockFilter
		want   []string
	}{
		{runs.LockFilter{}, []string{"shop", "tests", "given", "earlier", "job", "earlier job"}},
		{runs.LockFilter{Release: "shop"}, []string{"shop", "tests", "given", "earlier"}},
		{runs.LockFilter{Job: "shop"}, []string{"job", "earlier job"}},
		{runs.LockFilter{Webhook: "tests"}, []string{"tests"}},
		{runs.LockFilter{Event: "AFTER_STEP"}, []string{"given"}},
		{runs.LockFilter{Release: "other"}, nil},
	} {
		tokens, _ := locks(t, f, test.filter, 100)
		require.Equal(t, test.want, tokens, "%+v", test.filter)
	}
}

// A page takes a bounded number of reads, says where to continue even if it found nothing, and
// keeps a run's locks together.
func TestLocksPartByPart(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	for n := range 600 {
		run := f.Add(fmt.Sprint("job-", n), latch.WorkflowJobRun, open)
		if n == 550 {
			waits(run, latch.OpenLock{Token: "a"}, latch.OpenLock{Token: "b"}, latch.OpenLock{Token: "c"})
		}
	}
	part, err := f.over().Locks(t.Context(), runs.LockFilter{}, "", 2)
	require.NoError(t, err)
	require.Empty(t, part.Locks)
	require.NotEmpty(t, part.NextCursor)
	require.Len(t, f.Queries, 50)
	tokens, parts := locks(t, f, runs.LockFilter{}, 2)
	require.Equal(t, []string{"a", "b", "c"}, tokens)
	require.Greater(t, parts, 2)
}

// A lock that cannot be read is counted. Invalid filters and cursors are reported.
func TestLockListRefusals(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	run := waits(f.Add("release-shop", latch.WorkflowRelease, open), latch.OpenLock{Token: "a"})
	run.Info.GetMemo().GetFields()[latch.MemoLocks].Metadata["encoding"] = []byte("binary/encrypted")
	part, err := f.over().Locks(t.Context(), runs.LockFilter{}, "", 10)
	require.NoError(t, err)
	require.Empty(t, part.Locks)
	require.Equal(t, 1, part.Unread)
	for cursor, filter := range map[string]runs.LockFilter{"*": {}, "": {Job: "a", Release: "b"}, "eyJzdGFnZSI6Mn0": {}} {
		var argument *runs.ArgumentError
		_, err := f.over().Locks(t.Context(), filter, cursor, 10)
		require.ErrorAs(t, err, &argument, cursor)
	}
	f.ListError = serviceerror.NewUnavailable("down")
	_, err = f.over().Locks(t.Context(), runs.LockFilter{}, "", 10)
	require.ErrorIs(t, err, f.ListError)
}

// The times of the filter are those since when a lock is waited for.
func TestLocksBySinceWhen(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	run := f.Add("release-shop", latch.WorkflowRelease, open)
	waits(run, latch.OpenLock{Token: "old", Since: latch.NewTime(noon.Add(-2 * time.Hour))},
		latch.OpenLock{Token: "new", Since: latch.NewTime(noon)})
	hour := noon.Add(-time.Hour)
	for _, test := range []struct {
		filter runs.LockFilter
		want   []string
	}{
		{runs.LockFilter{Until: hour}, []string{"old"}},
		{runs.LockFilter{Since: hour}, []string{"new"}},
		{runs.LockFilter{Since: noon.Add(-2 * time.Hour), Until: noon}, []string{"old"}},
		{runs.LockFilter{Since: noon, Until: noon.Add(1)}, []string{"new"}},
	} {
		tokens, _ := locks(t, f, test.filter, 100)
		require.Equal(t, test.want, tokens, "%+v", test.filter)
	}
	var argument *runs.ArgumentError
	_, err := f.over().Locks(t.Context(), runs.LockFilter{Since: noon, Until: hour}, "", 10)
	require.ErrorAs(t, err, &argument)
}

// The failed steps at which releases pause are listed with the locks, by the same queries. They
// match a release and a time, and no webhook, event or job. What cannot be read is counted.
func TestPausedSteps(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	shop := waits(f.Add("release-shop", latch.WorkflowRelease, open), latch.OpenLock{Token: "shop", Webhook: "board", Release: "shop"})
	deploy := latch.PausedStep{Release: "shop", Title: "The shop", Step: "deploy", Error: "500", Since: latch.NewTime(noon)}
	shop.PausesAt(deploy)
	f.Add("given", latch.WorkflowRelease, open).PausesAt(
		latch.PausedStep{Release: "books", Step: "migrate", Since: latch.NewTime(noon.Add(time.Hour))})
	f.Add("over", latch.WorkflowRelease, open).PausesAt()
	sealed := f.Add("sealed", latch.WorkflowRelease, open)
	sealed.PausesAt(deploy)
	sealed.Info.Memo.Fields[latch.MemoPaused].Metadata["encoding"] = []byte("binary/encrypted")
	for _, test := range []struct {
		filter runs.LockFilter
		want   []string
	}{
		{runs.LockFilter{}, []string{"deploy", "migrate"}},
		{runs.LockFilter{Release: "books"}, []string{"migrate"}},
		{runs.LockFilter{Since: noon.Add(time.Minute)}, []string{"migrate"}},
		{runs.LockFilter{Until: noon.Add(time.Minute)}, []string{"deploy"}},
		{runs.LockFilter{Webhook: "board"}, nil},
		{runs.LockFilter{Event: "BEFORE_RELEASE"}, nil},
		{runs.LockFilter{Job: "shop"}, nil},
	} {
		before := len(f.Queries)
		part, err := f.over().Locks(t.Context(), test.filter, "", 100)
		require.NoError(t, err)
		require.Equal(t, 1, part.Unread)
		var steps []string
		for _, step := range part.Paused {
			steps = append(steps, step.Step)
		}
		require.Equal(t, test.want, steps, "%+v", test.filter)
		require.Len(t, f.Queries, before+2, "no query more than for locks")
	}
	part, err := f.over().Locks(t.Context(), runs.LockFilter{}, "", 1)
	require.NoError(t, err)
	require.Equal(t, []runs.WaitingStep{{PausedStep: deploy, WorkflowID: "release-shop",
		RunID: shop.Info.GetExecution().GetRunId()}}, part.Paused)
	require.Len(t, part.Locks, 1, "what a run waits for stays together")
	require.NotEmpty(t, part.NextCursor)
}
