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
	last, err := l.lastRedelivery(ctx, record.DeliveryID)
	if err != nil {
		return record, stillFailed, err
	}
	return l.fateAfter(ctx, last, run, record)
}

// lastRedelivery returns the newest redelivery of a delivery, or nil if it has none.
func (l *Log) lastRedelivery(ctx context.Context, id string) (*workflowpb.WorkflowExecutionInfo, error) {
	described, err := l.runs.Describe(ctx, latch.PrefixRedelivery+id, "")
	if runs.IsNotFound(err) {
		return nil, nil
	}
	return described.GetWorkflowExecutionInfo(), err
}

// fateAfter is fateOf for a delivery whose newest redelivery is known, nil if it has none.
func (l *Log) fateAfter(ctx context.Context, last *workflowpb.WorkflowExecutionInfo, run execution,
	record latch.Record) (latch.Record, fate, error) {
	if last == nil {
		return record, stillFailed, nil
	}
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
