package latch

// An Emission is the input of the workflow [WorkflowEmit]: a custom event and the webhooks that
// receive it (contract, "Emission").
type Emission struct {
	// ID defaults to the workflow id.
	ID       string    `json:"id,omitempty" latch:"id"`
	Event    string    `json:"event" latch:"plain"`
	Data     Object    `json:"data,omitempty" latch:"plain"`
	Instance Object    `json:"instance,omitempty" latch:"plain"`
	Vars     Object    `json:"vars,omitempty" latch:"plain"`
	Webhooks []Webhook `json:"webhooks,omitempty"`
}

// An EmissionResult is the result of an emission.
type EmissionResult struct {
	ID      string   `json:"id"`
	Event   string   `json:"event"`
	History []Record `json:"history"`
}

// DecodeEmission strictly decodes an emission. Its error is [Problems].
func DecodeEmission(data []byte) (*Emission, error) {
	emission := new(Emission)
	problems := decodeStrict(data, emission)
	return emission, problems.Merge(emission.Validate()).Err()
}

// Validate returns all problems of the emission's shape.
func (e *Emission) Validate() (problems Problems) {
	e.validate(&problems, "", inEmission)
	return problems
}

// ValidateGate is like Validate for a gate in a user's own workflow, whose hooks may have
// decision expressions at the custom event.
func (e *Emission) ValidateGate() (problems Problems) {
	e.validate(&problems, "", inGate)
	return problems
}

func (e *Emission) validate(problems *Problems, path string, where scope) {
	if e.ID != "" {
		requireRunID(problems, field(path, "id"), e.ID)
	}
	switch {
	case e.Event == "":
		problems.Addf(field(path, "event"), "required: a custom event such as INSTANCE_CREATED")
	case IsBuiltInEvent(e.Event):
		problems.Addf(field(path, "event"), "%s is fired by Latch itself; an emission takes a custom event", e.Event)
	default:
		if wrong := checkEventName(e.Event); wrong != "" {
			problems.Addf(field(path, "event"), "%s", wrong)
		}
	}
	boundObject(problems, field(path, "data"), e.Data)
	boundObject(problems, field(path, "instance"), e.Instance)
	boundObject(problems, field(path, "vars"), e.Vars)
	validateWebhooks(problems, field(path, "webhooks"), e.Webhooks, where)
}
