package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/deliveries"
)

const deliveriesPath = "/latch/v1/deliveries"

func (a *API) registerDeliveries() {
	Register[NoBody](a, Operation{ID: "get-delivery", Method: http.MethodGet, Path: deliveriesPath + "/{id}", Role: RoleRead,
		Errors: []int{http.StatusNotFound, http.StatusUnprocessableEntity}, Summary: "Get one delivery with its redeliveries",
		About: "The delivery's own record, with each attempt, and one record for each redelivery. workflow_id and run_id are those of the delivery's record; they are required only where the delivery id does not contain its run."}, a.getDelivery)
	Register[DeliveryOrigin](a, Operation{ID: "redeliver", Method: http.MethodPost, Act: latch.AuditDeliveryRedeliver,
		Path: deliveriesPath + "/{id}/redeliver", Role: RoleRun,
		Status: http.StatusAccepted, Errors: []int{http.StatusNotFound, http.StatusConflict}, Summary: "Send a delivery again",
		About: "Sends the request as it was rendered, under the same delivery id. The redelivery has a record of its own, which no longer decides anything. Only one runs at a time: while a redelivery, or the delivery itself, is in progress, the answer is 409."}, a.redeliver)
}

// A DeliveryOrigin names the run that fired a delivery, if the delivery's id
// does not.
type DeliveryOrigin struct {
	WorkflowID string `json:"workflow_id,omitempty" doc:"The workflow id of the run, as in the delivery's record; required only where the delivery id does not contain it"`
	RunID      string `json:"run_id,omitempty"`
}

// decode decodes the body strictly.
func (o *DeliveryOrigin) decode(body []byte) error { return strictly(body, o) }

// strictly decodes a body whose only keys may be those of into. Its error is
// [latch.Problems] and names the key.
func strictly(body []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	var problems latch.Problems
	var mistyped *json.UnmarshalTypeError
	switch {
	case err == nil:
	case errors.As(err, &mistyped):
		problems.Addf(mistyped.Field, "must be a %s, not a %s", mistyped.Type, mistyped.Value)
	default:
		key, _ := strings.CutPrefix(err.Error(), "json: unknown field ")
		problems.Addf(strings.Trim(key, `"`), "unknown key")
	}
	return problems.Err()
}

type deliveryInput struct {
	ID         string `path:"id" maxLength:"200" doc:"The delivery's id"`
	WorkflowID string `query:"workflow_id" maxLength:"1000" doc:"The workflow id of the run that fired the delivery"`
	RunID      string `query:"run_id" maxLength:"100" doc:"That run's id"`
}

type deliveryOutput struct{ Body deliveries.Delivery }

func (a *API) getDelivery(ctx context.Context, input *deliveryInput) (*deliveryOutput, error) {
	found, err := a.deliveries.Delivery(ctx, input.ID, deliveries.Origin{WorkflowID: input.WorkflowID, RunID: input.RunID})
	if err != nil {
		return nil, err
	}
	return &deliveryOutput{*found}, nil
}

type redeliverInput struct {
	ID      string `path:"id" doc:"The delivery's id"`
	RawBody []byte
}

type redeliveryOutput struct{ Body deliveries.Redelivery }

func (a *API) redeliver(ctx context.Context, input *redeliverInput) (*redeliveryOutput, error) {
	var origin DeliveryOrigin
	if err := decodeMessage(input.RawBody, origin.decode); err != nil {
		return nil, err
	}
	redelivery, err := a.deliveries.Redeliver(ctx, input.ID, deliveries.Origin(origin))
	if err != nil {
		return nil, err
	}
	NoteAct(ctx, func(entry *latch.AuditEntry) { entry.WorkflowID, entry.RunID = redelivery.WorkflowID, redelivery.RunID })
	return &redeliveryOutput{*redelivery}, nil
}

// explainDelivery converts a refusal to a problem.
func explainDelivery(refused *deliveries.RefusedError) *Problem {
	status := http.StatusConflict
	switch refused.Reason {
	case deliveries.Unknown:
		status = http.StatusNotFound
	case deliveries.Invalid:
		status = http.StatusUnprocessableEntity
	}
	p := NewProblem(status, "%v", refused)
	p.WorkflowID, p.RunID = refused.WorkflowID, refused.RunID
	return p
}

// explainMissing returns the problem for a missing search attribute, which says
// how to create it.
func explainMissing(missing *deliveries.MissingAttributeError) *Problem {
	p := NewProblem(http.StatusNotImplemented, "%v", missing)
	p.Type = "urn:latch:problem:search-attribute-missing"
	return p
}
