package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/google/uuid"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/admission"
	"github.com/latch-run/latch/internal/eventbatch"
)

func (a *API) registerEvents() {
	Register[latch.Emission](a, Operation{ID: "fire-event", Method: http.MethodPost, Act: latch.AuditEventFire,
		Path: "/latch/v1/events", Role: RoleRun, Load: LoadEvent,
		Status: http.StatusCreated, Errors: []int{http.StatusConflict}, Summary: "Fire a custom event",
		About: "Starts the workflow emit-<id>, or workflow_id. An event without an id gets a new one; under the same Idempotency-Key, always the same one. " +
			"Under load, events without id, workflow_id, Idempotency-Key and blocking webhooks of their own share a run of latch.EmitBatch, which workflow_id then names."},
		a.fireEvent)
}

func (a *API) fireEvent(ctx context.Context, input *StartInput) (*startedOutput, error) {
	if err := NeedJSON(input.RawBody); err != nil {
		return nil, err
	}
	emission, err := admission.DecodeEmission(input.RawBody)
	if err != nil {
		return nil, Decoded(err)
	}
	if mayShareRun(input, emission) {
		return a.fireTogether(ctx, input, emission)
	}
	leave, refused := a.Enter(ctx, LoadCall) // it has a call of its own
	if refused != nil {
		return nil, refused
	}
	defer leave()
	if err := a.checkReserved(ctx, emission.Webhooks); err != nil {
		return nil, err
	}
	id := emission.ID
	if id == "" {
		id = uuid.NewString()
	}
	if emission.ID == "" && input.IdempotencyKey != "" {
		id = input.idempotencyHash(ctx)[:32]
	}
	s := input.start(ctx, latch.WorkflowEmit, latch.EmissionKind.WorkflowID(id), "event "+emission.Event+" "+emission.ID)
	if emission.ID == "" {
		id = s.workflowID // the default for an emission without an id
	}
	return a.started(ctx, s, id, "")
}

// mayShareRun reports whether the event can share a run with others. It cannot
// if the caller names the run, or an idempotency key stands for it.
func mayShareRun(input *StartInput, emission *latch.Emission) bool {
	return input.WorkflowID == "" && input.IdempotencyKey == "" && eventbatch.MayShare(emission)
}

// fireTogether fires an event in a run that it may share with others.
func (a *API) fireTogether(ctx context.Context, input *StartInput, emission *latch.Emission) (*startedOutput, error) {
	fired, answer := a.events.fire(ctx, emission, append(json.RawMessage{}, input.RawBody...))
	if answer.err != nil {
		return nil, answer.err
	}
	return &startedOutput{Body: Started{WorkflowID: answer.workflowID, RunID: answer.runID, ID: fired.ID, Status: latch.ReleaseRunning}}, nil
}
