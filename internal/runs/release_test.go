package runs_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/converter"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// list returns the rows of one part.
func list(t *testing.T, f *fake, filter runs.RunFilter) []runs.ReleaseRow {
	t.Helper()
	part, err := f.over().Releases(t.Context(), filter, "", 100)
	require.NoError(t, err)
	return part.Releases
}

func ids(rows []runs.ReleaseRow) []string {
	found := []string{}
	for _, row := range rows {
		found = append(found, row.ID)
	}
	return found
}

// A running release shows its position and the locks that it waits for, but nothing that names
// or opens a lock.
func TestReleaseThatRunsTellsWhereItIs(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	lock := latch.OpenLock{Token: "release-shop:board:r4nd", URL: "https://x/locks/t?link=s", Webhook: "board",
		Event: "AFTER_STEP", Step: "deploy",
		Since: latch.NewTime(noon), Until: latch.NewTime(noon.Add(time.Hour)), OnTimeout: latch.Rollback, Enforced: true}
	f.running("shop", latch.Status{ID: "shop", Title: "The shop", Status: latch.ReleaseStopped, Phase: "waiting",
		Event: "AFTER_STEP", Step: "deploy", Locks: []latch.OpenLock{lock}})
	want := runs.ReleaseRow{RunRow: runs.RunRow{ID: "shop", Phase: "waiting", Event: "AFTER_STEP",
		WorkflowID: "release-shop", RunID: "00000000-0000-4000-8000-000000000000", StartedAt: latch.NewTime(noon),
		WaitsFor: []runs.Wait{{Webhook: "board", Event: "AFTER_STEP", Step: "deploy", For: runs.WaitsForLock, Since: lock.Since,
			Until: lock.Until, OnTimeout: latch.Rollback, Enforced: true}}},
		Title: "The shop", Status: latch.ReleaseRunning, Step: "deploy"}
	got := list(t, f, runs.RunFilter{})
	require.Len(t, got, 1)
	require.EqualExportedValues(t, want, got[0])
}

// A release that pauses waits for a choice, by its status or, if no worker answers, by its memo.
func TestReleaseThatPausesWaitsForAChoice(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	paused := latch.PausedStep{Release: "shop", Step: "deploy", Error: "503", Since: latch.NewTime(noon)}
	f.running("shop", latch.Status{ID: "shop", Phase: "paused at failed step", Paused: []latch.PausedStep{paused}})
	silent := f.running("silent", latch.Status{})
	silent.Err, silent.Info.TaskQueue = serviceerror.NewDeadlineExceeded("no poller"), "dead"
	silent.PausesAt(paused)
	want := []runs.Wait{{Step: "deploy", For: runs.WaitsForChoice, Since: paused.Since}}
	require.Equal(t, "a choice about step deploy", want[0].What())
	for _, row := range list(t, f, runs.RunFilter{}) {
		require.Equal(t, want, row.WaitsFor, row.ID)
	}
}

// The result of a release is read from the event with which its run closed.
func TestReleaseThatClosedTellsWhatItCameTo(t *testing.T) {
	t.Parallel()
	by := &latch.DecidedBy{Webhook: "board", Event: "BEFORE_RELEASE"}
	const terminated, expired = enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT
	const completed, failed, canceled = enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED,
		enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED
	result := func(status string) *commonpb.Payloads {
		return runstest.Payloads(latch.ReleaseResult{ID: "shop-4", Title: "The shop", Status: status, Reason: "so",
			DecidedBy: by, Steps: []latch.StepResult{}})
	}
	for _, test := range []struct {
		name   string
		how    enumspb.WorkflowExecutionStatus
		event  *historypb.HistoryEvent
		status string
		reason string
		// own reports that the run's own result has the id, the title and who decided.
		own bool
	}{
		{"released", completed, runstest.Completed(result(latch.ReleaseReleased)), latch.ReleaseReleased, "so", true},
		{"stopped", completed, runstest.Completed(result(latch.ReleaseStopped)), latch.ReleaseStopped, "so", true},
		{"rolled back", completed, runstest.Completed(result(latch.ReleaseRolledBack)), latch.ReleaseRolledBack, "so", true},
		{"failed", failed, runstest.Failed("release failed", latch.ErrorReleaseFailed, result(latch.ReleaseFailed)),
			latch.ReleaseFailed, "so", true},
		{"not undone", failed, runstest.Failed("release failed", latch.ErrorRollbackIncomplete,
			result(latch.ReleaseFailed)), latch.ReleaseFailed, "so", true},
		{"cancelled", canceled, runstest.Canceled(result(latch.ReleaseCancelled)), latch.ReleaseCancelled, "so", true},
		{"refused", failed, runstest.Failed("steps: required", latch.ErrorInvalidSpec, runstest.Payloads([]string{"x"})),
			latch.ReleaseFailed, "steps: required", false},
		{"cancelled before it began", canceled, runstest.Canceled(nil), latch.ReleaseCancelled, "cancelled", false},
		{"terminated", terminated, runstest.Terminated("by hand"), latch.ReleaseFailed, "terminated: by hand", false},
		{"terminated without a word", terminated, runstest.Terminated(""), latch.ReleaseFailed, "terminated", false},
		{"timed out", expired, runstest.TimedOut(), latch.ReleaseFailed, "timed out by Temporal", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.Add("release-given", latch.WorkflowRelease, test.how).Closed = test.event
			want := runs.ReleaseRow{RunRow: runs.RunRow{ID: "given", Reason: test.reason, WorkflowID: "release-given",
				RunID:     "00000000-0000-4000-8000-000000000000",
				StartedAt: latch.NewTime(noon), ClosedAt: latch.NewTime(noon.Add(time.Hour))}, Status: test.status}
			if test.own {
				want.ID, want.Title, want.DecidedBy = "shop-4", "The shop", by
			}
			got := list(t, f, runs.RunFilter{})
			require.Len(t, got, 1)
			require.EqualExportedValues(t, want, got[0])
			whole, err := f.over().ReleaseResult(t.Context(), "release-given", "00000000-0000-4000-8000-000000000000")
			require.NoError(t, err)
			require.Equal(t, test.status, whole.Status)
			require.Equal(t, test.reason, whole.Reason)
			require.Equal(t, want.DecidedBy, whole.DecidedBy)
		})
	}
}

// A release whose worker is gone, that has not begun, or whose result cannot be read, is listed
// with Temporal's data and marked as such, and does not hide others. It never counts as
// released.
func TestReleaseThatDoesNotAnswerIsPartial(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.running("new", latch.Status{}).Err = &serviceerror.WorkflowNotReady{Message: "not begun"}
	f.running("broken", latch.Status{}).Err = &serviceerror.QueryFailed{Message: "the history does not replay"}
	f.running("well", latch.Status{ID: "well", Phase: "taking step", Step: "deploy"})
	lost := f.completed(latch.ReleaseResult{ID: "lost", Status: latch.ReleaseReleased})
	lost.Closed.GetWorkflowExecutionCompletedEventAttributes().GetResult().Payloads[0].Metadata["encoding"] = []byte("binary/encrypted")
	f.completed(latch.ReleaseResult{ID: "forgotten", Status: latch.ReleaseReleased}).Err = serviceerror.NewNotFound("forgotten meanwhile")
	held := waits(f.running("held", latch.Status{}),
		latch.OpenLock{Webhook: "board", Event: "BEFORE_RELEASE", Title: "Held", Since: latch.NewTime(noon)})
	held.Err, held.Info.TaskQueue = serviceerror.NewDeadlineExceeded("no poller"), "dead"
	for n := range 100 {
		silent := f.running(fmt.Sprint("silent", n), latch.Status{})
		silent.Err, silent.Info.TaskQueue = serviceerror.NewDeadlineExceeded("no poller"), "dead"
	}
	part, err := f.over().Releases(t.Context(), runs.RunFilter{}, "", 106)
	require.NoError(t, err)
	require.Len(t, part.Releases, 106)
	told := map[string]string{}
	for _, row := range part.Releases[:6] {
		told[row.ID] = fmt.Sprint(row.Status, " ", row.Partial, " ", row.Step)
	}
	require.Equal(t, map[string]string{"new": "running true ", "broken": "running true ", "well": "running false deploy",
		"lost": "unknown true ", "forgotten": "unknown true ", "held": "running true "}, told)
	require.Equal(t, "Held", part.Releases[5].Title, "the memo tells")
	require.Equal(t, "board", part.Releases[5].WaitsFor[0].Webhook)
	require.Less(t, len(f.Asked), 30, "a task queue without a worker is not waited for again and again")
	require.Empty(t, ids(list(t, f, runs.RunFilter{Status: latch.ReleaseReleased})))
}

// However many task queues have lost their worker, a part ends within a time that
// a caller over HTTP waits for, and has every release.
func TestReleaseListWaitsForWorkersWithinBounds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		f.Hangs = true
		for n := range 200 {
			f.running(fmt.Sprint(n), latch.Status{}).Info.TaskQueue = fmt.Sprint("dead", n)
		}
		began := time.Now()
		part, err := f.over().Releases(t.Context(), runs.RunFilter{}, "", 200)
		require.NoError(t, err)
		require.Len(t, part.Releases, 200)
		require.True(t, part.Releases[199].Partial)
		require.LessOrEqual(t, time.Since(began), 15*time.Second)
	})
}

// A search attribute has the id if the workflow id differs.
func TestReleaseIDByItsSearchAttribute(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	run := f.running("4711", latch.Status{})
	run.Err = &serviceerror.WorkflowNotReady{}
	payload, err := converter.GetDefaultDataConverter().ToPayload("shop-4")
	require.NoError(t, err)
	run.Info.SearchAttributes = &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{latch.SearchAttributeID: payload}}
	require.Equal(t, []string{"shop-4"}, ids(list(t, f, runs.RunFilter{})))
}

// The visibility query of a filter, with search attributes and without them.
func TestReleaseQueries(t *testing.T) {
	t.Parallel()
	const all = "WorkflowType = 'latch.Release' AND "
	for _, test := range []struct {
		filter      runs.RunFilter
		query, bare string
	}{
		{filter: runs.RunFilter{}, query: all + "ExecutionStatus != 'ContinuedAsNew'"},
		{filter: runs.RunFilter{Status: "running"}, query: all + "ExecutionStatus IN ('Running', 'Paused')"},
		{filter: runs.RunFilter{Status: "failed"},
			query: all + "ExecutionStatus IN ('Failed', 'Terminated', 'TimedOut') AND (LatchStatus IS NULL OR LatchStatus NOT IN ('stopped', 'rolled_back'))",
			bare:  all + "ExecutionStatus IN ('Failed', 'Terminated', 'TimedOut')"},
		{filter: runs.RunFilter{Status: "cancelled"}, query: all + "ExecutionStatus = 'Canceled'"},
		{filter: runs.RunFilter{Status: "stopped"},
			query: all + "ExecutionStatus IN ('Completed', 'Failed') AND (LatchStatus = 'stopped' OR LatchID IS NULL)",
			bare:  all + "ExecutionStatus IN ('Completed', 'Failed')"},
		{filter: runs.RunFilter{Status: "released"},
			query: all + "ExecutionStatus = 'Completed' AND (LatchStatus = 'released' OR LatchID IS NULL)",
			bare:  all + "ExecutionStatus = 'Completed'"},
		{filter: runs.RunFilter{Status: "running", Since: noon.Add(-time.Hour), Until: noon},
			query: all + "ExecutionStatus IN ('Running', 'Paused') " +
				"AND StartTime >= '2026-07-01T11:00:00Z' AND StartTime < '2026-07-01T12:00:00Z'"},
	} {
		f := newFake(t)
		list(t, f, test.filter)
		require.Equal(t, []string{test.query}, f.Queries)
		if test.bare == "" {
			continue
		}
		f = newFake(t)
		f.LacksAttributes = true
		list(t, f, test.filter)
		require.Equal(t, []string{test.query, test.bare}, f.Queries)
	}
}

// All parts together have each release that the filter takes once, in Temporal's
// order, a part no more than asked for, and a part asks a bounded number of runs.
func TestReleasesPartByPart(t *testing.T) {
	t.Parallel()
	for _, lacks := range []bool{false, true} {
		f := newFake(t)
		f.LacksAttributes = lacks
		var want []string
		for n := range 1200 {
			status := latch.ReleaseReleased
			if n%100 == 7 {
				status = latch.ReleaseStopped
				want = append(want, fmt.Sprint(n))
			}
			f.completed(latch.ReleaseResult{ID: fmt.Sprint(n), Status: status})
		}
		var found []string
		parts := 0
		for cursor := ""; parts == 0 || cursor != ""; parts++ {
			before := f.Closings
			part, err := f.over().Releases(t.Context(), runs.RunFilter{Status: latch.ReleaseStopped,
				Since: noon.AddDate(-1, 0, 0)}, cursor, 50)
			require.NoError(t, err)
			require.LessOrEqual(t, len(part.Releases), 50)
			require.LessOrEqual(t, f.Closings-before, 550)
			found, cursor = append(found, ids(part.Releases)...), part.NextCursor
			require.Less(t, parts, 10)
		}
		require.Equal(t, want, found)
		require.Equal(t, 3, parts)
		require.Equal(t, lacks, f.Queries[0] != f.Queries[len(f.Queries)-1], "a later part knows that there are no attributes")
	}
	f := newFake(t)
	for n := range 5 {
		f.running(fmt.Sprint(n), latch.Status{})
	}
	first, err := f.over().Releases(t.Context(), runs.RunFilter{}, "", 2)
	require.NoError(t, err)
	require.Equal(t, []string{"0", "1"}, ids(first.Releases))
	second, err := f.over().Releases(t.Context(), runs.RunFilter{}, first.NextCursor, 2)
	require.NoError(t, err)
	require.Equal(t, []string{"2", "3"}, ids(second.Releases))
	require.Equal(t, []int32{2, 2}, f.Sizes)
}

// A search reads Temporal's list in large pages, however few releases it still lacks, and its parts
// have each release that matches once, in order.
func TestReleaseSearchReadsLargePages(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	var want []string
	for n := range 300 {
		id := fmt.Sprint("shop-", n)
		if n%9 == 4 {
			id = fmt.Sprint("bank-", n)
			want = append(want, id)
		}
		f.running(id, latch.Status{ID: id})
	}
	for _, limit := range []int{1, 10, 33, 34} {
		f.Queries = nil
		var found []string
		parts := 0
		for cursor := ""; parts == 0 || cursor != ""; parts++ {
			part, err := f.over().Releases(t.Context(), runs.RunFilter{Search: "Bank"}, cursor, limit)
			require.NoError(t, err)
			require.LessOrEqual(t, len(part.Releases), limit)
			found, cursor = append(found, ids(part.Releases)...), part.NextCursor
		}
		require.Equal(t, want, found, limit)
		require.LessOrEqual(t, len(f.Queries), 2*parts+5, limit)
	}

	first, err := f.over().Releases(t.Context(), runs.RunFilter{Search: "bank"}, "", 10)
	require.NoError(t, err)
	f.Runs = slices.DeleteFunc(f.Runs, func(run *runstest.Run) bool {
		return run.Info.GetExecution().GetWorkflowId() == "release-"+first.Releases[9].ID
	})
	second, err := f.over().Releases(t.Context(), runs.RunFilter{Search: "bank"}, first.NextCursor, 100)
	require.NoError(t, err)
	require.Subset(t, ids(second.Releases), want[10:], "nothing is left out where the last one of a part has gone")
}

// Invalid filters and cursors are reported by their names before any request. If Temporal
// refuses, the list ends.
func TestReleaseListRefusals(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		filter             runs.RunFilter
		cursor, name, told string
	}{
		{runs.RunFilter{Status: "done"}, "", "status",
			`status: "done" is not a status of a release; one is running, released, stopped, rolled_back, failed, cancelled`},
		{runs.RunFilter{Since: noon, Until: noon}, "", "since",
			"since: 2026-07-01T12:00:00Z does not come before until (2026-07-01T12:00:00Z)"},
		{runs.RunFilter{}, "nonsense", "cursor", `cursor: "nonsense" is not the next_cursor of an earlier part`},
		{runs.RunFilter{}, "eyJzdGFnZSI6MX0", "cursor", "is not the next_cursor"},
	} {
		f := newFake(t)
		_, err := f.over().Releases(t.Context(), test.filter, test.cursor, 10)
		var argument *runs.ArgumentError
		require.ErrorAs(t, err, &argument)
		require.Equal(t, test.name, argument.Name)
		require.ErrorContains(t, err, test.told)
		require.Empty(t, f.Queries)
	}
	f := newFake(t)
	f.ListError = serviceerror.NewUnavailable("down")
	_, err := f.over().Releases(t.Context(), runs.RunFilter{}, "", 10)
	require.ErrorIs(t, err, f.ListError)
	for _, refused := range []error{serviceerror.NewPermissionDenied("no", ""), serviceerror.NewUnavailable("down")} {
		f = newFake(t)
		f.completed(latch.ReleaseResult{ID: "shop"}).Err = refused
		_, err = f.over().Releases(t.Context(), runs.RunFilter{}, "", 10)
		require.ErrorIs(t, err, refused)
	}
}
