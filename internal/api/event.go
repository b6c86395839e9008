package api

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/admission"
)

func (a *API) registerEvents() {
	Register[latch.Emission](a, Operation{ID: "fire-event", Method: http.MethodPost, Path: "/latch/v1/events", Role: RoleRun,
		Status: http.StatusCreated, Errors: []int{http.StatusConflict}, Summary: "Fire a custom event",
		About: "Starts the workflow emit-<id>, or workflow_id. An event without an id gets a new one; under the same Idempotency-Key, always the same one."},
		a.fireEvent)
}

func (a *API) fireEvent(ctx context.Context, input *startInput) (*startedOutput, error) {
	if err := NeedJSON(input.RawBody); err != nil {
		return nil, err
	}
	emission, err := admission.DecodeEmission(input.RawBody)
	if err != nil {
		return nil, Decoded(err)
	}
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
		id = s.workflowID // as the contract has it of an emission without an id
	}
	return a.started(ctx, s, id, "")
}
