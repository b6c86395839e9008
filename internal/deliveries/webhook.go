package deliveries

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"golang.org/x/sync/errgroup"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs"
)

// A WebhookPart is a part of a webhook's history.
type WebhookPart struct {
	// Records are the newest first, never nil.
	Records []latch.Record
	// NextCursor is where the next part goes on; empty on the last.
	NextCursor string
	// Incomplete reports that so many runs went on at the same time that not all
	// were asked.
	Incomplete bool
}

// Webhook returns the records of a webhook, at one event if the query names one,
// in all runs, newest first: at most limit, from the cursor on. It needs the
// search attribute of webhooks, else the error is a [*MissingAttributeError]; for a
// malformed cursor it is a [*RefusedError].
func (l *Log) Webhook(ctx context.Context, want latch.HistoryQuery, cursor string, limit int) (*WebhookPart, error) {
	found := newestRecords{limit: limit, records: []latch.Record{}}
	if cursor != "" {
		found.from = &place{}
		if !decodeCursor(cursor, found.from) || found.from.At.IsZero() {
			return nil, badCursor(cursor)
		}
	}
	next, err := l.scan(ctx, scan{query: webhookQuery(want, found.from), settled: found.settled,
		ask: func(ctx context.Context, runs []*workflowpb.WorkflowExecutionInfo) error {
			return l.askWebhook(ctx, runs, want, &found)
		}})
	if err != nil {
		return nil, l.withoutAttribute(err)
	}
	records, last := found.part()
	part := &WebhookPart{Records: records, Incomplete: next != nil}
	if last != nil {
		part.NextCursor = encodeCursor(last)
	}
	return part, l.followAll(ctx, part.Records)
}

// webhookQuery finds the runs that have the webhook. Those that began after
// the place have nothing older.
func webhookQuery(want latch.HistoryQuery, from *place) string {
	query := fmt.Sprintf("%s = %s", latch.SearchAttributeWebhooks, runs.Quote(tagOf(want.Webhook, want.Event)))
	if from != nil {
		query += " AND StartTime < " + runs.Instant(from.At.Add(time.Millisecond))
	}
	return query
}

// tagOf is the value by which runs with a webhook are found.
func tagOf(webhook, event string) string {
	if event == "" {
		return webhook
	}
	return webhook + ":" + event
}

// withoutAttribute returns the error that says what to do if the namespace does
// not know the attribute: it knows all else in the query.
func (l *Log) withoutAttribute(err error) error {
	var invalid *serviceerror.InvalidArgument
	if !errors.As(err, &invalid) {
		return err
	}
	return &MissingAttributeError{Namespace: l.runs.Namespace(), cause: invalid.Message}
}

// askWebhook adds the runs' records. A run that is gone meanwhile has none.
func (l *Log) askWebhook(ctx context.Context, runs []*workflowpb.WorkflowExecutionInfo, want latch.HistoryQuery, found *newestRecords) error {
	told := make([][]latch.Record, len(runs))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(askers)
	for i, run := range runs {
		group.Go(func() error {
			err := l.query(ctx, runOf(run), latch.QueryHistory, &told[i], want)
			if hasNoRecords(err) {
				return nil
			}
			return err
		})
	}
	err := group.Wait()
	found.add(slices.Concat(told...))
	return err
}

// followAll replaces records that their run left pending by those of what happened
// after it.
func (l *Log) followAll(ctx context.Context, records []latch.Record) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(askers)
	for i := range records {
		group.Go(func() (err error) {
			records[i], err = l.follow(ctx, records[i])
			return err
		})
	}
	return group.Wait()
}

// follow returns the record as it ended after its run, if that left it pending.
func (l *Log) follow(ctx context.Context, record latch.Record) (latch.Record, error) {
	if record.HandedTo == "" || record.Result != latch.ResultPending {
		return record, nil
	}
	var final []latch.Record
	err := l.query(ctx, newest(record.HandedTo), latch.QueryHistory, &final)
	if err != nil && !hasNoRecords(err) {
		return record, err
	}
	if err == nil && len(final) == 1 {
		final[0].HandedTo = record.HandedTo
		return final[0], nil
	}
	return record, nil
}

// newest names the newest run of a workflow.
type newest string

// GetWorkflowId returns the workflow's id.
func (n newest) GetWorkflowId() string { return string(n) }

// GetRunId returns none.
func (newest) GetRunId() string { return "" }
