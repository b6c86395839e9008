package audit

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs"
	"github.com/latch-run/latch/internal/typo"
)

const (
	// eventsAtOnce is how many events of a history are read at once.
	eventsAtOnce = 200
	// maximumPages and readTimeout bound how much one call reads if few entries match.
	maximumPages = 50
	readTimeout  = 15 * time.Second
)

// A Part is one page of the audit.
type Part struct {
	Entries []latch.AuditEntry `json:"entries" doc:"The newest first"`
	// NextCursor is where the next page begins.
	NextCursor string `json:"next_cursor,omitempty" doc:"The parameter cursor of the next page, with the same other parameters; absent on the last"`
	// Unread is how many signals have entries that cannot be read.
	Unread int `json:"unread,omitempty" doc:"How many signals have entries that cannot be read here, such as those encrypted with a key that is not here"`
	// BeginsAt is when the oldest run began that Temporal still has, on the last page.
	BeginsAt latch.Time `json:"begins_at,omitzero" doc:"On the last page, since when there are entries: Temporal has deleted earlier ones, or there were none"`
}

// Check returns a [*runs.ArgumentError] if no entry can match the filter.
func (f *Filter) Check() error {
	if !f.Since.IsZero() && !f.Until.IsZero() && !f.Since.Before(f.Until) {
		return runs.NewArgumentError("since", "%s does not come before until (%s)", f.Since.UTC().Format(time.RFC3339),
			f.Until.UTC().Format(time.RFC3339))
	}
	if f.Action != "" && !slices.ContainsFunc(latch.AuditActions(),
		func(action string) bool { return action == f.Action || latch.IsAuditOf(action, f.Action) }) {
		return runs.NewArgumentError("action", "%q is not an action; the actions are %s, and release stands for all that begin with release%s",
			f.Action, strings.Join(latch.AuditActions(), ", "), typo.Hint(f.Action, latch.AuditActions()))
	}
	if f.Outcome != "" && !slices.Contains(latch.AuditOutcomes(), f.Outcome) {
		return runs.NewArgumentError("outcome", "%q is not an outcome; the outcomes are %s", f.Outcome,
			strings.Join(latch.AuditOutcomes(), ", "))
	}
	return nil
}

// A cursor is the position after an entry.
type cursor struct {
	// RunID is the run of the chain, and Started when it began.
	RunID   string    `json:"run_id"`
	Started time.Time `json:"started"`
	// Page is the token of the page of events that is being read.
	Page []byte `json:"page,omitempty"`
	// Below is the event of which Skip entries were taken. Newer events are skipped: the first
	// page of a run begins with what was appended since.
	Below int64 `json:"below,omitempty"`
	Skip  int   `json:"skip,omitempty"`
	// Since and Until are the times of the first page.
	Since time.Time `json:"since,omitzero"`
	Until time.Time `json:"until,omitzero"`
}

func (c *cursor) encode() string {
	encoded, err := json.Marshal(c)
	if err != nil {
		return "" // times, numbers and bytes always encode
	}
	return base64.RawURLEncoding.EncodeToString(encoded)
}

func decodeCursor(text string) (*cursor, error) {
	at := new(cursor)
	decoded, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(decoded, at) != nil || at.RunID == "" || at.Skip < 0 {
		return nil, runs.NewArgumentError("cursor", "%q is not the next_cursor of an earlier part", text)
	}
	return at, nil
}

// A reading reads one page.
type reading struct {
	*Log
	filter Filter
	limit  int
	at     *cursor
	part   *Part
}

// Page returns at most limit entries that the filter takes, the newest first, from the cursor on.
// Because a call reads a bounded part of the history, it may return fewer, or none, although there
// is a next page. It needs no worker. An invalid filter or cursor is a [*runs.ArgumentError].
func (l *Log) Page(ctx context.Context, filter Filter, from string, limit int) (*Part, error) {
	if err := filter.Check(); err != nil {
		return nil, err
	}
	r := &reading{Log: l, filter: filter, limit: limit, part: &Part{Entries: []latch.AuditEntry{}}}
	var err error
	if from == "" {
		r.at, err = l.newest(ctx)
	} else if r.at, err = decodeCursor(from); err == nil {
		r.filter.Since, r.filter.Until = r.at.Since, r.at.Until
	}
	if err != nil || r.at == nil {
		return r.part, err
	}
	r.at.Since, r.at.Until = r.filter.Since, r.filter.Until
	return r.part, r.read(ctx)
}

// newest returns where the newest run of the chain begins, or nil if the chain has no run.
func (l *Log) newest(ctx context.Context) (*cursor, error) {
	described, err := l.runs.Describe(ctx, l.workflowID(), "")
	if runs.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find the audit of task queue %q: %w", l.taskQueue, err)
	}
	return cursorAt(described.GetWorkflowExecutionInfo()), nil
}

func cursorAt(info *workflowpb.WorkflowExecutionInfo) *cursor {
	return &cursor{RunID: info.GetExecution().GetRunId(), Started: info.GetStartTime().AsTime()}
}

// read reads pages of events until the part is full, or the chain has ended.
func (r *reading) read(ctx context.Context) error {
	over := time.Now().Add(readTimeout)
	for looked := 0; looked < maximumPages && time.Now().Before(over); looked++ {
		execution := &commonpb.WorkflowExecution{WorkflowId: r.workflowID(), RunId: r.at.RunID}
		events, next, err := r.runs.EventsBackwards(ctx, execution, r.at.Page, eventsAtOnce)
		if err != nil && !runs.IsNotFound(err) { // not found: Temporal has deleted it since
			return fmt.Errorf("read the audit in run %s of %s: %w", r.at.RunID, r.workflowID(), err)
		}
		if ended := r.take(events); ended {
			return nil
		}
		if r.at.Page = next; len(next) > 0 {
			continue
		}
		if ended, err := r.goBack(ctx); ended || err != nil {
			return err
		}
	}
	r.part.NextCursor = r.at.encode()
	return nil
}

// take takes the entries of events. It reports whether the part is complete.
func (r *reading) take(events []*historypb.HistoryEvent) (ended bool) {
	for _, event := range events {
		id := event.GetEventId()
		if r.at.Below != 0 && id > r.at.Below {
			continue
		}
		if !r.filter.Since.IsZero() && event.GetEventTime().AsTime().Before(r.filter.Since) {
			return true
		}
		entries := r.entriesIn(event)
		taken := 0
		if id == r.at.Below {
			taken = r.at.Skip
		}
		for ; taken < len(entries); taken++ {
			if len(r.part.Entries) == r.limit {
				r.at.Below, r.at.Skip = id, taken
				r.part.NextCursor = r.at.encode()
				return true
			}
			if entry := entries[taken]; r.filter.takes(&entry) {
				r.part.Entries = append(r.part.Entries, entry)
			}
		}
		r.at.Below, r.at.Skip = id, len(entries)
	}
	return false
}

// entriesIn returns the entries of an event, the newest first.
func (r *reading) entriesIn(event *historypb.HistoryEvent) []latch.AuditEntry {
	signal := event.GetWorkflowExecutionSignaledEventAttributes()
	if signal.GetSignalName() != protocol.SignalAudit {
		return nil
	}
	var read protocol.AuditEntries
	payloads := signal.GetInput().GetPayloads()
	if len(payloads) != 1 || r.runs.Read(payloads[0], &read) != nil {
		if event.GetEventId() != r.at.Below {
			r.part.Unread++
		}
		return nil
	}
	for i := range read.Entries {
		entry := &read.Entries[i]
		entry.ID = fmt.Sprintf("%s-%d-%d", r.at.RunID, event.GetEventId(), i)
		entry.At = latch.NewTime(event.GetEventTime().AsTime())
	}
	slices.Reverse(read.Entries)
	return read.Entries
}

// goBack goes to the run before. It reports whether the current one is the first.
func (r *reading) goBack(ctx context.Context) (ended bool, err error) {
	query := fmt.Sprintf("WorkflowId = %s AND StartTime < %s AND RunId != %s", runs.Quote(r.workflowID()),
		runs.Quote(r.at.Started.UTC().Format(time.RFC3339Nano)), runs.Quote(r.at.RunID))
	listed, err := r.runs.Page(ctx, query, 1, nil)
	if err != nil {
		return false, fmt.Errorf("find the earlier runs of %s: %w", r.workflowID(), err)
	}
	before := listed.GetExecutions()
	if len(before) == 0 || !before[0].GetStartTime().AsTime().Before(r.at.Started) {
		r.part.BeginsAt = latch.NewTime(r.at.Started)
		return true, nil
	}
	r.at = cursorAt(before[0])
	r.at.Since, r.at.Until = r.filter.Since, r.filter.Until
	return false, nil
}
