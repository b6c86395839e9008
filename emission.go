package latch

// An Emission is the input of the workflow [WorkflowEmit]: a custom event and
// the webhooks that it is sent to (contract, "Emission").
type Emission struct {
	// ID defaults to the workflow id.
	ID       string    `json:"id,omitempty" latch:"id"`
	Event    string    `json:"event" latch:"plain"`
	Data     Object    `json:"data,omitempty" latch:"plain"`
	Instance Object    `json:"instance,omitempty" latch:"plain"`
	Vars     Object    `json:"vars,omitempty" latch:"plain"`
	Webhooks []Webhook `json:"webhooks,omitempty"`
}

// An EmissionResult is what an emission came to.
type EmissionResult struct {
	ID      string   `json:"id"`
	Event   string   `json:"event"`
	History []Record `json:"history"`
}

// DecodeEmission reads an emission strictly. Its error is [Problems].
func DecodeEmission(data []byte) (*Emission, error) {
	emission := new(Emission)
	problems := decodeStrict(data, emission)
	return emission, problems.Merge(emission.Validate()).Err()
}

// Validate returns all that is wrong with the emission's shape.
func (e *Emission) Validate() Problems { return e.validate(inEmission) }

// ValidateGate is Validate for a gate of a user's own, where hooks may bear
// decision expressions at the custom event.
func (e *Emission) ValidateGate() Problems { return e.validate(inGate) }

func (e *Emission) validate(where scope) Problems {
	var problems Problems
	if e.ID != "" {
		requireRunID(&problems, "id", e.ID)
	}
	switch {
	case e.Event == "":
		problems.Addf("event", "required: a custom event such as INSTANCE_CREATED")
	case IsBuiltInEvent(e.Event):
		problems.Addf("event", "%s is fired by Latch itself; an emission takes a custom event", e.Event)
	default:
		if wrong := checkEventName(e.Event); wrong != "" {
			problems.Addf("event", "%s", wrong)
		}
	}
	boundObject(&problems, "data", e.Data)
	boundObject(&problems, "instance", e.Instance)
	boundObject(&problems, "vars", e.Vars)
	validateWebhooks(&problems, "webhooks", e.Webhooks, where)
	return problems
}

// DecodeGate reads an emission strictly as [Emission.ValidateGate] has it. Its
// error is [Problems].
func DecodeGate(data []byte) (*Emission, error) {
	gate := new(Emission)
	problems := decodeStrict(data, gate)
	return gate, problems.Merge(gate.ValidateGate()).Err()
}
