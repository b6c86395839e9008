package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch/internal/metric"
	"github.com/latch-run/latch/internal/protocol"
)

// Counts records a run's metrics. The SDK drops metrics that are recorded during replay.
type counts struct{ ctx workflow.Context }

// settled counts a delivery that has ended.
func (c counts) settled(event string, outcome protocol.Outcome) {
	how := "failed"
	switch {
	case outcome.Delivered:
		how = "delivered"
	case outcome.Withdrawn:
		how = "withdrawn"
	case outcome.Gone:
		how = "gone"
	}
	workflow.GetMetricsHandler(c.ctx).WithTags(metric.Labels("event", metric.Event(event), "outcome", how)).
		Counter(metric.Deliveries).Inc(1)
}

// decided counts the decision of an event, made by its hooks or by a person.
func (c counts) decided(event, decision string, person bool) {
	by := "webhooks"
	if person {
		by = "person"
	}
	workflow.GetMetricsHandler(c.ctx).WithTags(metric.Labels("by", by, "decision", decision, "event", metric.Event(event))).
		Counter(metric.Decisions).Inc(1)
}

// unlocked records how long a lock was open, and what closed it.
func (c counts) unlocked(event, via string, wait time.Duration) {
	workflow.GetMetricsHandler(c.ctx).WithTags(metric.Labels("event", metric.Event(event), "via", via)).
		Timer(metric.LockWait).Record(wait)
}

// missed counts runs of a registered job that did not take place, in the named metric.
func (c counts) missed(name, job string, runs int64) {
	workflow.GetMetricsHandler(c.ctx).WithTags(metric.Labels("job_id", job)).Counter(name).Inc(runs)
}
