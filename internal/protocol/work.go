package protocol

import (
	"encoding/json"

	"github.com/latch-run/latch"
)

// A WorkRequest asks for what an attempt at a hook that is work is given.
type WorkRequest struct {
	Send Send `json:"send"`
	// Number counts the attempts from 1.
	Number int `json:"number"`
}

// A WorkAnswer is what the attempt is given, or why there is none.
type WorkAnswer struct {
	Arguments []json.RawMessage `json:"arguments,omitempty"`
	// WorkflowID is the id of a child workflow.
	WorkflowID string `json:"workflow_id,omitempty"`
	// Request is how the record shows what was asked.
	Request *latch.RecordRequest `json:"request,omitempty"`
	// Webhook is the webhook as it is registered now; nil where it is as it was sent.
	Webhook *latch.Webhook `json:"webhook,omitempty"`
	// Failed is the end of a delivery that cannot be made; nil for one that can.
	Failed *Outcome `json:"failed,omitempty"`
}

// A WorkEnd is how an attempt at a hook that is work ended.
type WorkEnd struct {
	Send      Send                 `json:"send"`
	Number    int                  `json:"number"`
	Request   *latch.RecordRequest `json:"request,omitempty"`
	StartedAt latch.Time           `json:"started_at"`
	// Result is what was returned, as JSON; empty for nothing.
	Result json.RawMessage `json:"result,omitempty"`
	// Error is why it failed, and Final says that another attempt would, too.
	Error string `json:"error,omitempty"`
	Final bool   `json:"final,omitempty"`
}
