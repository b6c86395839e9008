package protocol

import (
	"encoding/json"

	"github.com/latch-run/latch"
)

// A WorkRequest asks for the input of an attempt at a hook that is work.
type WorkRequest struct {
	Send Send `json:"send"`
	// Number counts the attempts from 1.
	Number int `json:"number"`
}

// A WorkAnswer is the input of the attempt, or the reason why there is none.
type WorkAnswer struct {
	Arguments []json.RawMessage `json:"arguments,omitempty"`
	// WorkflowID is the id of a child workflow.
	WorkflowID string `json:"workflow_id,omitempty"`
	// Request is the record's description of the work.
	Request *latch.RecordRequest `json:"request,omitempty"`
	// Webhook is the registered webhook's current version, or nil if it has not changed.
	Webhook *latch.Webhook `json:"webhook,omitempty"`
	// Failed is the end of a delivery that cannot be made. It is nil if it can be made.
	Failed *Outcome `json:"failed,omitempty"`
}

// A WorkEnd is how an attempt at a hook that is work ended.
type WorkEnd struct {
	Send      Send                 `json:"send"`
	Number    int                  `json:"number"`
	Request   *latch.RecordRequest `json:"request,omitempty"`
	StartedAt latch.Time           `json:"started_at"`
	// Result is the result as JSON. It may be empty.
	Result json.RawMessage `json:"result,omitempty"`
	// Error says why it failed. Final reports that another attempt would fail, too.
	Error string `json:"error,omitempty"`
	Final bool   `json:"final,omitempty"`
}
