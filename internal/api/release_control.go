package api

import (
	"context"
	"net/http"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs"
)

// messageInput is a message to a release or a gate. Its body is optional if
// nothing in it is required.
type messageInput struct {
	ID      string `path:"id" doc:"Its id, or its workflow id"`
	RawBody []byte
}

type statusOutput struct{ Body latch.Status }

// controlRun handles stop and rollback.
func (a *API) controlRun(kind latch.Kind, message string) func(context.Context, *messageInput) (*statusOutput, error) {
	return func(ctx context.Context, input *messageInput) (*statusOutput, error) {
		var control latch.Control
		if err := decodeMessage(input.RawBody, control.Decode); err != nil {
			return nil, err
		}
		control.By = CallerOf(ctx).Name
		output := &statusOutput{}
		return output, a.tell(ctx, kind, protocol.UpdateViaAPI, input.ID, message, control, &output.Body)
	}
}

func (a *API) skipHook(kind latch.Kind) func(context.Context, *messageInput) (*recordOutput, error) {
	return func(ctx context.Context, input *messageInput) (*recordOutput, error) {
		var skip latch.Skip
		if err := decodeMessage(input.RawBody, skip.Decode); err != nil {
			return nil, err
		}
		skip.By = CallerOf(ctx).Name
		prefix := protocol.UpdateViaAPI
		if CallerOf(ctx).Role >= RoleAdmin {
			prefix = protocol.UpdateByAdmin
		}
		output := &recordOutput{}
		return output, a.tell(ctx, kind, prefix, input.ID, latch.MessageSkip, skip, &output.Body)
	}
}

// decodeMessage decodes a body of JSON, if there is one.
func decodeMessage(body []byte, decode func([]byte) error) error {
	if len(body) == 0 {
		body = []byte("{}")
	}
	if err := NeedJSON(body); err != nil {
		return err
	}
	return Decoded(decode(body))
}

// tell sends a message to a run of the kind, as an update with the prefix in its
// id, and decodes the answer.
func (a *API) tell(ctx context.Context, kind latch.Kind, prefix, id, message string, argument, answer any) error {
	info, err := a.findRun(ctx, kind, id)
	if err != nil {
		return err
	}
	workflowID := info.GetExecution().GetWorkflowId()
	err = a.Runs.Update(ctx, prefix, workflowID, message, argument, answer)
	if runs.IsClosed(err) {
		late := NewProblem(http.StatusConflict, "%s has closed already; it is too late to %s.", workflowID, message)
		late.WorkflowID, late.RunID = workflowID, info.GetExecution().GetRunId()
		return late
	}
	return err
}
