package workflows

import (
	"fmt"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/metric"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rawjson"
)

// versionAccount is the change since which triggers account for runs that did not take place.
const versionAccount = "account-for-runs-that-did-not-take-place"

// Temporal sets these on a workflow that a schedule starts.
var (
	scheduledBy = temporal.NewSearchAttributeKeyKeyword("TemporalScheduledById")
	scheduledAt = temporal.NewSearchAttributeKeyTime("TemporalScheduledStartTime")
)

// account counts the runs that did not take place and fires their events: this one, if it was
// skipped, and those of times at which the job's schedule started nothing since its last
// trigger.
func account(ctx workflow.Context, definition *protocol.Definition, result *latch.TriggerResult) {
	attributes := workflow.GetTypedSearchAttributes(ctx)
	schedule, _ := attributes.GetKeyword(scheduledBy)
	ofSchedule := schedule == protocol.SchedulePrefix+definition.ID
	if !ofSchedule && !result.Skipped {
		return
	}
	if workflow.GetVersion(ctx, versionAccount, workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return
	}
	ctx = disconnect(ctx)
	var at latch.Time
	if scheduled, known := attributes.GetTime(scheduledAt); known {
		at = latch.NewTime(scheduled)
	}
	if result.Skipped {
		tellOf(ctx, definition, at, "busy", latch.EventJobSkipped, metric.JobRunsSkipped, 1, result.Reason)
	}
	if ofSchedule {
		accountForTimes(ctx, definition, at, result)
	}
}

// accountForTimes compares Temporal's counts with those that the schedule's last trigger saw.
// Temporal passes on that trigger's result.
func accountForTimes(ctx workflow.Context, definition *protocol.Definition, at latch.Time, result *latch.TriggerResult) {
	before := &latch.SeenTimes{} // nothing was counted when the job was registered
	if workflow.HasLastCompletionResult(ctx) {
		var last latch.TriggerResult
		if workflow.GetLastCompletionResult(ctx, &last) != nil {
			last.Seen = nil
		}
		before = last.Seen
	}
	var times protocol.Times
	if err := askWithin(ctx, briefly, "Ask what became of the schedule's times", protocol.ActivityTimes, protocol.TimesRequest{ID: definition.ID}, &times); err != nil {
		workflow.GetLogger(ctx).Error("what became of the times of a schedule is not known", "job", definition.ID, "error", err)
		result.Seen = before // the next trigger asks again
		return
	}
	result.Seen = &latch.SeenTimes{Missed: times.Missed, Skipped: times.Skipped}
	if before == nil {
		return // the previous version did not count
	}
	if skipped := times.Skipped - before.Skipped; skipped > 0 {
		tellOf(ctx, definition, at, "overlap", latch.EventJobSkipped, metric.JobRunsSkipped, skipped, "an earlier "+latch.WorkflowTrigger+" of the job was still under way")
	}
	if missed := times.Missed - before.Missed; missed > 0 {
		result.Missed = missed
		tellOf(ctx, definition, at, "missed", latch.EventJobMissed, metric.JobRunsMissed, missed, "Temporal came to their time later than catchup allows")
	}
}

// tellOf counts runs and fires one event for all of them. The time is the one for which the
// trigger was started. It is zero if the trigger was started by hand.
func tellOf(ctx workflow.Context, definition *protocol.Definition, at latch.Time, kind, event, counter string, count int64, reason string) {
	counts{ctx}.missed(counter, definition.ID, count)
	data := latch.Object{"count": rawjson.Encode(count), "reason": rawjson.Encode(reason)}
	if !at.IsZero() {
		data["scheduled_at"] = rawjson.Encode(at)
	}
	workflow.GetLogger(ctx).Info(fmt.Sprintf("%d runs did not take place", count), "job", definition.ID, "event", event, "reason", reason)
	tellNotice(ctx, definition, kind, event, data)
}
