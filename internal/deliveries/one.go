package deliveries

import (
	"context"
	"slices"

	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs"
)

// maximumRedeliveries bounds the redeliveries shown of one delivery, the newest
// ones.
const maximumRedeliveries = 50

// A Delivery is one delivery with its redeliveries.
type Delivery struct {
	Records    []latch.Record `json:"records" doc:"The delivery's own record, then one for each redelivery, oldest first; of redeliveries the newest 50"`
	UnderWay   bool           `json:"under_way,omitempty" doc:"The delivery's record is pending, or a redelivery is running"`
	Unanswered int            `json:"unanswered,omitempty" doc:"How many redeliveries are missing in records, because no worker answered for them"`
}

// Delivery returns one delivery with its redeliveries. These include one that
// has just begun, and the older ones that Temporal still keeps. An unknown id
// or an incomplete origin is a [*RefusedError].
func (l *Log) Delivery(ctx context.Context, id string, origin Origin) (*Delivery, error) {
	ctx, cancel := context.WithTimeout(ctx, partTimeout)
	defer cancel()
	run, err := l.originOf(ctx, id, origin)
	if err != nil {
		return nil, err
	}
	first, err := l.recordOf(ctx, runOf(run), id)
	if err != nil {
		return nil, err
	}
	shown := []latch.Record{*first}
	if _, err := l.runs.AddMeasured(ctx, run.GetExecution().GetWorkflowId(), run.GetExecution().GetRunId(), shown); err != nil {
		return nil, err
	}
	resent, err := l.resentIn(ctx, id)
	if err != nil {
		return nil, err
	}
	found := &Delivery{Records: shown, UnderWay: first.Result == latch.ResultPending}
	for _, each := range resent {
		record, err := l.recordOf(ctx, runOf(each), id)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			found.Unanswered++
		default:
			found.Records = append(found.Records, *record)
		}
		found.UnderWay = found.UnderWay || isRunning(each)
	}
	return found, nil
}

// recordOf returns a run's record of a delivery.
func (l *Log) recordOf(ctx context.Context, run execution, id string) (*latch.Record, error) {
	var records []latch.Record
	if err := l.query(ctx, run, latch.QueryHistory, &records); err != nil {
		if hasNoRecords(err) {
			return nil, noDelivery(id)
		}
		return nil, err
	}
	for i := range records {
		if records[i].DeliveryID == id {
			record, err := l.follow(ctx, records[i])
			return &record, err
		}
	}
	return nil, noDelivery(id)
}

// resentIn returns the runs that redelivered a delivery, oldest first. It asks
// for the newest one separately, because Temporal's list lags behind.
func (l *Log) resentIn(ctx context.Context, id string) ([]*workflowpb.WorkflowExecutionInfo, error) {
	workflowID := latch.PrefixRedelivery + id
	described, err := l.runs.Describe(ctx, workflowID, "")
	if runs.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	last := described.GetWorkflowExecutionInfo()
	listed, err := l.runs.Page(ctx, "WorkflowId = "+runs.Quote(workflowID), maximumRedeliveries, nil)
	if err != nil {
		return nil, err
	}
	found := []*workflowpb.WorkflowExecutionInfo{last}
	for _, each := range listed.GetExecutions() {
		if each.GetExecution().GetWorkflowId() == workflowID && !sameRun(runOf(each), runOf(last)) {
			found = append(found, each)
		}
	}
	slices.SortStableFunc(found, func(a, b *workflowpb.WorkflowExecutionInfo) int {
		return a.GetStartTime().AsTime().Compare(b.GetStartTime().AsTime())
	})
	return found, nil
}
