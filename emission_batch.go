package latch

import "fmt"

// MaximumBatchEvents bounds the events of a batch.
const MaximumBatchEvents = 100

// An EmissionBatch is the input of the workflow [WorkflowEmitBatch]: custom events that one run
// fires concurrently. Each has its own id, data, webhooks, locks and records, as if it had a
// run of its own (contract, "Batch").
type EmissionBatch struct {
	// Events are fired in this order. An event without an id gets the workflow id with a hyphen
	// and its position, which counts from 1.
	Events []Emission `json:"events"`
}

// An EmissionBatchResult has the results of a batch's events, in their order.
type EmissionBatchResult struct {
	Events []EmissionResult `json:"events"`
}

// DecodeEmissionBatch strictly decodes a batch. Its error is [Problems].
func DecodeEmissionBatch(data []byte) (*EmissionBatch, error) {
	batch := new(EmissionBatch)
	problems := decodeStrict(data, batch)
	return batch, problems.Merge(batch.Validate()).Err()
}

// Validate returns all problems of the batch's shape.
func (b *EmissionBatch) Validate() Problems {
	var problems Problems
	switch {
	case len(b.Events) == 0:
		problems.Addf("events", "required: a list of custom events")
	case len(b.Events) > MaximumBatchEvents:
		problems.Addf("events", "has %d events, at most %d go together", len(b.Events), MaximumBatchEvents)
	}
	taken := map[string]int{}
	for i := range b.Events {
		at := fmt.Sprintf("events[%d]", i)
		b.Events[i].validate(&problems, at, inEmission)
		if id := b.Events[i].ID; id != "" {
			if other, is := taken[id]; is {
				problems.Addf(field(at, "id"), "%q is the id of events[%d] too", id, other)
			}
			taken[id] = i
		}
	}
	return problems
}
