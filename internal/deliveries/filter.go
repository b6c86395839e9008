package deliveries

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs"
)

// A Filter says which records to look for; the zero value matches all.
type Filter struct {
	// Failed selects deliveries that failed according to [Failed], have not arrived since and are
	// not being redelivered: each once, with its last record.
	Failed bool
	// Kept selects deliveries that were not sent because their endpoint was disabled, have not
	// arrived since and are not being redelivered.
	Kept bool
	// Since and Until bound the time when a delivery ended or, if it is pending, when its event
	// fired. Until is exclusive.
	Since, Until time.Time
	// Webhook is the id of a webhook, and Event the name of an event.
	Webhook, Event string
	// Job and Release are the ids of the job or release that fired the event.
	Job, Release string
	// TaskQueue is that of the runs that fired the deliveries. No other run is asked.
	TaskQueue string
	// IDs are delivery ids, at most [MaximumIDs]; empty matches all.
	IDs []string
	// Outcome is one of [AllOutcomes]. Unlike Failed, it selects each record on its own, even if
	// the delivery has arrived since.
	Outcome string
}

// MaximumIDs bounds the ids in a [Filter].
const MaximumIDs = 200

// ParseTime parses a time: RFC 3339, or a duration before now, such as 2h. An empty text is the
// zero time.
func ParseTime(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if back, err := time.ParseDuration(text); err == nil && back >= 0 {
		return now.Add(-back), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is neither a duration back from now, such as 90m or 48h, nor a time such as 2026-01-02T15:04:05Z", text)
	}
	return at, nil
}

// check returns an error if no record can match the filter.
func (f *Filter) check() error {
	switch {
	case len(f.IDs) > MaximumIDs:
		return refused(Invalid, "deliveries: %d ids are too many; the limit is %d.", len(f.IDs), MaximumIDs)
	case f.Failed && f.Kept:
		return refused(Invalid, "failed and skipped: a delivery is one of them, so give one.")
	case f.Job != "" && f.Release != "":
		return refused(Invalid, "job and release: a delivery is of one of them, so give one.")
	case !f.Since.IsZero() && !f.Until.IsZero() && !f.Since.Before(f.Until):
		return refused(Invalid, "since (%s) and until (%s): since must come before until.", f.Since.UTC().Format(time.RFC3339), f.Until.UTC().Format(time.RFC3339))
	}
	if err := f.checkOutcome(); err != nil || f.Event == "" {
		return err
	}
	if err := latch.CheckEvent(f.Event); err != nil {
		return refused(Invalid, "event: %v.", err)
	}
	return nil
}

// takes reports whether a record matches the job, release, outcome and time of the filter. The
// caller has already matched the webhook and event.
func (f *Filter) takes(record *latch.Record) bool {
	if f.Job != "" && record.Job != f.Job || f.Release != "" && record.Release != f.Release {
		return false
	}
	if len(f.IDs) > 0 && !slices.Contains(f.IDs, record.DeliveryID) {
		return false
	}
	if f.Outcome != "" && OutcomeOf(record) != f.Outcome {
		return false
	}
	at := momentOf(record)
	return (f.Since.IsZero() || !at.Before(f.Since)) && (f.Until.IsZero() || at.Before(f.Until))
}

// momentOf returns the time by which a delivery is filtered: when it ended or, while it is pending,
// when its event fired.
func momentOf(record *latch.Record) latch.Time {
	if record.CompletedAt.IsZero() {
		return record.StartedAt
	}
	return record.CompletedAt
}

// ownTypes matches Latch's own workflows that have records.
var ownTypes = fmt.Sprintf("WorkflowType IN ('%s', '%s', '%s', '%s', '%s', '%s', '%s', '%s', '%s')",
	latch.WorkflowJobRun, latch.WorkflowRelease, latch.WorkflowEmit, latch.WorkflowEmitBatch, latch.WorkflowGate, latch.WorkflowDeliver,
	latch.WorkflowJobNotice, latch.WorkflowWatchNotice,
	latch.WorkflowEndNotice)

// query returns the visibility query for the runs that may have matching records: a record begins
// and ends within its run. With search attributes it also finds users' own workflows, and leaves
// out runs that have attributes but not the webhook. Runs of workers that write no attributes are
// always included, and those whose attribute has no room for all of their webhooks.
func (f *Filter) query(attributes bool) string {
	terms := []string{ownTypes}
	if attributes {
		terms = []string{runs.Either(ownTypes, latch.SearchAttributeWebhooks+" IS NOT NULL")}
		if f.Webhook != "" {
			terms = append(terms, runs.Either(isOrLacks(latch.SearchAttributeWebhooks, tagOf(f.Webhook, f.Event)),
				latch.SearchAttributeWebhooks+" = "+runs.Quote(protocol.TagMore)))
		}
		if id := f.Job + f.Release; id != "" {
			terms = append(terms, isOrLacks(latch.SearchAttributeID, id))
		}
	}
	if !f.Since.IsZero() {
		terms = append(terms, runs.Either(runs.Open, "CloseTime >= "+runs.Instant(f.Since)))
	}
	if !f.Until.IsZero() {
		terms = append(terms, "StartTime < "+runs.Instant(f.Until))
	}
	if f.TaskQueue != "" {
		terms = append(terms, "TaskQueue = "+runs.Quote(f.TaskQueue))
	}
	if f.Kept { // such a run has no records of its own
		terms = append(terms, "ExecutionStatus != 'ContinuedAsNew'")
	}
	if of, known := f.runIDs(); known {
		reports := make([]string, len(of))
		for i, run := range of {
			reports[i] = protocol.PrefixEndNotice + run
		}
		terms = append(terms, runs.Either(runs.AnyOf("RunId", of...), runs.AnyOf("WorkflowId", reports...)))
	}
	return strings.Join(terms, " AND ")
}

// runIDs returns the runs of the delivery ids. known is false if there are no ids, or if an id does
// not contain its run.
func (f *Filter) runIDs() (of []string, known bool) {
	for _, id := range f.IDs {
		run, known := protocol.RunOf(id)
		if !known {
			return nil, false
		}
		of = append(of, run)
	}
	slices.Sort(of)
	return slices.Compact(of), len(of) > 0
}

func isOrLacks(attribute, value string) string {
	return runs.Either(attribute+" = "+runs.Quote(value), attribute+" IS NULL")
}
