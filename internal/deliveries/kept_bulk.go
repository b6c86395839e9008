package deliveries

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/runs"
)

// Bounds of one queue: how many deliveries, and how many bytes as JSON, since it
// is a workflow's argument, of which Temporal takes 2 MiB.
const (
	maximumQueue      = 10_000
	maximumQueueBytes = 1500 << 10
)

// KeptLimit bounds how long it may take to find what was kept: each run is asked.
const KeptLimit = 10 * time.Minute

// RedeliverKept sends all kept deliveries that match the filter. A workflow for
// each webhook sends them in the order of their events, each after the previous
// one has ended. While it looks for them, looked is called with how many runs
// were asked and how many deliveries were found.
func (l *Log) RedeliverKept(ctx context.Context, filter Filter, dryRun bool, looked func(runs, found int)) (*BulkRedelivery, error) {
	filter.Kept = true
	ctx, cancel := context.WithTimeout(ctx, KeptLimit)
	defer cancel()
	bulk := &BulkRedelivery{DryRun: dryRun}
	records, err := l.allKept(ctx, filter, looked, bulk)
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

// allKept returns the records that match the filter, oldest first. It asks each
// run once, and those that gave no answer again: what they kept may come before
// what was found. It adds those that are already being sent to bulk.
func (l *Log) allKept(ctx context.Context, filter Filter, looked func(runs, found int), bulk *BulkRedelivery) ([]latch.Record, error) {
	if err := filter.check(); err != nil {
		return nil, err
	}
	found := &keptRecords{known: map[string]bool{}}
	s := &search{log: l, filter: filter, silent: newSilence(nil), found: &newestRecords{limit: maximumQueue}, sink: found}
	s.asked = func() { looked(s.runs, len(found.records)) }
	for {
		if err := s.carryOut(ctx); err != nil {
			return nil, err
		}
		if s.next == nil {
			break
		}
		s.cursor.Page = s.next
	}
	if err := s.askAgain(ctx); err != nil {
		return nil, err
	}
	if err := s.unheard(); err != nil {
		return nil, err
	}
	for _, each := range s.passed {
		if found.known[each.record.DeliveryID] {
			continue
		}
		outcome := redeliveryOf(&each.record)
		outcome.Outcome, outcome.Reason = OutcomeSkipped, string(each.fate)
		bulk.Deliveries = append(bulk.Deliveries, outcome)
	}
	bulk.Unanswered, bulk.Runs, bulk.Incomplete = s.unanswered, s.runs, s.unanswered > 0
	slices.SortStableFunc(found.records, byPlace)
	return found.records, nil
}

// keptRecords is a sink that keeps all deliveries, each once, without what was
// sent and answered.
type keptRecords struct {
	records []latch.Record
	known   map[string]bool
}

func (k *keptRecords) add(records []latch.Record) {
	for i := range records {
		if record := &records[i]; !k.known[record.DeliveryID] {
			k.known[record.DeliveryID] = true
			k.records = append(k.records, latch.Record{DeliveryID: record.DeliveryID, WorkflowID: record.WorkflowID, RunID: record.RunID,
				Webhook: record.Webhook, Event: record.Event, Job: record.Job, Release: record.Release, Error: record.Error,
				StartedAt: record.StartedAt, Sequence: record.Sequence, Result: record.Result, Kept: record.Kept, Redelivery: record.Redelivery})
		}
	}
}

// settled returns false: the oldest delivery may be in the last run of the list.
func (k *keptRecords) settled(*workflowpb.WorkflowExecutionInfo) bool { return false }

// byPlace orders deliveries by when their events fired, and those of one run that
// fired at the same time by their numbers.
func byPlace(a, b latch.Record) int {
	return cmp.Or(cmp.Compare(firedAt(&a), firedAt(&b)), cmp.Compare(a.RunID, b.RunID), cmp.Compare(a.Sequence, b.Sequence))
}

// firedAt returns when the delivery's event fired, in Unix milliseconds.
func firedAt(record *latch.Record) int64 { return record.StartedAt.UnixMilli() }

// queue starts the workflow that sends a webhook's deliveries. If one is
// already running, the deliveries stay kept, and so do those that do not fit
// into one queue.
func (l *Log) queue(ctx context.Context, webhook string, records []latch.Record, dryRun bool, bulk *BulkRedelivery) []RedeliveryOutcome {
	queue := queueOf(records)
	if len(queue.Items) < len(records) {
		records, bulk.Incomplete = records[:len(queue.Items)], true
	}
	outcomes := make([]RedeliveryOutcome, len(records))
	for i := range records {
		outcomes[i] = redeliveryOf(&records[i])
		outcomes[i].Failure = records[i].Error
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

// queueOf returns a queue of as many deliveries as fit, the oldest ones.
func queueOf(records []latch.Record) protocol.Queue {
	var queue protocol.Queue
	room := maximumQueueBytes
	for i := range records {
		item := protocol.QueueItem{DeliveryID: records[i].DeliveryID, WorkflowID: records[i].WorkflowID}
		if room -= len(rawjson.Encode(item)) + 1; room < 0 || i == maximumQueue {
			break
		}
		queue.Items = append(queue.Items, item)
	}
	return queue
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
