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
	Register[DeliveryOrigin](a, Operation{ID: "redeliver", Method: http.MethodPost, Path: deliveriesPath + "/{id}/redeliver", Role: RoleRun,
		Status: http.StatusAccepted, Errors: []int{http.StatusNotFound, http.StatusConflict}, Summary: "Send a delivery again",
		About: "Sends the request as it was rendered, under the same delivery id. The redelivery has a record of its own, which no longer decides anything. Only one runs at a time: while a redelivery, or the delivery itself, is in progress, the answer is 409."}, a.redeliver)
}

// A DeliveryOrigin names the run that fired a delivery, where its id does not.
type DeliveryOrigin struct {
	WorkflowID string `json:"workflow_id,omitempty" doc:"The workflow id of the run, as in the delivery's record; required only where the delivery id does not contain it"`
	RunID      string `json:"run_id,omitempty"`
}

// decode reads the body strictly.
func (o *DeliveryOrigin) decode(body []byte) error { return strictly(body, o) }

// strictly reads a body that has no keys but those of what into points to. Its
// error is [latch.Problems], and names the key.
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
	return &redeliveryOutput{*redelivery}, nil
}

// explainDelivery turns what is refused of deliveries into a problem.
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

// explainMissing returns the problem of a missing search attribute, which says how
// to create it.
func explainMissing(missing *deliveries.MissingAttributeError) *Problem {
	p := NewProblem(http.StatusNotImplemented, "%v", missing)
	p.Type = "urn:latch:problem:search-attribute-missing"
	return p
}
