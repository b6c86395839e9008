package protocol

import (
	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/closes"
)

// QueryState is a query of a run, without an argument, for a [RunState].
const QueryState = "latch.internal.State"

// EndsID returns the id of the workflow that looks for the ended runs of a task queue.
func EndsID(taskQueue string) string { return idOf("latch-ends-", taskQueue, "") }

// PrefixEndNotice begins the id of a workflow that reports the end of a run. The id of that run
// follows, so that there is one such workflow for a run.
const PrefixEndNotice = "latch-ended-"

// Ends is the argument of latch.Ends, and of its activity: the progress of the finder.
type Ends struct {
	Cursor closes.Cursor `json:"cursor,omitzero"`
	Memory closes.Memory `json:"memory,omitzero"`
	// Told counts the runs that were reported.
	Told int `json:"told,omitempty"`
}

// FoundEnds is the result of the activity.
type FoundEnds struct {
	// Off reports that the worker's settings end the search.
	Off    bool          `json:"off,omitempty"`
	Cursor closes.Cursor `json:"cursor,omitzero"`
	Runs   []EndedRun    `json:"runs,omitempty"`
}

// An EndedRun is the argument of latch.EndNotice: a run of a job or a release that was
// terminated or timed out.
type EndedRun struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	// Type is the workflow type, and By one of [latch.ByTerminated] and [latch.ByTimedOut].
	Type      string     `json:"type"`
	By        string     `json:"by"`
	StartedAt latch.Time `json:"started_at"`
	ClosedAt  latch.Time `json:"closed_at"`
}

// Valid reports whether everything is given.
func (e *EndedRun) Valid() bool {
	return e.WorkflowID != "" && e.RunID != "" && (e.By == latch.ByTerminated || e.By == latch.ByTimedOut) &&
		(e.Type == latch.WorkflowJobRun || e.Type == latch.WorkflowRelease)
}

// An Ending says how a run ended.
type Ending struct {
	// GoesOn reports that another run continues it, as after a reset or with a retry policy.
	GoesOn bool `json:"goes_on,omitempty"`
	// Reason says who ended it and why.
	Reason string `json:"reason,omitempty"`
	// Began reports that a worker had taken the run up. Otherwise it has no state.
	Began bool `json:"began,omitempty"`
	// Arguments are those of the run, decrypted.
	Arguments [][]byte `json:"arguments,omitempty"`
	// Apart are the places of arguments that are too large for the answer. Each is the answer of
	// an activity of its own.
	Apart []int `json:"apart,omitempty"`
	// OriginalRunID is the run's id before any reset, from which delivery ids are made.
	OriginalRunID string `json:"original_run_id,omitempty"`
	// Parent is the run that started it, or nil if it was not started as a child.
	Parent *ParentRun `json:"parent,omitempty"`
	// NewerRunID is the id of the newest run of the workflow, if that is another one.
	NewerRunID string `json:"newer_run_id,omitempty"`
}

// MaximumArguments bounds the arguments in an [Ending], in bytes. In JSON they take four thirds of
// that, and Temporal accepts 2 MiB.
const MaximumArguments = 1400 << 10

// SetArguments sets the arguments, except those for which there is no room.
func (e *Ending) SetArguments(arguments [][]byte) {
	room := MaximumArguments
	for i, argument := range arguments {
		if len(argument) > room {
			e.Arguments, e.Apart = append(e.Arguments, nil), append(e.Apart, i)
			continue
		}
		room -= len(argument)
		e.Arguments = append(e.Arguments, argument)
	}
}

// An ArgumentRequest asks for one argument of a run.
type ArgumentRequest struct {
	EndedRun
	Place int `json:"place"`
}

// A NewerRequest asks whether a workflow has a newer run than the given one.
type NewerRequest struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
}

// A NewerAnswer has the id of the newest run, or "" if that is the given one.
type NewerAnswer struct {
	RunID string `json:"run_id,omitempty"`
}

// A RunState is the answer to [QueryState].
type RunState struct {
	// Admitted reports that the run was admitted. Without it there is nothing else.
	Admitted bool `json:"admitted,omitempty"`
	// Packed is its [State]; see [PackCarried].
	Packed []byte `json:"packed,omitempty"`
}
