package eventbatch

import (
	"encoding/json"
	"slices"

	"github.com/google/uuid"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/admission"
	"github.com/latch-run/latch/internal/rawjson"
)

// maximumBytes bounds the events that one run fires, as JSON, in bytes.
const maximumBytes = 256 << 10

// MayShare reports whether the event can share a run with others. It cannot if
// it has an id, which names its run, or if a webhook of its own blocks, so that somebody
// may want to stop it.
func MayShare(emission *latch.Emission) bool {
	blocks := func(w latch.Webhook) bool {
		return slices.ContainsFunc(w.EventSettings(), func(e latch.Event) bool { return e.Blocking })
	}
	return emission.ID == "" && !slices.ContainsFunc(emission.Webhooks, blocks)
}

// NewID returns an id for an event without one. It is also the workflow id of its
// run if it has one of its own.
func NewID() string { return latch.EmissionKind.WorkflowID(uuid.NewString()) }

// WorkflowID returns a workflow id for the run of a batch.
func WorkflowID() string { return latch.BatchKind.WorkflowID(uuid.NewString()) }

// An Event is an admitted event that waits for a run.
type Event struct {
	ID       string
	Emission *latch.Emission
	// Body is the same as JSON, without an id.
	Body json.RawMessage
}

// Fit returns how many events from the front one run can fire: at least one of
// those that there are.
func Fit[T any](waiting []T, event func(T) Event) int {
	size, n := 0, 0
	for n < min(len(waiting), latch.MaximumBatchEvents) {
		if size += len(event(waiting[n]).Body); n > 0 && size > maximumBytes {
			break
		}
		n++
	}
	return n
}

// Encode returns the input of a run of latch.EmitBatch. The error is one with
// which that run would reject it although each event is right: it nests too
// deep, or has too many expressions together.
func Encode[T any](events []T, event func(T) Event) (json.RawMessage, error) {
	var batch latch.EmissionBatch
	var bodies []json.RawMessage
	for _, each := range events {
		e := event(each)
		batch.Events = append(batch.Events, *e.Emission)
		bodies = append(bodies, rawjson.With(e.Body, "id", e.ID))
	}
	input := rawjson.Encode(map[string]any{"events": bodies})
	var list struct {
		Events []json.RawMessage `json:"events"`
	}
	return input, latch.DecodeStrict(input, &list).Merge(admission.CheckSum(&batch)).Err()
}
