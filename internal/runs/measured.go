package runs

import (
	"slices"

	"go.temporal.io/api/workflowservice/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// AddMeasured adds what analyses that are under way have measured to their records, which
// the run itself learns at their end. described is the run's description. Heartbeats that cannot
// be read add nothing.
func (r *Runs) AddMeasured(records []latch.Record, described *workflowservice.DescribeWorkflowExecutionResponse) {
	for _, pending := range described.GetPendingActivities() {
		at := slices.IndexFunc(records, func(record latch.Record) bool {
			return record.DeliveryID == pending.GetActivityId() && record.Result == latch.ResultPending
		})
		payloads := pending.GetHeartbeatDetails().GetPayloads()
		var left protocol.Memory
		if at < 0 || len(payloads) == 0 || r.Read(payloads[0], &left) != nil || left.Measured == nil {
			continue
		}
		records[at].Measurements, records[at].Attempts = left.Measured.Measurements, left.Measured.Total()
	}
}
