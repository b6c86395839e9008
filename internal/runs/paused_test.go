package runs_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs"
)

const paused = enumspb.WORKFLOW_EXECUTION_STATUS_PAUSED

// A run that somebody paused by Temporal's own means has not closed. It is listed as running, by what
// its memo says, and neither hides others nor has their worker taken for one that is gone.
func TestARunPausedInTemporalIsListedAsRunning(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	held := waits(f.Add("release-held", latch.WorkflowRelease, paused), latch.OpenLock{Webhook: "board", Title: "Held"})
	held.Answer = func(string) (any, error) { return nil, &temporal.QueryRejectedError{} }
	f.running("well", latch.Status{ID: "well", Phase: "taking step", Step: "deploy"})
	rows := list(t, f, runs.RunFilter{})
	require.Equal(t, []string{"held", "well"}, ids(rows))
	require.Equal(t, latch.ReleaseRunning, rows[0].Status)
	require.True(t, rows[0].Partial)
	require.True(t, rows[0].ClosedAt.IsZero())
	require.Equal(t, "board", rows[0].WaitsFor[0].Webhook)
	require.Equal(t, "deploy", rows[1].Step)

	g := newFake(t)
	g.Add("gate-4711", latch.WorkflowGate, paused).Answer = held.Answer
	part, err := g.over().Gates(t.Context(), runs.RunFilter{}, "", 10)
	require.NoError(t, err)
	require.Equal(t, latch.GateRunning, part.Gates[0].Status)
	require.True(t, part.Gates[0].Partial)
}

// A status of running finds a run that Temporal has paused too, also where it is counted, and so does
// the list of what waits. A server that cannot pause runs is asked for those that run.
func TestARunPausedInTemporalIsFoundAsRunning(t *testing.T) {
	t.Parallel()
	for _, never := range []bool{false, true} {
		f := newFake(t)
		f.NeverPauses = never
		waits(f.running("well", latch.Status{ID: "well"}), latch.OpenLock{Webhook: "board"})
		filter := runs.RunFilter{Status: latch.ReleaseRunning}
		require.Equal(t, []string{"well"}, ids(list(t, f, filter)))
		count, err := f.over().CountReleases(t.Context(), filter, "")
		require.NoError(t, err)
		require.EqualValues(t, 1, *count)
		part, err := f.over().Locks(t.Context(), runs.LockFilter{}, "", 10)
		require.NoError(t, err)
		require.NotEmpty(t, part.Locks)
		for _, query := range f.Queries {
			found := strings.Contains(query, "ExecutionStatus IN ('Running', 'Paused')")
			require.True(t, found || never && strings.Contains(query, "ExecutionStatus = 'Running'"), query)
		}
	}
}

// The turns of a key are held on while the workflow that keeps them is paused.
func TestTurnsOfAPausedWorkflowAreNotFree(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.Add(protocol.TurnsPrefix+"production", "", paused).Answer = func(string) (any, error) { return nil, &temporal.QueryRejectedError{} }
	_, err := f.over().Turns(t.Context(), "production")
	require.True(t, runs.IsPaused(err))
}

// What a query and an update of a paused run fail with, and what is not said by one.
func TestErrorsOfAPausedRun(t *testing.T) {
	t.Parallel()
	require.True(t, runs.IsPaused(&temporal.QueryRejectedError{}))
	require.True(t, runs.IsPaused(serviceerror.NewFailedPrecondition("Workflow is paused. Cannot update the workflow.")))
	for _, err := range []error{nil, errors.New("workflow is paused"), serviceerror.NewFailedPrecondition("the namespace is being handed over")} {
		require.False(t, runs.IsPaused(err), "%v", err)
	}
}
