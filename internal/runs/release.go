package runs

import (
	"context"

	enumspb "go.temporal.io/api/enums/v1"

	"github.com/latch-run/latch"
)

// ReleaseUnknown is the status of a closed release whose result cannot be read,
// for example because it is encrypted with an unknown key.
const ReleaseUnknown = "unknown"

// releases are listed by their results, of which Temporal knows little: one that
// was stopped or rolled back completes, or fails by its fail_on.
var releases = &listing{
	kind: latch.ReleaseKind,
	statuses: []listedStatus{
		{name: latch.ReleaseRunning, as: statusOpen},
		{name: latch.ReleaseReleased, as: []string{"Completed"}, tagged: true},
		{name: latch.ReleaseStopped, as: []string{"Completed", "Failed"}, tagged: true},
		{name: latch.ReleaseRolledBack, as: []string{"Completed", "Failed"}, tagged: true},
		{name: latch.ReleaseFailed, as: []string{"Failed", "Terminated", "TimedOut"},
			except: []string{latch.ReleaseStopped, latch.ReleaseRolledBack}},
		{name: latch.ReleaseCancelled, as: []string{"Canceled"}},
	},
	status:   statusOf,
	results:  releaseErrors,
	searched: func(run *listedRun) []string { return []string{run.ID, run.WorkflowID, run.title} },
}

// ReleaseStatuses lists the statuses that a list of releases can be filtered
// by.
var ReleaseStatuses = releases.names()

// A RunRow is what a list shows of a run of any kind.
type RunRow struct {
	ID         string           `json:"id" doc:"The id of the release or gate; where partial is true it may be derived from the workflow id"`
	Phase      string           `json:"phase,omitempty" doc:"What it does now, while it runs"`
	Event      string           `json:"event,omitempty" doc:"The event that a running release fired last, or that a gate fires"`
	Reason     string           `json:"reason,omitempty" doc:"Why it ended as it did"`
	DecidedBy  *latch.DecidedBy `json:"decided_by,omitempty"`
	WorkflowID string           `json:"workflow_id"`
	RunID      string           `json:"run_id"`
	StartedAt  latch.Time       `json:"started_at,omitzero"`
	ClosedAt   latch.Time       `json:"closed_at,omitzero" doc:"Absent while it runs"`
	// WaitsFor lists what it waits for: locks first, without their tokens and URLs.
	WaitsFor []Wait `json:"waits_for,omitempty" doc:"What it waits for, locks first; GET /latch/v1/locks names the locks"`
	// Partial is true if the row has only what Temporal's list contains.
	Partial bool `json:"partial,omitempty" doc:"No worker answered for the run, or its result cannot be read: what only they know is missing"`
}

// A ReleaseRow is one run of a release in a list.
type ReleaseRow struct {
	RunRow
	Title string `json:"title,omitempty" doc:"Absent where the release has none, and of runs that an earlier version carried out"`
	// Status is running until the run has closed, which it does only after its
	// webhooks have received the outcome.
	Status string `json:"status" enum:"running,released,stopped,rolled_back,failed,cancelled,unknown" doc:"running until the run has closed; unknown where its result cannot be read"`
	Step   string `json:"step,omitempty" doc:"The step that it is at, while it runs"`
}

// A ReleasePart is one page of the list of releases.
type ReleasePart struct {
	Releases   []ReleaseRow `json:"releases" doc:"Those that run first, the newest of them first, then those that closed, the last closed first"`
	NextCursor string       `json:"next_cursor,omitempty" doc:"The parameter cursor of the next part, with the same other parameters; absent on the last"`
	Count      *int64       `json:"count,omitempty" doc:"With count=true, how many releases there are on all pages; absent where Temporal cannot tell: with search, and with a status that only the workers know of runs without search attributes"`
}

// Releases returns at most limit releases that match the filter, from the
// cursor on: running ones first, the newest first, then closed ones, the most
// recently closed first. Because a call asks a bounded number of runs, it may
// return fewer, or none, although there is a next page.
//
// A page costs one call for Temporal's list and one call for each release: a
// query if it is running, its last event if it has closed. If no worker
// answers, the row is partial. A release that closes between two pages may be
// on both. An invalid filter or cursor is an [*ArgumentError].
func (r *Runs) Releases(ctx context.Context, filter RunFilter, from string, limit int) (*ReleasePart, error) {
	found, next, err := r.list(ctx, releases, filter, from, limit)
	if err != nil {
		return nil, err
	}
	part := &ReleasePart{Releases: make([]ReleaseRow, len(found)), NextCursor: next}
	for i, run := range found {
		part.Releases[i] = ReleaseRow{RunRow: run.RunRow, Title: run.title, Status: run.status, Step: run.step}
	}
	return part, nil
}

// CountReleases returns the number of releases that match the filter, or nil if
// Temporal cannot count them: it does not know titles, and knows results only
// of runs that write search attributes. It makes one or two calls. from is the
// cursor of the list, whose since and until apply.
func (r *Runs) CountReleases(ctx context.Context, filter RunFilter, from string) (*int64, error) {
	return r.count(ctx, releases, filter, from)
}

// statusOf returns the status of a release as far as it follows from Temporal's
// status.
func statusOf(status enumspb.WorkflowExecutionStatus, _ string) string {
	switch status {
	case enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED:
		return latch.ReleaseCancelled
	case enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:
		return latch.ReleaseFailed
	case enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		return ReleaseUnknown
	default:
		return latch.ReleaseRunning
	}
}
