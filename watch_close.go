package latch

import "strings"

// A Close is how a run ended that a watch has found: what its templates and
// expressions see as data (contract, "Watch").
type Close struct {
	// Watch is the id of the watch.
	Watch      string `json:"watch"`
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	Type       string `json:"type"`
	// Status is completed, failed, timed_out, canceled, terminated or continued.
	Status    string `json:"status"`
	TaskQueue string `json:"task_queue"`
	StartedAt Time   `json:"started_at"`
	ClosedAt  Time   `json:"closed_at"`
	// DurationMS is how long the run took.
	DurationMS int64 `json:"duration_ms"`
	// Parent is the workflow that started this one as a child.
	Parent *CloseParent `json:"parent,omitempty"`
	// Failure is why the run did not complete; absent where it did.
	Failure *CloseFailure `json:"failure,omitempty"`
	// SearchAttributes and Memo are those of the run, as far as they are plain JSON
	// and have room. Values that look like credentials by their names are ***.
	SearchAttributes Object `json:"search_attributes"`
	Memo             Object `json:"memo"`
	// Omitted are the search attributes and fields of the memo that are left out:
	// they are encrypted, not JSON, or too large.
	Omitted []string `json:"omitted,omitempty"`
	// URL is the run's page in Temporal UI, where the worker knows that.
	URL string `json:"url,omitempty"`
}

// A CloseParent is the parent of a run.
type CloseParent struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
}

// A CloseFailure says why a run did not complete.
type CloseFailure struct {
	// Type is that of the application error, where there is one.
	Type    string `json:"type,omitempty"`
	Message string `json:"message"`
}

// prefixWorkflow begins the events of a watch; what follows is the status.
const prefixWorkflow = "WORKFLOW_"

// Event returns the event that the close fires.
func (c *Close) Event() string { return prefixWorkflow + strings.ToUpper(c.Status) }

// CloseStatus returns the status of a run of which a watch fires the event; "" for
// an event of another kind.
func CloseStatus(event string) string {
	if known, is := builtIn(event); !is || known.Of != WatchKind {
		return ""
	}
	return strings.ToLower(strings.TrimPrefix(event, prefixWorkflow))
}
