package activities

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enums "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// Contract, How long a run stays open: a delivery is handed over between two attempts, so the
// server's description of it must be read correctly.
func TestStanding(t *testing.T) {
	t.Parallel()
	next := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		pending *workflowpb.PendingActivityInfo
		stands  protocol.PendingAttempt
		first   bool
	}{
		"waits for a worker": {
			&workflowpb.PendingActivityInfo{ActivityId: "dlv_1", State: enums.PENDING_ACTIVITY_STATE_SCHEDULED, Attempt: 1},
			protocol.PendingAttempt{ActivityID: "dlv_1"}, true},
		"in its first attempt": {
			&workflowpb.PendingActivityInfo{ActivityId: "dlv_1", State: enums.PENDING_ACTIVITY_STATE_STARTED, Attempt: 1},
			protocol.PendingAttempt{ActivityID: "dlv_1", Running: true}, true},
		"between two attempts": {
			&workflowpb.PendingActivityInfo{ActivityId: "dlv_1", State: enums.PENDING_ACTIVITY_STATE_SCHEDULED, Attempt: 3,
				LastFailure: &failurepb.Failure{Message: "answered 503"}, NextAttemptScheduleTime: timestamppb.New(next)},
			protocol.PendingAttempt{ActivityID: "dlv_1", Ended: 2, LastError: "answered 503", NextAttemptAt: latch.NewTime(next)}, false},
		"in a later attempt": {
			&workflowpb.PendingActivityInfo{ActivityId: "dlv_1", State: enums.PENDING_ACTIVITY_STATE_STARTED, Attempt: 3,
				LastFailure: &failurepb.Failure{Message: "answered 503"}},
			protocol.PendingAttempt{ActivityID: "dlv_1", Ended: 2, Running: true, LastError: "answered 503"}, false},
		"told to end in an attempt": {
			&workflowpb.PendingActivityInfo{ActivityId: "dlv_1", State: enums.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED, Attempt: 2},
			protocol.PendingAttempt{ActivityID: "dlv_1", Ended: 1, Running: true}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stands := standing(c.pending, converter.GetDefaultDataConverter(), latch.MaximumTries)
			require.Equal(t, c.stands, stands)
			require.Equal(t, c.first, inFirstAttempt(stands))
		})
	}
}

// The SDK's test environment has no server to ask, so the state is unknown.
func TestPendingAttemptsWithoutServer(t *testing.T) {
	t.Parallel()
	var suite testsuite.WorkflowTestSuite
	environment := suite.NewTestActivityEnvironment()
	registered := New(Options{})
	environment.RegisterActivity(registered.AwaitFirstAttempts)
	value, err := environment.ExecuteActivity(registered.AwaitFirstAttempts, protocol.PendingRequest{ActivityIDs: []string{"dlv_1"}})
	require.NoError(t, err)
	var answer protocol.PendingAnswer
	require.NoError(t, value.Get(&answer))
	require.False(t, answer.Known)
}
