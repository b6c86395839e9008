package activities

import (
	"context"
	"fmt"
	"slices"
	"time"

	enums "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// testNamespace is the namespace of the SDK's test environment, which has no server: its client
// ends the process when it is called.
const testNamespace = "default-test-namespace"

// PendingAttempts returns the state of the asking run's activities.
func (a *Activities) PendingAttempts(ctx context.Context, request protocol.PendingRequest) (protocol.PendingAnswer, error) {
	info := activity.GetInfo(ctx)
	if info.Namespace == testNamespace {
		return pendingRehearsed(ctx, request), nil
	}
	run := info.WorkflowExecution
	described, err := activity.GetClient(ctx).DescribeWorkflowExecution(ctx, run.ID, run.RunID)
	if err != nil {
		return protocol.PendingAnswer{}, fmt.Errorf("describe workflow %q: %w", run.ID, err)
	}
	answer := protocol.PendingAnswer{Known: true}
	for _, pending := range described.GetPendingActivities() {
		if slices.Contains(request.ActivityIDs, pending.GetActivityId()) {
			answer.Attempts = append(answer.Attempts, standing(pending, a.dataConverter(), triesFor(len(request.ActivityIDs))))
		}
	}
	return answer, nil
}

// A PendingAnswer is stored in the run's history, so its description of single attempts is
// bounded, in bytes.
const (
	roomForTries = 128 << 10
	largestTry   = 512
)

// triesFor returns how many attempts are described for each of the given number of deliveries.
func triesFor(deliveries int) int {
	return min(latch.MaximumTries, roomForTries/largestTry/max(deliveries, 1))
}

func standing(pending *workflowpb.PendingActivityInfo, data converter.DataConverter, tries int) protocol.PendingAttempt {
	converter.DecodeCommonFailureAttributes(data, pending.GetLastFailure())
	stands := protocol.PendingAttempt{
		ActivityID: pending.GetActivityId(),
		Ended:      int(pending.GetAttempt()) - 1,
		Running:    pending.GetState() != enums.PENDING_ACTIVITY_STATE_SCHEDULED,
		LastError:  pending.GetLastFailure().GetMessage(),
	}
	var left memory
	if data.FromPayloads(pending.GetHeartbeatDetails(), &left) == nil {
		stands.Tries = left.Tries[max(0, len(left.Tries)-tries):]
		stands.Ended -= left.TurnedAway
		stands.TurnedAway = left.TurnedAway > 0
		stands.Answered, stands.Measured = left.Answered, left.Measured
	}
	if next := pending.GetNextAttemptScheduleTime(); next != nil {
		stands.NextAttemptAt = latch.NewTime(next.AsTime())
	}
	return stands
}

// AwaitFirstAttempts waits until no named activity of the asking run is in its first attempt.
func (a *Activities) AwaitFirstAttempts(ctx context.Context, request protocol.PendingRequest) (protocol.PendingAnswer, error) {
	const first, longest = 100 * time.Millisecond, time.Second
	for interval := first; ; interval = min(2*interval, longest) {
		activity.RecordHeartbeat(ctx)
		answer, err := a.PendingAttempts(ctx, request)
		if err != nil || !answer.Known || !slices.ContainsFunc(answer.Attempts, inFirstAttempt) {
			return answer, err
		}
		select {
		case <-time.After(interval):
		case <-ctx.Done():
			return protocol.PendingAnswer{}, ctx.Err()
		}
	}
}

func inFirstAttempt(stands protocol.PendingAttempt) bool {
	return stands.Ended == 0 && !stands.TurnedAway
}
