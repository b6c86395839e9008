package runs

import (
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/typo"
)

// ReleaseUnknown is the status of a closed release whose result cannot be read,
// for example because it is encrypted with an unknown key.
const ReleaseUnknown = "unknown"

// ReleaseStatuses lists the statuses that a list of releases can be filtered
// by.
var ReleaseStatuses = []string{latch.ReleaseRunning, latch.ReleaseReleased, latch.ReleaseStopped, latch.ReleaseRolledBack, latch.ReleaseFailed, latch.ReleaseCancelled}

// A ReleaseRow is one run of a release in a list.
type ReleaseRow struct {
	ID    string `json:"id" doc:"The release's id; where partial is true it may be derived from the workflow id"`
	Title string `json:"title,omitempty" doc:"Absent where the release has none, and of runs that an earlier version carried out"`
	// Status is running until the run has closed, which it does only after its
	// webhooks have received the outcome.
	Status string `json:"status" enum:"running,released,stopped,rolled_back,failed,cancelled,unknown" doc:"running until the run has closed; unknown where its result cannot be read"`
	// Phase, Event and Step say where a running release is.
	Phase string `json:"phase,omitempty" doc:"What a running release does now"`
	Event string `json:"event,omitempty" doc:"The event that it fired last"`
	Step  string `json:"step,omitempty" doc:"The step that it is at"`
	// WaitsFor lists the locks that it waits for, without their tokens and
	// URLs.
	WaitsFor  []Wait           `json:"waits_for,omitempty" doc:"The locks that it waits for; GET /latch/v1/locks names them"`
	Reason    string           `json:"reason,omitempty" doc:"Why it ended as it did"`
	DecidedBy *latch.DecidedBy `json:"decided_by,omitempty"`

	WorkflowID string     `json:"workflow_id"`
	RunID      string     `json:"run_id"`
	StartedAt  latch.Time `json:"started_at,omitzero"`
	ClosedAt   latch.Time `json:"closed_at,omitzero" doc:"Absent while it runs"`
	// Partial is true if the row has only what Temporal's list contains.
	Partial bool `json:"partial,omitempty" doc:"No worker answered for the run, or its result cannot be read: what only they know is missing"`

	taskQueue string
}

// A Wait is an open lock as the list of releases shows it.
type Wait struct {
	Webhook   string     `json:"webhook"`
	Event     string     `json:"event"`
	Step      string     `json:"step,omitempty"`
	Since     latch.Time `json:"since"`
	Until     latch.Time `json:"until,omitzero" doc:"When the lock times out; absent where it waits for ever"`
	OnTimeout string     `json:"on_timeout,omitempty" enum:"continue,stop,rollback" doc:"What the timeout decides"`
	Enforced  bool       `json:"enforced,omitempty"`
}

func waitsFor(locks []latch.OpenLock) []Wait {
	var waits []Wait
	for _, lock := range locks {
		waits = append(waits, Wait{Webhook: lock.Webhook, Event: lock.Event, Step: lock.Step, Since: lock.Since,
			Until: lock.Until, OnTimeout: lock.OnTimeout, Enforced: lock.Enforced})
	}
	return waits
}

// A ReleaseFilter says which releases to list; the zero value matches all.
type ReleaseFilter struct {
	// Status is one of [ReleaseStatuses], or empty.
	Status string
	// Since and Until bound the time when a release began. Until is exclusive.
	Since, Until time.Time
	// Search is a part of the id, the workflow id or the title, in any case, or
	// empty. Temporal cannot search for it, so that more runs are read than are
	// returned.
	Search string
}

// Check returns an [ArgumentError] if no release can match the filter.
func (f *ReleaseFilter) Check() error {
	switch {
	case f.Status != "" && !slices.Contains(ReleaseStatuses, f.Status):
		return wrong("status", "%q is not a status of a release; one is %s%s", f.Status, strings.Join(ReleaseStatuses, ", "), typo.Hint(f.Status, ReleaseStatuses))
	case !f.Since.IsZero() && !f.Until.IsZero() && !f.Since.Before(f.Until):
		return wrong("since", "%s does not come before until (%s)", f.Since.UTC().Format(time.RFC3339), f.Until.UTC().Format(time.RFC3339))
	default:
		return nil
	}
}

// query returns a visibility query that finds at least the releases that match
// the filter. Temporal knows how a run closed; its result is known only from
// the search attribute LatchStatus. Without attributes the query finds more
// runs than match.
func (f *ReleaseFilter) query(attributes bool) string {
	terms := []string{"WorkflowType = " + Quote(latch.WorkflowRelease)}
	switch f.Status {
	case "":
		terms = append(terms, "ExecutionStatus != 'ContinuedAsNew'")
	case latch.ReleaseRunning:
		terms = append(terms, "ExecutionStatus = 'Running'")
	case latch.ReleaseCancelled:
		terms = append(terms, "ExecutionStatus = 'Canceled'")
	case latch.ReleaseFailed:
		terms = append(terms, AnyOf("ExecutionStatus", "Failed", "Terminated", "TimedOut"))
		if attributes { // one that fails by its fail_on is stopped or rolled back
			terms = append(terms, Either(latch.SearchAttributeStatus+" IS NULL",
				latch.SearchAttributeStatus+" NOT IN ("+quoted(latch.ReleaseStopped, latch.ReleaseRolledBack)+")"))
		}
	default:
		closed := []string{"Completed", "Failed"} // by its fail_on
		if f.Status == latch.ReleaseReleased {
			closed = closed[:1]
		}
		terms = append(terms, AnyOf("ExecutionStatus", closed...))
		if attributes {
			terms = append(terms, Either(latch.SearchAttributeStatus+" = "+Quote(f.Status), latch.SearchAttributeID+" IS NULL"))
		}
	}
	if !f.Since.IsZero() {
		terms = append(terms, "StartTime >= "+Instant(f.Since))
	}
	if !f.Until.IsZero() {
		terms = append(terms, "StartTime < "+Instant(f.Until))
	}
	return strings.Join(terms, " AND ")
}

func (f *ReleaseFilter) takes(release *ReleaseRow) bool {
	return (f.Status == "" || f.Status == release.Status) && f.finds(release)
}

// finds reports whether a release matches Search.
func (f *ReleaseFilter) finds(release *ReleaseRow) bool {
	wanted := strings.ToLower(strings.TrimSpace(f.Search))
	return slices.ContainsFunc([]string{release.ID, release.WorkflowID, release.Title}, func(text string) bool {
		return strings.Contains(strings.ToLower(text), wanted)
	})
}

// statusOf returns the status of a release as far as it follows from Temporal's
// status.
func statusOf(status enumspb.WorkflowExecutionStatus) string {
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
