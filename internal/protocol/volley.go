package protocol

import (
	"encoding/json"
	"time"

	"github.com/latch-run/latch"
)

// QuerySent is a query that returns what a run sent for one of its deliveries, by the
// delivery's id, as a [Sent]. The content of volleys is not part of a run's history.
const QuerySent = "latch.internal.Sent"

// QuerySentOf is QuerySent for many deliveries of one run, by a list of ids. The answer
// is a list of [Sent], of those that the run sent, as many as fit into one answer.
const QuerySentOf = "latch.internal.SentOf"

// MaximumSentOf bounds, in bytes as JSON, the answer to QuerySentOf.
const MaximumSentOf = 1 << 20

// A Sent is the request data of a delivery. It is zero for a delivery that the run does not
// know, or that was never sent.
type Sent struct {
	Send *Send `json:"send,omitempty"`
	// UnderWay reports that the run has not finished the delivery.
	UnderWay bool `json:"under_way,omitempty"`
}

// A Volley is the argument of ActivityVolley: deliveries whose first attempts are made
// concurrently.
type Volley struct {
	Sends []*Send `json:"sends"`
}

// A VolleyAnswer has a shot for each of the volley's deliveries, in the same order. See [Pack]
// and [VolleyAnswer.Unpack].
type VolleyAnswer struct {
	Shots []Shot `json:"shots,omitempty"`
	// Joined are the shots as compressed JSON, if there are many. What endpoints answered is in
	// it once, if they answered the same.
	Joined []byte `json:"joined,omitempty"`
	// Packed is what earlier versions have in place of Joined: each shot with its answer.
	Packed []byte `json:"packed,omitempty"`
	// Bytes is about how much of the history the answer takes.
	Bytes int `json:"bytes,omitempty"`
}

// A Shot is the outcome of a first attempt. The zero value says that nothing was sent: the
// delivery has its own activity from the start.
type Shot struct {
	// Outcome is the outcome of the delivery. With a NextAttemptAt, it is the state until the
	// next attempt.
	Outcome *Outcome `json:"outcome,omitempty"`
	// Queue is the task queue of the worker in which the attempt continues.
	Queue string `json:"queue,omitempty"`

	// encoded is the shot without its answer as JSON, and size what it takes with its answer, if
	// it has been encoded.
	encoded json.RawMessage
	size    int
}

// Ends reports whether the shot ends the delivery.
func (s Shot) Ends() bool { return s.Outcome != nil && s.Outcome.NextAttemptAt.IsZero() }

// A Fetch is the argument of ActivityFetch.
type Fetch struct {
	DeliveryID string `json:"delivery_id"`
}

// An OwnerRequest asks whether the worker that owns the named task queue is alive.
type OwnerRequest struct {
	Queue string `json:"queue"`
	// At is when it is asked, by the server's clock, which says when workers polled.
	At latch.Time `json:"at,omitzero"`
}

// An OwnerAnswer is the answer to an OwnerRequest.
type OwnerAnswer struct {
	Lives bool `json:"lives,omitempty"`
}

const (
	// VolleyPatience is how long a volley waits for answers.
	VolleyPatience = 300 * time.Millisecond
	// MaximumVolley bounds the deliveries of one volley. MaximumVolleyBytes bounds its answer
	// as JSON; shots that do not fit are fetched separately.
	MaximumVolley      = 100
	MaximumVolleyBytes = 256 << 10
)
