package protocol

import (
	"github.com/latch-run/latch"
)

// TurnsPrefix begins the id of the workflow latch.Turns of a concurrency key.
const TurnsPrefix = "latch-turns-"

// Signals and the query of turns: a release asks latch.Turns, which answers by a
// signal.
const (
	SignalAskTurn  = "latch.internal.ask-turn"
	SignalTellTurn = "latch.internal.tell-turn"
	QueryTurns     = "turns"
)

// A TurnRequest is a release that asks for its turn.
type TurnRequest struct {
	Key  string `json:"key"`
	Mode string `json:"mode"`
	latch.Turn
	// FirstRunID is the id of the first run of its chain.
	FirstRunID string `json:"first_run_id"`
}

// A TurnAnswer is what a worker answers a release that asks for its turn.
type TurnAnswer struct {
	// Granted reports that there is no server, so that no other release runs.
	Granted bool `json:"granted,omitempty"`
}

// A TurnNews is the signal of latch.Turns to a release: whether it may run, or what it waits
// for.
type TurnNews struct {
	Granted bool `json:"granted,omitempty"`
	// Refused is why the release may not run.
	Refused string `json:"refused,omitempty"`
	// ReplacedBy is the id of the newer release for which it ends.
	ReplacedBy string `json:"replaced_by,omitempty"`
	// HeldBy is the release whose turn it is, and Ahead how many wait before this one.
	HeldBy *latch.Turn `json:"held_by,omitempty"`
	Ahead  int         `json:"ahead,omitempty"`
}

// TurnsState is the argument of latch.Turns.
type TurnsState struct {
	Key     string        `json:"key"`
	Holder  *TurnRequest  `json:"holder,omitempty"`
	Waiting []TurnRequest `json:"waiting,omitempty"`
}

// An EndRequest asks whether the chain of runs has ended that began with a run.
type EndRequest struct {
	WorkflowID string `json:"workflow_id"`
	FirstRunID string `json:"first_run_id"`
}

// An EndAnswer is the answer.
type EndAnswer struct {
	Ended bool `json:"ended"`
}

// EndRequest returns the question whether the release has ended.
func (r *TurnRequest) EndRequest() EndRequest {
	return EndRequest{WorkflowID: r.WorkflowID, FirstRunID: r.FirstRunID}
}
