package protocol

import "encoding/json"

// OncePrefix begins the ids of latch.StartOnce. It is followed by a hash of the caller, the key
// and the input.
const OncePrefix = "latch-once-"

// ErrorAlreadyRunning is the error type of latch.StartOnce if a run is open that another call
// started.
const ErrorAlreadyRunning = "AlreadyRunning"

// A StartOnce is the argument of latch.StartOnce: the run to start.
type StartOnce struct {
	Workflow   string            `json:"workflow"`
	WorkflowID string            `json:"workflow_id"`
	TaskQueue  string            `json:"task_queue"`
	Summary    string            `json:"summary,omitempty"`
	Arguments  []json.RawMessage `json:"arguments"`
	// Memo are fields of the run's memo.
	Memo map[string]string `json:"memo,omitempty"`
}

// StartedOnce is the result of latch.StartOnce.
type StartedOnce struct {
	RunID string `json:"run_id"`
}
