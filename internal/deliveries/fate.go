package deliveries

import (
	"context"

	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs"
)

// A fate says what has happened to a failed delivery since.
type fate string

const (
	// stillFailed: nothing, or a redelivery failed as well.
	stillFailed fate = ""
	// isUnderWay: a redelivery is in progress.
	isUnderWay fate = ReasonUnderWay
	// wasDelivered: a redelivery arrived.
	wasDelivered fate = ReasonDelivered
)

// fateOf returns the final record of a delivery that failed in its run: that of
// its newest redelivery, or else the run's own. A redelivery that was ended from
// outside does not count.
func (l *Log) fateOf(ctx context.Context, run execution, record latch.Record) (latch.Record, fate, error) {
	described, err := l.runs.Describe(ctx, latch.PrefixRedelivery+record.DeliveryID, "")
	if runs.IsNotFound(err) {
		return record, stillFailed, nil
	}
	if err != nil {
		return record, stillFailed, err
	}
	last := described.GetWorkflowExecutionInfo()
	if isRunning(last) {
		record.HandedTo = last.GetExecution().GetWorkflowId()
		return record, isUnderWay, nil
	}
	if sameRun(runOf(last), run) {
		return record, stillFailed, nil
	}
	return l.fateBy(ctx, last, record)
}

// fateBy is fateOf for a redelivery that has ended.
func (l *Log) fateBy(ctx context.Context, last *workflowpb.WorkflowExecutionInfo, record latch.Record) (latch.Record, fate, error) {
	var records []latch.Record
	err := l.query(ctx, runOf(last), latch.QueryHistory, &records)
	if err != nil && !hasNoRecords(err) {
		return record, stillFailed, err
	}
	switch {
	case err != nil || len(records) != 1 || records[0].Result == latch.ResultPending:
		return record, stillFailed, nil
	case Failed(&records[0]), records[0].Kept:
		return records[0], stillFailed, nil
	default:
		return records[0], wasDelivered, nil
	}
}

func sameRun(a, b execution) bool {
	return a.GetWorkflowId() == b.GetWorkflowId() && a.GetRunId() == b.GetRunId()
}
