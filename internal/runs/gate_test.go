package runs_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// An open gate shows its event and what it waits for: the locks, as GET of the gate has them but
// without their forms, and the hooks without one. If no worker answers, the locks are those of the
// memo.
func TestGateThatIsOpenTellsWhatItWaitsFor(t *testing.T) {
	t.Parallel()
	lock := latch.OpenLock{Token: "gate-4711:board:r4nd", Webhook: "board", Event: "DEPLOY", Since: latch.NewTime(noon),
		Missing: []latch.MissingApproval{{Groups: []string{"sre"}, Count: 1}}}
	tests := latch.UndecidedHook{Webhook: "tests", Event: "DEPLOY", WaitsFor: latch.WaitsForAnswer, Since: latch.NewTime(noon),
		Until: latch.NewTime(noon.Add(time.Hour)), OnTimeout: latch.Stop, Enforced: true}
	waitsFor := []runs.Wait{{Webhook: "board", Event: "DEPLOY", For: runs.WaitsForLock, Since: lock.Since},
		{Webhook: "tests", Event: "DEPLOY", For: latch.WaitsForAnswer, Since: tests.Since, Until: tests.Until, OnTimeout: latch.Stop,
			Enforced: true}}
	require.Equal(t, "board", waitsFor[0].What())
	require.Equal(t, "the answer of tests", waitsFor[1].What())
	for _, silent := range []bool{false, true} {
		f := newFake(t)
		run := waits(f.Add("gate-4711", latch.WorkflowGate, open), lock)
		run.Answer = func(string) (any, error) {
			if silent {
				return nil, serviceerror.NewDeadlineExceeded("no poller")
			}
			form := lock
			form.Form = []byte(`{"type":"object"}`)
			return latch.Status{ID: "4711", Status: latch.GateRunning, Phase: "waiting", Event: "DEPLOY", Locks: []latch.OpenLock{form},
				Undecided: []latch.UndecidedHook{tests, {Webhook: "eye", Event: "DEPLOY", WaitsFor: latch.WaitsForAnswer, Observes: true}}}, nil
		}
		want := runs.GateRow{RunRow: runs.RunRow{ID: "4711", Phase: "waiting", Event: "DEPLOY", WorkflowID: "gate-4711",
			RunID: "00000000-0000-4000-8000-000000000000", StartedAt: latch.NewTime(noon), WaitsFor: waitsFor},
			Status: latch.GateRunning, Locks: []latch.OpenLock{lock}}
		if silent {
			want.Phase, want.Event, want.WaitsFor, want.Partial = "", "", waitsFor[:1], true
		}
		part, err := f.over().Gates(t.Context(), runs.RunFilter{Search: "4711"}, "", 10)
		require.NoError(t, err)
		require.Equal(t, []runs.GateRow{want}, part.Gates)
	}
}

// The status of a closed gate is that of its result or, without one, says how its run closed. Only
// passed lets pass. The type of the error says what an unreadable result does not.
func TestGateThatClosedTellsItsDecision(t *testing.T) {
	t.Parallel()
	const failed = enumspb.WORKFLOW_EXECUTION_STATUS_FAILED
	by := latch.DecidedBy{Webhook: "board", Event: "DEPLOY", By: "ann"}
	result := func(status, decision string) latch.GateResult {
		return latch.GateResult{ID: "4711", Event: "DEPLOY", Status: status, Decision: decision, Reason: "so", DecidedBy: by}
	}
	stopped := runstest.Failed("gate 4711 decided stop: so", latch.ErrorGateStopped, runstest.Payloads(result(latch.GateStopped, latch.Stop)))
	sealed := runstest.Failed("encrypted", latch.ErrorGateStopped, runstest.Payloads(result(latch.GateStopped, latch.Stop)))
	sealed.GetWorkflowExecutionFailedEventAttributes().GetFailure().GetApplicationFailureInfo().GetDetails().GetPayloads()[0].
		Metadata["encoding"] = []byte("binary/encrypted")
	for name, test := range map[string]struct {
		how            enumspb.WorkflowExecutionStatus
		event          *historypb.HistoryEvent
		status, reason string
		// own reports that the run's own result is read, partial that it cannot be.
		own, partial bool
	}{
		"passed": {enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED,
			runstest.Completed(runstest.Payloads(result(latch.GatePassed, latch.Continue))), latch.GatePassed, "so", true, false},
		"stopped": {failed, stopped, latch.GateStopped, "so", true, false},
		"rolled back": {failed, runstest.Failed("x", latch.ErrorGateRolledBack, runstest.Payloads(result(latch.GateRolledBack, latch.Rollback))),
			latch.GateRolledBack, "so", true, false},
		"cancelled": {enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED,
			runstest.Canceled(runstest.Payloads(result(latch.GateCancelled, latch.Stop))), latch.GateCancelled, "so", true, false},
		"sealed": {failed, sealed, latch.GateStopped, "", false, true},
		"refused": {failed, runstest.Failed("event: required", latch.ErrorInvalidSpec, runstest.Payloads([]string{"x"})),
			latch.JobFailed, "event: required", false, false},
		"terminated": {enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, runstest.Terminated("by hand"), runs.StatusTerminated,
			"terminated: by hand", false, false},
		"timed out": {enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT, runstest.TimedOut(), latch.JobTimedOut, "timed out by Temporal", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.Add("gate-4711", latch.WorkflowGate, test.how).Closed = test.event
			want := runs.GateRow{RunRow: runs.RunRow{ID: "4711", Reason: test.reason, WorkflowID: "gate-4711",
				RunID: "00000000-0000-4000-8000-000000000000", Partial: test.partial,
				StartedAt: latch.NewTime(noon), ClosedAt: latch.NewTime(noon.Add(time.Hour))}, Status: test.status}
			if test.own {
				want.Event, want.DecidedBy = "DEPLOY", &by
			}
			part, err := f.over().Gates(t.Context(), runs.RunFilter{}, "", 10)
			require.NoError(t, err)
			require.Equal(t, []runs.GateRow{want}, part.Gates)
			outcome, err := f.over().Outcome(t.Context(), "gate-4711", "")
			if !test.partial {
				require.NoError(t, err)
				require.Equal(t, outcome.Status, test.status, "as GET of the gate has it")
			}
			for _, status := range runs.GateStatuses {
				part, err := f.over().Gates(t.Context(), runs.RunFilter{Status: status}, "", 10)
				require.NoError(t, err)
				require.Equal(t, status == test.status, len(part.Gates) == 1, status)
			}
		})
	}
}

// The visibility query of a filter. A gate whose worker sets no search attributes is found by how
// its run closed.
func TestGateQueries(t *testing.T) {
	t.Parallel()
	const all = "WorkflowType = 'latch.Gate' AND "
	for status, want := range map[string]string{
		"":            "ExecutionStatus != 'ContinuedAsNew'",
		"running":     "ExecutionStatus IN ('Running', 'Paused')",
		"passed":      "ExecutionStatus = 'Completed'",
		"stopped":     "ExecutionStatus = 'Failed' AND (LatchStatus = 'stopped' OR LatchID IS NULL)",
		"rolled_back": "ExecutionStatus = 'Failed' AND (LatchStatus = 'rolled_back' OR LatchID IS NULL)",
		"failed":      "ExecutionStatus = 'Failed' AND (LatchStatus IS NULL OR LatchStatus NOT IN ('stopped', 'rolled_back'))",
		"cancelled":   "ExecutionStatus = 'Canceled'",
		"timed_out":   "ExecutionStatus = 'TimedOut'",
		"terminated":  "ExecutionStatus = 'Terminated'",
	} {
		f := newFake(t)
		_, err := f.over().Gates(t.Context(), runs.RunFilter{Status: status}, "", 10)
		require.NoError(t, err)
		_, err = f.over().CountGates(t.Context(), runs.RunFilter{Status: status}, "")
		require.NoError(t, err)
		require.Equal(t, all+want, f.Queries[0])
		require.Contains(t, f.Queries[1:], all+want)
	}
	f := newFake(t)
	_, err := f.over().Gates(t.Context(), runs.RunFilter{Status: "released"}, "", 10)
	require.EqualError(t, err, `status: "released" is not a status of a gate; one is running, passed, stopped, rolled_back, `+
		"cancelled, failed, timed_out, terminated")
	require.Empty(t, f.Queries)
}
