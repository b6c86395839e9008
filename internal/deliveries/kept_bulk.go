package deliveries

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs"
)

const (
	// keptAtOnce bounds the deliveries that one search returns, and
	// maximumQueue those in one queue, whose argument must stay below
	// Temporal's limit of 2 MiB.
	keptAtOnce   = 200
	maximumQueue = 10_000
)

// redeliverKept sends all kept deliveries. A workflow for each webhook sends
// them in the order of their events, each after the previous one has ended.
func (l *Log) redeliverKept(ctx context.Context, filter Filter, dryRun bool) (*BulkRedelivery, error) {
	bulk := &BulkRedelivery{DryRun: dryRun}
	records, err := l.allKept(ctx, filter, bulk)
	if err != nil {
		return nil, err
	}
	var order []string
	byWebhook := map[string][]latch.Record{}
	for _, record := range records {
		if len(byWebhook[record.Webhook]) == 0 {
			order = append(order, record.Webhook)
		}
		byWebhook[record.Webhook] = append(byWebhook[record.Webhook], record)
	}
	for _, webhook := range order {
		bulk.Deliveries = append(l.queue(ctx, webhook, byWebhook[webhook], dryRun, bulk), bulk.Deliveries...)
	}
	bulk.count()
	return bulk, nil
}

// allKept returns the records that match the filter, oldest first. It adds
// those that are already being sent to bulk.
func (l *Log) allKept(ctx context.Context, filter Filter, bulk *BulkRedelivery) ([]latch.Record, error) {
	var records []latch.Record
	known := map[string]bool{}
	for cursor := ""; ; {
		s, err := l.search(ctx, filter, cursor, keptAtOnce)
		if err != nil {
			return nil, err
		}
		part := s.part()
		bulk.Unanswered, bulk.Runs = bulk.Unanswered+part.Unanswered, bulk.Runs+part.Runs
		for _, record := range part.Records {
			if !known[record.DeliveryID] {
				known[record.DeliveryID] = true
				records = append(records, record)
			}
		}
		for _, each := range s.passed {
			if known[each.record.DeliveryID] {
				continue
			}
			known[each.record.DeliveryID] = true
			outcome := redeliveryOf(&each.record)
			outcome.Outcome, outcome.Reason = OutcomeSkipped, string(each.fate)
			bulk.Deliveries = append(bulk.Deliveries, outcome)
		}
		if cursor = part.NextCursor; cursor == "" {
			break
		}
	}
	bulk.Incomplete = bulk.Unanswered > 0
	slices.Reverse(records)
	slices.SortStableFunc(records, byPlace)
	return records, nil
}

// byPlace orders deliveries by when their events fired, and those of one run that
// fired at the same time by their numbers.
func byPlace(a, b latch.Record) int {
	return cmp.Or(cmp.Compare(firedAt(&a), firedAt(&b)), cmp.Compare(a.RunID, b.RunID), cmp.Compare(a.Sequence, b.Sequence))
}

// firedAt returns when the delivery's event fired, in Unix milliseconds.
func firedAt(record *latch.Record) int64 { return record.StartedAt.UnixMilli() }

// queue starts the workflow that sends a webhook's deliveries. If one is
// already running, the deliveries stay kept, and so do those beyond
// maximumQueue.
func (l *Log) queue(ctx context.Context, webhook string, records []latch.Record, dryRun bool, bulk *BulkRedelivery) []RedeliveryOutcome {
	if len(records) > maximumQueue {
		records, bulk.Incomplete = records[:maximumQueue], true
	}
	outcomes := make([]RedeliveryOutcome, len(records))
	var queue protocol.Queue
	for i := range records {
		outcomes[i] = redeliveryOf(&records[i])
		outcomes[i].Failure = records[i].Error
		queue.Items = append(queue.Items, protocol.QueueItem{DeliveryID: records[i].DeliveryID, WorkflowID: records[i].WorkflowID})
	}
	all := func(change func(*RedeliveryOutcome)) []RedeliveryOutcome {
		for i := range outcomes {
			change(&outcomes[i])
		}
		return outcomes
	}
	if dryRun {
		return all(func(o *RedeliveryOutcome) { o.Outcome = OutcomePlanned })
	}
	workflowID, runID, err := l.startQueue(ctx, webhook, &records[0], queue)
	running, is := runs.RunningIn(err)
	switch {
	case is:
		return all(func(o *RedeliveryOutcome) {
			o.Outcome, o.Reason, o.WorkflowID, o.RunID = OutcomeSkipped, ReasonUnderWay, workflowID, running
		})
	case err != nil:
		return all(func(o *RedeliveryOutcome) { o.Outcome, o.Error = OutcomeError, strings.TrimSuffix(err.Error(), ".") })
	default:
		return all(func(o *RedeliveryOutcome) { o.Outcome, o.WorkflowID, o.RunID = OutcomeStarted, workflowID, runID })
	}
}

func (l *Log) startQueue(ctx context.Context, webhook string, first *latch.Record, queue protocol.Queue) (workflowID, runID string, err error) {
	run, err := l.originOf(ctx, first.DeliveryID, Origin{WorkflowID: first.WorkflowID, RunID: first.RunID})
	if err != nil {
		return "", "", err
	}
	workflowID = protocol.QueueID(run.GetTaskQueue(), webhook)
	runID, err = l.runs.Start(ctx, runs.Start{Workflow: latch.WorkflowDeliverInOrder, WorkflowID: workflowID, TaskQueue: run.GetTaskQueue(),
		Summary: "What was kept for " + webhook, Arguments: []any{queue}, RequestPrefix: latch.PrefixRedelivery})
	return workflowID, runID, err
}
