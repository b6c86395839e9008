package latch

import (
	"slices"
	"time"
)

// A Gate is the input of the workflow [WorkflowGate]: a custom event whose hooks decide whether
// the caller may continue (contract, "Gate").
type Gate struct {
	// ID defaults to the workflow id.
	ID       string    `json:"id,omitempty" latch:"id"`
	Event    string    `json:"event" latch:"plain"`
	Data     Object    `json:"data,omitempty" latch:"plain"`
	Instance Object    `json:"instance,omitempty" latch:"plain"`
	Vars     Object    `json:"vars,omitempty" latch:"plain"`
	Webhooks []Webhook `json:"webhooks,omitempty"`
	// Deadline bounds the wait for the decision, from the start of the run. By default it is
	// somewhat less than the run's own timeout; see [Gate.DecidesWithin].
	Deadline Duration `json:"deadline,omitempty"`
	// OnDeadline is the decision of each hook that is open at the deadline: stop (the default),
	// rollback or continue.
	OnDeadline string `json:"on_deadline,omitempty" latch:"plain" unset:"stop"`
}

// These are the statuses of a gate.
const (
	GateRunning    = "running"
	GatePassed     = "passed"
	GateStopped    = "stopped"
	GateRolledBack = "rolled_back"
	GateCancelled  = "cancelled"
)

// A GateResult is the decision of a gate.
type GateResult struct {
	// ID and Event are those of the gate. They are empty for a gate in a user's own workflow.
	ID    string `json:"id,omitempty"`
	Event string `json:"event,omitempty"`
	// Status is the status of the gate's run. It is empty for a gate in a user's own workflow.
	Status string `json:"status,omitempty"`
	// Decision is [Continue], [Stop] or [Rollback].
	Decision string `json:"decision"`
	// Reason says why the gate did not let the caller pass.
	Reason string `json:"reason,omitempty"`
	// DecidedBy names the webhook or the person that decided.
	DecidedBy DecidedBy `json:"decided_by,omitzero"`
	// History is the gate's records.
	History []Record `json:"history"`
}

// DecodeGate strictly decodes a gate. Its error is [Problems].
func DecodeGate(data []byte) (*Gate, error) {
	gate := new(Gate)
	problems := decodeStrict(data, gate)
	return gate, problems.Merge(gate.Validate()).Err()
}

// Validate returns all problems of the gate's shape.
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

// ValidateWithin returns the problems of the deadline if Temporal times out the gate's run
// after the limit; 0 means no limit.
func (g *Gate) ValidateWithin(limit time.Duration) Problems {
	var problems Problems
	if limit > 0 && time.Duration(g.Deadline) >= limit {
		problems.Addf("deadline", "%s is past the run's timeout of %s, so Temporal would end the gate before it decides; "+
			"give less, such as %s, or start the run with a longer execution timeout", g.Deadline, limit, withoutDeadline(limit))
	}
	return problems
}

// maximumMargin bounds how long before its run's timeout a gate without a deadline decides.
const maximumMargin = time.Minute

// withoutDeadline returns how long a gate without a deadline waits at most.
func withoutDeadline(limit time.Duration) time.Duration {
	return limit - min(limit/10, maximumMargin)
}

// DecidesWithin returns the time from its start within which the gate decides: its deadline, or
// else nine tenths of the timeout after which Temporal ends its run, but no more than a minute
// before that. It returns 0 for a gate that waits for ever.
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

// AtGate returns the webhook as a gate uses it at its event: on_error defaults to stop, since a
// missing answer must not open the gate.
func (w Webhook) AtGate(event string) Webhook {
	w.Events, w.Event = slices.Clone(w.EventSettings()), ""
	for i := range w.Events {
		if w.Events[i].Event == event && w.Events[i].OnError == "" {
			w.Events[i].OnError = Stop
		}
	}
	return w
}
