package runs

import (
	"context"
	"slices"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// AddMeasured adds what analyses that are under way have measured to their records, which the run
// itself learns at their end. It reports whether any record has changed. It asks Temporal about
// the run, or the newest run if runID is empty, only if a record may be that of an analysis.
// Heartbeats that cannot be read add nothing.
func (r *Runs) AddMeasured(ctx context.Context, workflowID, runID string, records []latch.Record) (changed bool, err error) {
	if !slices.ContainsFunc(records, mayMeasure) {
		return false, nil
	}
	described, err := r.Describe(ctx, workflowID, runID)
	if err != nil {
		return false, err
	}
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
		changed = true
	}
	return changed, nil
}

// mayMeasure reports whether a record may be that of an analysis under way, which makes no request
// of its webhook's own.
func mayMeasure(record latch.Record) bool {
	return record.Result == latch.ResultPending && record.Request == nil
}
