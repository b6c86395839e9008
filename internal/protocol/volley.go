package protocol

import (
	"encoding/json"
	"fmt"
	"time"
)

// QuerySent is a query of a run for what it sent as one of its deliveries, by the
// delivery's id; a [Sent] is the answer. What volleys send does not stand in a
// run's history.
const QuerySent = "latch.internal.Sent"

// QuerySentOf is QuerySent for many deliveries of one run, by a list of ids. The answer
// is a list of [Sent], of those that the run sent, as many as fit into one answer.
const QuerySentOf = "latch.internal.SentOf"

// MaximumSentOf bounds, in bytes as JSON, the answer to QuerySentOf.
const MaximumSentOf = 1 << 20

// A Sent is what a delivery was sent with. The zero value is that of a delivery
// that the run does not know, or that was never sent.
type Sent struct {
	Send *Send `json:"send,omitempty"`
	// UnderWay reports that the run has not finished with the delivery.
	UnderWay bool `json:"under_way,omitempty"`
}

// A Volley is the argument of ActivityVolley: deliveries whose first
// attempts are made side by side.
type Volley struct {
	Sends []Send `json:"sends"`
}

// A VolleyAnswer has a shot for each of the volley's deliveries, in their order.
// See [Pack] and [VolleyAnswer.Unpack].
type VolleyAnswer struct {
	Shots []Shot `json:"shots,omitempty"`
	// Packed are the shots as compressed JSON, if there are many.
	Packed []byte `json:"packed,omitempty"`
	// Bytes is about what the answer takes of the history.
	Bytes int `json:"bytes,omitempty"`
}

// A Shot is the outcome of a first attempt. The zero value says that nothing was
// sent: the delivery goes by its own activity from the start.
type Shot struct {
	// Outcome is what the delivery came to; with a NextAttemptAt, what it stands
	// at until it is tried again.
	Outcome *Outcome `json:"outcome,omitempty"`
	// Queue is the task queue of the worker in which the attempt goes on.
	Queue string `json:"queue,omitempty"`

	// encoded is the shot as JSON, if it was encoded before.
	encoded []byte
}

// Encode encodes the shot for [Pack], once it is complete, and returns how many
// bytes of a volley's answer it takes.
func (s *Shot) Encode() int {
	encoded, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprintf("latch: shot: %v", err)) // every part came out of JSON
	}
	s.encoded = encoded
	return len(encoded)
}

// Ends reports whether the shot ends the delivery.
func (s Shot) Ends() bool { return s.Outcome != nil && s.Outcome.NextAttemptAt.IsZero() }

// A Fetch is the argument of ActivityFetch.
type Fetch struct {
	DeliveryID string `json:"delivery_id"`
}

// An OwnerRequest asks whether the worker lives whose own task queue it names.
type OwnerRequest struct {
	Queue string `json:"queue"`
}

// An OwnerAnswer answers it.
type OwnerAnswer struct {
	Lives bool `json:"lives,omitempty"`
}

const (
	// VolleyPatience is how long a volley waits for answers.
	VolleyPatience = 300 * time.Millisecond
	// MaximumVolley bounds the deliveries of one volley, and MaximumVolleyBytes
	// what it answers, as JSON: what does not fit is fetched by itself.
	MaximumVolley      = 100
	MaximumVolleyBytes = 256 << 10
)
