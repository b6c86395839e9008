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
func EndpointID(taskQueue, webhook string) string { return idOf("latch-endpoint-", taskQueue, webhook) }

// QueueID returns the id of the workflow that sends what was kept for a task queue's
// registered webhook.
func QueueID(taskQueue, webhook string) string { return idOf("latch-kept-", taskQueue, webhook) }

func idOf(prefix, taskQueue, webhook string) string {
	const longest = 900
	id := prefix + taskQueue + "/" + webhook
	if len(id) <= longest {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return prefix + hex.EncodeToString(sum[:])
}

// A Report is the result of attempts at an endpoint, or reports that some were not made or that
// the webhook was changed.
type Report struct {
	// Failed is how many attempts failed since the last one that was delivered. The first of
	// them ended at Since, the last at At with Error.
	Failed int        `json:"failed,omitempty"`
	Since  latch.Time `json:"since,omitzero"`
	At     latch.Time `json:"at,omitzero"`
	Error  string     `json:"error,omitempty"`
	// Delivered reports that an attempt succeeded before those that failed.
	Delivered bool `json:"delivered,omitempty"`
	// Kept is the first of the deliveries that were not sent because the endpoint is disabled.
	Kept *KeptDelivery `json:"kept,omitempty"`
	// Changed reports that somebody has changed the registered webhook.
	Changed bool `json:"changed,omitempty"`
}

// A KeptDelivery is a delivery that was not sent, and that can be sent later.
type KeptDelivery struct {
	DeliveryID string     `json:"delivery_id"`
	WorkflowID string     `json:"workflow_id"`
	RunID      string     `json:"run_id,omitempty"`
	At         latch.Time `json:"at"`
}

// A Queue is the argument of latch.DeliverInOrder: deliveries that are sent one after the
// other, and the number of those that have been sent.
type Queue struct {
	Items []QueueItem `json:"items"`
	Done  int         `json:"done,omitempty"`
	// Lost is how many of those could not be sent.
	Lost int `json:"lost,omitempty"`
}

// QueryQueue is a query of latch.DeliverInOrder, without an argument, for a
// [QueueState].
const QueryQueue = "latch.internal.Queue"

// A QueueState says how far a queue has come.
type QueueState struct {
	// Done is how many deliveries are settled, Lost how many of those could not be
	// sent, and Left how many are to come.
	Done int `json:"done" doc:"How many are settled: delivered or given up"`
	Lost int `json:"lost,omitempty" doc:"How many of these could not be sent, such as those whose runs Temporal has forgotten"`
	Left int `json:"left" doc:"How many are to come"`
	// Kept reports that the endpoint was disabled again: what is left stays kept.
	Kept bool `json:"kept,omitempty" doc:"The endpoint was disabled again: what is left stays skipped"`
}

// SignalTurn is a signal to latch.Deliver that the delivery may be sent. It has no argument.
const SignalTurn = "latch.internal.Turn"

// OrderedID returns the id of the workflow that sends, in order, the deliveries that a run
// handed over for an ordered webhook. run is the run that their ids are made from.
func OrderedID(workflowID, runID, webhook string) string {
	return idOf("latch-ordered-", workflowID+"/"+runID, webhook)
}

// A QueueItem is one delivery of a queue. WorkflowID is the workflow that has its record. That
// workflow's run id is part of the delivery id.
type QueueItem struct {
	DeliveryID string `json:"d"`
	WorkflowID string `json:"w"`
	// Handed reports that a run handed over the delivery, so that a latch.Deliver has it. If
	// Waits is set, latch.Deliver sends it after SignalTurn; otherwise it is already sending
	// it.
	Handed bool `json:"h,omitempty"`
	Waits  bool `json:"t,omitempty"`
}

// A QueueAnswer says how a delivery of a queue ended.
type QueueAnswer struct {
	// Kept reports that the endpoint is disabled again, so that nothing more is sent.
	Kept  bool   `json:"kept,omitempty"`
	Error string `json:"error,omitempty"`
}

// MaximumKeptBatch is how many kept deliveries one activity sends. Between two of them
// the queue says how far it has come.
const MaximumKeptBatch = 200

// A KeptBatch asks for kept deliveries to be sent, each once the one before is settled.
type KeptBatch struct {
	Items []QueueItem `json:"items"`
}

// A KeptProgress says how far a batch has come. It is the activity's answer, and what
// one attempt of it leaves to the next.
type KeptProgress struct {
	// Done is how many deliveries are settled, Lost how many of those could not be
	// sent, such as those whose runs Temporal has forgotten.
	Done int `json:"done"`
	Lost int `json:"lost,omitempty"`
	// Retried is the workflow that tries the next delivery again, if there is one.
	Retried string `json:"retried,omitempty"`
	// Kept reports that the endpoint is disabled again: nothing more is sent.
	Kept bool `json:"kept,omitempty"`
}

// First returns the one of two deliveries whose event fired first; either may be nil.
func (k *KeptDelivery) First(other *KeptDelivery) *KeptDelivery {
	if k == nil || other != nil && other.At.Before(k.At.Time) {
		return other
	}
	return k
}

// Add adds a later report.
func (r *Report) Add(later Report) {
	later.Kept, later.Changed = r.Kept.First(later.Kept), r.Changed || later.Changed
	r.Kept, r.Changed = later.Kept, later.Changed
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

// An Endpoint is the argument of latch.Endpoint: the state with which it continues.
type Endpoint struct {
	Webhook string `json:"webhook"`
	// State is nil for an endpoint at which nothing has been counted yet.
	State *latch.EndpointState `json:"state,omitempty"`
	// Alarmed reports that an event was fired that a recovery must answer.
	Alarmed bool `json:"alarmed,omitempty"`
	// Kept is the first delivery that was not sent.
	Kept *KeptDelivery `json:"kept,omitempty"`
	// WrittenAt is when the state was last written to the registry.
	WrittenAt latch.Time `json:"written_at,omitzero"`
}

// An Observation is the argument of ActivityObserve: the state of a webhook's endpoint, or nil
// if the endpoint works. If Look is set, nothing is written.
type Observation struct {
	Webhook string               `json:"webhook"`
	State   *latch.EndpointState `json:"state,omitempty"`
	Look    bool                 `json:"look,omitempty"`
}

// Observed is the registered webhook.
type Observed struct {
	// Health is nil for a webhook that is deleted, is disabled, or has no health settings.
	Health *latch.Health `json:"health,omitempty"`
	// State is the previous state in the registry.
	State *latch.EndpointState `json:"state,omitempty"`
}

// A ProbeRequest is the argument of ActivityProbe, which makes one attempt at a disabled
// endpoint: with the first kept delivery, or with a made-up event if none is kept.
type ProbeRequest struct {
	Webhook string        `json:"webhook"`
	Kept    *KeptDelivery `json:"kept,omitempty"`
}

// A ProbeAnswer describes the probe.
type ProbeAnswer struct {
	// Report is the result of a made-up event. It is zero for a delivery, which reports by
	// itself.
	Report Report `json:"report,omitzero"`
	// Sent is the id of the delivery that is in flight, or "" for a made-up event.
	Sent string `json:"sent,omitempty"`
}
