package protocol

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/latch-run/latch"
)

// SignalReport is a signal to latch.Endpoint; a [Report] is its argument.
const SignalReport = "latch.internal.Report"

// EndpointID returns the id of the workflow that counts the failed attempts at the
// endpoint of a task queue's registered webhook.
func EndpointID(taskQueue, webhook string) string {
	const prefix, longest = "latch-endpoint-", 900
	id := prefix + taskQueue + "/" + webhook
	if len(id) <= longest {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return prefix + hex.EncodeToString(sum[:])
}

// A Report is what attempts at an endpoint came to, or that some were not made.
type Report struct {
	// Failed is how many attempts failed since the last that was delivered: the
	// first of them ended at Since, the last at At with Error.
	Failed int        `json:"failed,omitempty"`
	Since  latch.Time `json:"since,omitzero"`
	At     latch.Time `json:"at,omitzero"`
	Error  string     `json:"error,omitempty"`
	// Delivered reports that an attempt arrived, before those that failed.
	Delivered bool `json:"delivered,omitempty"`
}

// Add adds what came later.
func (r *Report) Add(later Report) {
	if later.Delivered {
		*r = later
		return
	}
	if later.Failed == 0 {
		return
	}
	if r.Failed == 0 {
		r.Since = later.Since
	}
	r.Failed += later.Failed
	r.At, r.Error = later.At, later.Error
}

// An Endpoint is the argument of latch.Endpoint: the state as it continues.
type Endpoint struct {
	Webhook string `json:"webhook"`
	// State is nil for an endpoint of which nothing was counted yet.
	State *latch.EndpointState `json:"state,omitempty"`
	// Alarmed reports that an event was fired that a recovery answers.
	Alarmed bool `json:"alarmed,omitempty"`
	// WrittenAt is when the state was last written into the registry.
	WrittenAt latch.Time `json:"written_at,omitzero"`
}

// An Observation is the argument of ActivityObserve: the state of a webhook's
// endpoint, nil for one that works. With Look, nothing is written.
type Observation struct {
	Webhook string               `json:"webhook"`
	State   *latch.EndpointState `json:"state,omitempty"`
	Look    bool                 `json:"look,omitempty"`
}

// Observed is the webhook as it is registered.
type Observed struct {
	// Health is nil for a webhook that is gone, is disabled, or has none.
	Health *latch.Health `json:"health,omitempty"`
	// State is what stood in the registry before.
	State *latch.EndpointState `json:"state,omitempty"`
}

// A ProbeRequest is the argument of ActivityProbe: to try a disabled endpoint with
// what was skipped first since then, or else with a made-up event.
type ProbeRequest struct {
	Webhook string     `json:"webhook"`
	Since   latch.Time `json:"since"`
}

// A ProbeAnswer says what was sent, and whether it arrived already.
type ProbeAnswer struct {
	Delivered bool `json:"delivered,omitempty"`
	// Report is what the attempt came to; the zero value for one that reports by
	// itself.
	Report Report `json:"report,omitzero"`
	// Sent is the id of the delivery that is under way; "" for a made-up event.
	Sent string `json:"sent,omitempty"`
}
