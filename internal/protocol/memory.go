package protocol

import "github.com/latch-run/latch"

// A Memory is the data that one attempt of a delivery passes to the next, in its last heartbeat.
type Memory struct {
	Tries []latch.RecordTry `json:"tries,omitempty"`
	// TurnedAway counts how often Temporal's attempt was not an attempt because the endpoint
	// had as much in flight as it may.
	TurnedAway int `json:"turned_away,omitempty"`
	// Answered and Measured have the same meaning as in [Send].
	Answered int       `json:"answered,omitempty"`
	Measured *Measured `json:"measured,omitempty"`
}
