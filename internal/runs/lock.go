package runs

import (
	"cmp"
	"context"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/latch-run/latch"
)

// A WaitingLock is an open lock with the run that waits for it.
type WaitingLock struct {
	latch.OpenLock
	WorkflowID   string `json:"workflow_id"`
	RunID        string `json:"run_id"`
	WorkflowType string `json:"workflow_type"`
}

// A WaitingStep is a failed step of a release that waits for a person's choice.
type WaitingStep struct {
	latch.PausedStep
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
}

// A LockPart is one page of the list of what waits for somebody: open locks, and
// failed steps of releases that pause.
type LockPart struct {
	Locks      []WaitingLock `json:"locks" doc:"Those of the newest run first"`
	Paused     []WaitingStep `json:"paused,omitempty" doc:"The failed steps of releases with on_failure: pause that wait for retry, skip, stop or rollback; with a webhook, an event or a job, none"`
	NextCursor string        `json:"next_cursor,omitempty" doc:"The parameter cursor of the next part, with the same other parameters; absent on the last"`
	Unread     int           `json:"unread,omitempty" doc:"How many runs wait for locks or choices that cannot be read, such as those encrypted with a key that is not here"`
}

// A LockFilter says which locks to list; the zero value matches all.
type LockFilter struct {
	// Webhook is the id of a webhook, and Event the name of an event.
	Webhook, Event string
	// Job and Release are the ids of the job or release that is held.
	Job, Release string
	// Since and Until bound the time when the wait began. Until is exclusive.
	Since, Until time.Time
}

// Check returns an [ArgumentError] if no lock can match the filter.
func (f *LockFilter) Check() error {
	if f.Job != "" && f.Release != "" {
		return wrong("job", "a lock holds a job or a release; give job or release, not both")
	}
	if !f.Since.IsZero() && !f.Until.IsZero() && !f.Since.Before(f.Until) {
		return wrong("since", "%s does not come before until (%s)", f.Since.UTC().Format(time.RFC3339), f.Until.UTC().Format(time.RFC3339))
	}
	if f.Event == "" {
		return nil
	}
	if err := latch.CheckEvent(f.Event); err != nil {
		return wrong("event", "%v", err)
	}
	return nil
}

// spans reports whether a wait that began at a time is one of the filter's.
func (f *LockFilter) spans(since latch.Time) bool {
	return (f.Since.IsZero() || !since.Before(f.Since)) && (f.Until.IsZero() || since.Before(f.Until))
}

func (f *LockFilter) takes(lock *WaitingLock) bool {
	return f.spans(lock.Since) && (f.Webhook == "" || f.Webhook == lock.Webhook) && (f.Event == "" || f.Event == lock.Event) &&
		lock.holds(latch.WorkflowJobRun, latch.PrefixJobRun, f.Job, lock.Job) && lock.holds(latch.WorkflowRelease, latch.PrefixRelease, f.Release, lock.Release)
}

// takesStep reports whether a failed step matches the filter. It has no webhook,
// and waits at no event.
func (f *LockFilter) takesStep(step *WaitingStep) bool {
	return f.spans(step.Since) && f.Webhook+f.Event+f.Job == "" && (f.Release == "" || f.Release == step.Release)
}

// holds reports whether the lock holds the job or release with the wanted id; an empty id matches
// any. A lock of an earlier version has only its workflow id to match.
func (w *WaitingLock) holds(workflow, prefix, wanted, held string) bool {
	if wanted == "" || held != "" {
		return wanted == "" || wanted == held
	}
	return w.WorkflowType == workflow && (w.WorkflowID == prefix+wanted || w.WorkflowID == wanted)
}

// maximumPages bounds how many of Temporal's pages one call reads if most runs wait for nothing.
const maximumPages = 50

// lockStages is the number of queries that find the runs that may wait for locks: first Latch's
// own, then users' own workflows, any of which may have a gate.
const lockStages = 2

// lockQuery returns the query of a stage. A run that writes search attributes has LatchWaiting
// while it waits. Latch's own runs write LatchID as they begin, so a run without LatchID has a
// worker that writes no attributes, and only its memo shows its locks. A user's own workflow writes
// LatchWaiting with its first lock.
func lockQuery(stage int, attributes bool) string {
	lacks, types := latch.SearchAttributeID, AnyOf("WorkflowType", latch.WorkflowRelease, latch.WorkflowJobRun, latch.WorkflowEmit, latch.WorkflowEmitBatch, latch.WorkflowGate)
	if stage > 0 {
		lacks, types = latch.SearchAttributeWaiting, "WorkflowType NOT IN ("+quoted(latch.WorkflowRelease, latch.WorkflowJobRun, latch.WorkflowEmit, latch.WorkflowEmitBatch, latch.WorkflowGate,
			latch.WorkflowDeliver, latch.WorkflowTrigger, latch.WorkflowJobNotice, latch.WorkflowStartOnce)+")"
	}
	query := Open + " AND " + types
	if attributes {
		query += " AND " + Either(latch.SearchAttributeWaiting+" = true", lacks+" IS NULL")
	}
	return query
}

// Locks returns about limit open locks, and failed steps that wait for a choice, that match the
// filter, from the cursor on. Those of a run stay together. Those of jobs, releases and events come first, then those of users' own
// workflows, each with the newest run first. Because a call reads a bounded number of pages, it may
// return fewer locks, or none, although there is a next page.
//
// It needs no worker and no search attributes: what a run waits for is in its memo. Without
// attributes it reads all running runs, one page of them for each call; with attributes, only those
// that wait and those whose workers write none. An invalid filter or cursor is an [*ArgumentError].
func (r *Runs) Locks(ctx context.Context, filter LockFilter, from string, limit int) (*LockPart, error) {
	var at cursor
	if err := at.decode(from, lockStages); err != nil {
		return nil, err
	}
	if err := filter.Check(); err != nil {
		return nil, err
	}
	part, began := &LockPart{Locks: []WaitingLock{}}, time.Now()
	for looked := 1; ; looked++ {
		page, err := r.Page(ctx, lockQuery(at.Stage, !at.Bare), limit, at.Page)
		if at.lacksAttributes(err) {
			at.Bare = true
			page, err = r.Page(ctx, lockQuery(at.Stage, false), limit, nil)
		}
		if err != nil {
			return nil, err
		}
		for _, run := range page.GetExecutions() {
			part.add(r, run, &filter)
		}
		if at.Page = page.GetNextPageToken(); len(at.Page) == 0 {
			at.Stage++
		}
		switch {
		case at.Stage == lockStages:
			return part, nil
		case len(part.Locks)+len(part.Paused) >= limit || looked == maximumPages || time.Since(began) > partTimeout:
			part.NextCursor = at.encode()
			return part, nil
		}
	}
}

// add adds what the run waits for and the filter matches.
func (p *LockPart) add(r *Runs, run *workflowpb.WorkflowExecutionInfo, filter *LockFilter) {
	open, unread := r.locksOf(run)
	for _, lock := range open {
		waiting := WaitingLock{OpenLock: lock, WorkflowID: run.GetExecution().GetWorkflowId(),
			RunID: run.GetExecution().GetRunId(), WorkflowType: run.GetType().GetName()}
		if filter.takes(&waiting) {
			p.Locks = append(p.Locks, waiting)
		}
	}
	var paused []latch.PausedStep
	unread = cmp.Or(unread, r.memoOf(run, latch.MemoPaused, &paused))
	for _, step := range paused {
		waiting := WaitingStep{PausedStep: step, WorkflowID: run.GetExecution().GetWorkflowId(), RunID: run.GetExecution().GetRunId()}
		if filter.takesStep(&waiting) {
			p.Paused = append(p.Paused, waiting)
		}
	}
	if unread != nil {
		p.Unread++
	}
}

// locksOf returns the open locks in a run's memo.
func (r *Runs) locksOf(run *workflowpb.WorkflowExecutionInfo) (open []latch.OpenLock, err error) {
	err = r.memoOf(run, latch.MemoLocks, &open)
	return open, err
}

// memoOf decodes a field of a run's memo. It leaves the value unchanged if the run has no such
// field.
func (r *Runs) memoOf(run *workflowpb.WorkflowExecutionInfo, name string, into any) error {
	payload, found := run.GetMemo().GetFields()[name]
	if !found {
		return nil
	}
	return r.converter.FromPayload(payload, into)
}
