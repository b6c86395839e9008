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

// A WebhookPart is one page of a webhook's history.
type WebhookPart struct {
	// Records is sorted, newest first, and never nil.
	Records []latch.Record
	// NextCursor begins the next page; it is empty on the last.
	NextCursor string
	// Incomplete is true if so many runs were running at the same time that not
	// all were asked.
	Incomplete bool
}

// Webhook returns at most limit records of a webhook, or of one of its events
// if want names one, in all runs, newest first, from the cursor on. Without the
// search attribute for webhooks the error is a [*MissingAttributeError]; for a
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

// webhookQuery returns the visibility query for the runs with the webhook. Runs
// that began after the place have no older records.
func webhookQuery(want latch.HistoryQuery, from *place) string {
	query := fmt.Sprintf("%s = %s", latch.SearchAttributeWebhooks, runs.Quote(tagOf(want.Webhook, want.Event)))
	if from != nil {
		query += " AND StartTime < " + runs.Instant(from.At.Add(time.Millisecond))
	}
	return query
}

// tagOf returns the value of the search attribute of runs with a webhook.
func tagOf(webhook, event string) string {
	if event == "" {
		return webhook
	}
	return webhook + ":" + event
}

// withoutAttribute converts the error of a query to one that says what to do.
// The attribute is the only part of the query that Temporal may not know.
func (l *Log) withoutAttribute(err error) error {
	var invalid *serviceerror.InvalidArgument
	if !errors.As(err, &invalid) {
		return err
	}
	return &MissingAttributeError{Namespace: l.runs.Namespace(), cause: invalid.Message}
}

// askWebhook adds the records of the runs. A run that is gone by now has none.
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

// followAll replaces records that their runs left pending by their final
// records.
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

// follow returns the final record of a delivery that its run handed over.
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

// GetRunId returns "".
func (newest) GetRunId() string { return "" }
