package audit

import (
	"context"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs"
)

// A Log is the audit of one task queue. It is the chain of runs of one workflow; each entry is in
// the event of the signal that appended it.
type Log struct {
	runs      *runs.Runs
	taskQueue string
}

// New returns the audit of a task queue.
func New(all *runs.Runs, taskQueue string) *Log { return &Log{runs: all, taskQueue: taskQueue} }

// workflowID returns the id of the workflow that has the entries.
func (l *Log) workflowID() string { return protocol.AuditID(l.taskQueue) }

// Append appends entries by one signal, and starts the workflow if it is not there. No worker has
// to run.
func (l *Log) Append(ctx context.Context, entries []latch.AuditEntry) error {
	return l.runs.Signal(ctx, runs.Start{Workflow: latch.WorkflowAudit, WorkflowID: l.workflowID(), TaskQueue: l.taskQueue,
		Summary: "Who did what", Arguments: []any{protocol.Audit{}}}, protocol.SignalAudit, protocol.AuditEntries{Entries: entries})
}

// A Filter says which entries to read. The zero value takes all.
type Filter struct {
	// Since and Until bound the time of an entry. Until is exclusive.
	Since, Until time.Time
	// By is a name, Action an action or what is before its dot, and Outcome an outcome.
	By, Action, Outcome string
}

// takes reports whether the filter takes an entry.
func (f *Filter) takes(entry *latch.AuditEntry) bool {
	return (f.By == "" || entry.By == f.By) && (f.Outcome == "" || entry.Outcome == f.Outcome) &&
		(f.Action == "" || entry.Action == f.Action || latch.IsAuditOf(entry.Action, f.Action)) &&
		(f.Since.IsZero() || !entry.At.Before(f.Since)) && (f.Until.IsZero() || entry.At.Before(f.Until))
}
