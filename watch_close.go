package latch

import "strings"

// A Close describes how a run ended that a watch has found. Templates and expressions see it as
// data (contract, "Watch").
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
	// DurationMS is the duration of the run.
	DurationMS int64 `json:"duration_ms"`
	// Parent is the workflow that started this one as a child.
	Parent *CloseParent `json:"parent,omitempty"`
	// Failure says why the run did not complete. It is absent if the run completed.
	Failure *CloseFailure `json:"failure,omitempty"`
	// SearchAttributes and Memo are those of the run, as far as they are plain JSON and fit.
	// Values whose names suggest a credential are ***.
	SearchAttributes Object `json:"search_attributes"`
	Memo             Object `json:"memo"`
	// Omitted are the search attributes and memo fields that are left out because they are
	// encrypted, not JSON, or too large.
	Omitted []string `json:"omitted,omitempty"`
	// URL is the run's page in Temporal UI, if the worker knows its address.
	URL string `json:"url,omitempty"`
}

// A CloseParent is the parent of a run.
type CloseParent struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
}

// A CloseFailure says why a run did not complete.
type CloseFailure struct {
	// Type is the type of the application error, if there is one.
	Type    string `json:"type,omitempty"`
	Message string `json:"message"`
}

// prefixWorkflow begins the events of a watch, followed by the status.
const prefixWorkflow = "WORKFLOW_"

// Event returns the event that the close fires.
func (c *Close) Event() string { return prefixWorkflow + strings.ToUpper(c.Status) }

// CloseStatus returns the run's status for an event of a watch, or "" for any other event.
func CloseStatus(event string) string {
	if known, is := builtIn(event); !is || known.Of != WatchKind {
		return ""
	}
	return strings.ToLower(strings.TrimPrefix(event, prefixWorkflow))
}
