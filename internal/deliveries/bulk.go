package deliveries

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/latch-run/latch"
)

// Outcomes of a redelivery in bulk, for one delivery.
const (
	OutcomeStarted = "started"
	// OutcomePlanned replaces OutcomeStarted in a dry run.
	OutcomePlanned = "planned"
	OutcomeSkipped = "skipped"
	OutcomeError   = "error"
)

// Reasons why a delivery was skipped.
const (
	ReasonUnderWay  = "under_way"
	ReasonDelivered = "delivered"
)

// A RedeliveryOutcome says what was done about one failed delivery.
type RedeliveryOutcome struct {
	DeliveryID string `json:"delivery_id"`
	Webhook    string `json:"webhook"`
	Event      string `json:"event"`
	Job        string `json:"job,omitempty"`
	Release    string `json:"release,omitempty"`
	FiredBy    string `json:"fired_by,omitempty" doc:"The workflow id of the run that fired it"`
	Outcome    string `json:"outcome" enum:"started,planned,skipped,error"`
	Reason     string `json:"reason,omitempty" enum:"under_way,delivered" doc:"Why it was skipped: it is being sent, or has arrived since it failed"`
	Error      string `json:"error,omitempty" doc:"Why it could not be sent again"`
	Failure    string `json:"failure,omitempty" doc:"Why the delivery failed, the last time that it was sent"`
	WorkflowID string `json:"workflow_id,omitempty" doc:"The workflow that sends it"`
	RunID      string `json:"run_id,omitempty"`
	Redelivery int    `json:"redelivery,omitempty" doc:"Which redelivery was started, 1 for the first; of a planned one, how often it was sent again before"`
}

// A BulkRedelivery is one page of what was done about failed deliveries.
type BulkRedelivery struct {
	Deliveries []RedeliveryOutcome `json:"deliveries" doc:"Those sent again in the order of their events, oldest first, then those skipped"`
	Started    int                 `json:"started"`
	Planned    int                 `json:"planned,omitempty" doc:"In a dry run: how many would be started"`
	Skipped    int                 `json:"skipped"`
	Errors     int                 `json:"errors"`
	DryRun     bool                `json:"dry_run,omitempty"`
	NextCursor string              `json:"next_cursor,omitempty" doc:"There may be more: the cursor of the next call, with the same filter"`
	Incomplete bool                `json:"incomplete,omitempty" doc:"Not all runs were asked: next_cursor continues with the others; the deliveries of runs counted by unanswered are missing"`
	Unanswered int                 `json:"unanswered,omitempty" doc:"How many runs no worker answered for, or could not"`
	Runs       int                 `json:"runs" doc:"How many runs were asked"`
}

// pace is the time between the starts of redeliveries, so that an endpoint that
// has just recovered is not hit by all of them at once.
const pace = 50 * time.Millisecond

// RedeliverFailed searches like [Log.Search] for deliveries that failed. It
// redelivers at most limit of them, concurrently but at most twenty a second,
// and returns an outcome for each. It is idempotent: it skips deliveries that
// are being redelivered or have arrived since. A dry run starts nothing. If the
// filter has ids, the result has an outcome for each of them, including those
// that were not found.
func (l *Log) RedeliverFailed(ctx context.Context, filter Filter, cursor string, limit int, dryRun bool) (*BulkRedelivery, error) {
	if filter.Kept {
		return l.RedeliverKept(ctx, filter, dryRun, func(int, int) {})
	}
	filter.Failed = true
	s, err := l.search(ctx, filter, cursor, limit)
	if err != nil {
		return nil, err
	}
	part := s.part()
	bulk := &BulkRedelivery{DryRun: dryRun, NextCursor: part.NextCursor, Incomplete: part.Incomplete, Unanswered: part.Unanswered, Runs: part.Runs}
	records := slices.Clone(part.Records)
	slices.Reverse(records)
	bulk.Deliveries = l.redeliverAll(ctx, records, dryRun)
	for _, each := range s.passed {
		outcome := redeliveryOf(&each.record)
		outcome.Outcome, outcome.Reason = OutcomeSkipped, string(each.fate)
		bulk.Deliveries = append(bulk.Deliveries, outcome)
	}
	if bulk.NextCursor == "" {
		bulk.addMissing(filter.IDs)
	}
	bulk.count()
	return bulk, nil
}

// addMissing adds an error for each requested id that no failed delivery has.
func (b *BulkRedelivery) addMissing(ids []string) {
	for _, id := range ids {
		if !slices.ContainsFunc(b.Deliveries, func(each RedeliveryOutcome) bool { return each.DeliveryID == id }) {
			b.Deliveries = append(b.Deliveries, RedeliveryOutcome{DeliveryID: id, Outcome: OutcomeError,
				Error: "No failed delivery of this id was found: Temporal has forgotten its run, or no worker answers for it"})
		}
	}
}

func (b *BulkRedelivery) count() {
	for i := range b.Deliveries {
		switch b.Deliveries[i].Outcome {
		case OutcomeStarted:
			b.Started++
		case OutcomePlanned:
			b.Planned++
		case OutcomeSkipped:
			b.Skipped++
		default:
			b.Errors++
		}
	}
}

// redeliverAll redelivers each record's delivery, in order.
func (l *Log) redeliverAll(ctx context.Context, records []latch.Record, dryRun bool) []RedeliveryOutcome {
	outcomes := make([]RedeliveryOutcome, len(records))
	var group errgroup.Group
	group.SetLimit(askers)
	for i := range records {
		if i > 0 && !dryRun {
			wait(ctx, pace)
		}
		group.Go(func() error {
			outcomes[i] = l.redeliverOne(ctx, &records[i], dryRun)
			return nil
		})
	}
	_ = group.Wait() // errors are in the outcomes
	return outcomes
}

func wait(ctx context.Context, pause time.Duration) {
	select {
	case <-time.After(pause):
	case <-ctx.Done():
	}
}

func (l *Log) redeliverOne(ctx context.Context, record *latch.Record, dryRun bool) RedeliveryOutcome {
	outcome := redeliveryOf(record)
	if dryRun {
		outcome.Outcome, outcome.Redelivery = OutcomePlanned, record.Redelivery
		return outcome
	}
	started, err := l.Redeliver(ctx, record.DeliveryID, Origin{WorkflowID: record.WorkflowID, RunID: record.RunID})
	var refusal *RefusedError
	switch {
	case err == nil:
		outcome.Outcome, outcome.WorkflowID, outcome.RunID, outcome.Redelivery = OutcomeStarted, started.WorkflowID, started.RunID, started.Redelivery
	case errors.As(err, &refusal) && refusal.Reason == UnderWay:
		outcome.Outcome, outcome.Reason = OutcomeSkipped, ReasonUnderWay
		outcome.WorkflowID, outcome.RunID = refusal.WorkflowID, refusal.RunID
	default:
		outcome.Outcome, outcome.Error = OutcomeError, strings.TrimSuffix(err.Error(), ".")
	}
	return outcome
}

func redeliveryOf(record *latch.Record) RedeliveryOutcome {
	outcome := RedeliveryOutcome{DeliveryID: record.DeliveryID, Webhook: record.Webhook, Event: record.Event, Job: record.Job,
		Release: record.Release, FiredBy: record.WorkflowID}
	if Failed(record) {
		outcome.Failure = record.Error
	}
	return outcome
}
