package latch

import (
	"slices"
	"time"
)

// A Gate is the input of the workflow [WorkflowGate]: a custom event whose hooks
// decide whether the asker may go on (contract, "Gate").
type Gate struct {
	// ID defaults to the workflow id.
	ID       string    `json:"id,omitempty" latch:"id"`
	Event    string    `json:"event" latch:"plain"`
	Data     Object    `json:"data,omitempty" latch:"plain"`
	Instance Object    `json:"instance,omitempty" latch:"plain"`
	Vars     Object    `json:"vars,omitempty" latch:"plain"`
	Webhooks []Webhook `json:"webhooks,omitempty"`
	// Deadline bounds the wait for the decision, from the start of the run. Unless
	// given it is somewhat less than the run's own timeout; see [Gate.DecidesWithin].
	Deadline Duration `json:"deadline,omitempty"`
	// OnDeadline is what each hook decides that is open at the deadline: stop (the
	// default), rollback or continue.
	OnDeadline string `json:"on_deadline,omitempty" latch:"plain" unset:"stop"`
}

// Statuses of a gate.
const (
	GateRunning    = "running"
	GatePassed     = "passed"
	GateStopped    = "stopped"
	GateRolledBack = "rolled_back"
	GateCancelled  = "cancelled"
)

// A GateResult is what a gate decided.
type GateResult struct {
	// ID and Event are those of the gate; a gate in a workflow of a user's own has
	// neither.
	ID    string `json:"id,omitempty"`
	Event string `json:"event,omitempty"`
	// Status is that of the gate's run; a gate in a workflow of a user's own has none.
	Status string `json:"status,omitempty"`
	// Decision is [Continue], [Stop] or [Rollback].
	Decision string `json:"decision"`
	// Reason is why the gate did not let the asker pass.
	Reason string `json:"reason,omitempty"`
	// DecidedBy names the webhook or the person.
	DecidedBy DecidedBy `json:"decided_by,omitzero"`
	// History is the gate's records.
	History []Record `json:"history"`
}

// DecodeGate reads a gate strictly. Its error is [Problems].
func DecodeGate(data []byte) (*Gate, error) {
	gate := new(Gate)
	problems := decodeStrict(data, gate)
	return gate, problems.Merge(gate.Validate()).Err()
}

// Validate returns all that is wrong with the gate's shape.
func (g *Gate) Validate() Problems {
	problems := g.Emission().ValidateGate()
	checkDuration(&problems, "deadline", g.Deadline)
	oneOf(&problems, "on_deadline", g.OnDeadline, Continue, Stop, Rollback)
	return problems
}

// Emission returns the custom event that the gate fires.
func (g *Gate) Emission() *Emission {
	return &Emission{ID: g.ID, Event: g.Event, Data: g.Data, Instance: g.Instance, Vars: g.Vars, Webhooks: g.Webhooks}
}

// ValidateWithin returns what is wrong with the deadline of a gate whose run
// Temporal times out after the limit; 0 is no limit.
func (g *Gate) ValidateWithin(limit time.Duration) Problems {
	var problems Problems
	if limit > 0 && time.Duration(g.Deadline) >= limit {
		problems.Addf("deadline", "%s is past the run's timeout of %s, so Temporal would end the gate before it decides; "+
			"give less, such as %s, or start the run with a longer execution timeout", g.Deadline, limit, withoutDeadline(limit))
	}
	return problems
}

// maximumMargin bounds how long before its run's timeout a gate decides that has
// no deadline.
const maximumMargin = time.Minute

// withoutDeadline returns how long a gate without a deadline waits at most.
func withoutDeadline(limit time.Duration) time.Duration {
	return limit - min(limit/10, maximumMargin)
}

// DecidesWithin returns how long after its start the gate has decided: its
// deadline, or else nine tenths of the timeout after which Temporal ends its run,
// but no more than a minute before that; 0 for a gate that waits for ever.
func (g *Gate) DecidesWithin(limit time.Duration) time.Duration {
	switch {
	case g.Deadline > 0:
		return time.Duration(g.Deadline)
	case limit > 0:
		return withoutDeadline(limit)
	default:
		return 0
	}
}

// AtGate returns the webhook as a gate takes it at its event: on_error is stop
// unless given, since no answer is no yes.
func (w Webhook) AtGate(event string) Webhook {
	w.Events, w.Event = slices.Clone(w.EventSettings()), ""
	for i := range w.Events {
		if w.Events[i].Event == event && w.Events[i].OnError == "" {
			w.Events[i].OnError = Stop
		}
	}
	return w
}
