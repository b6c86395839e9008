package api

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

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
		return output, a.tell(ctx, kind, CallerOf(ctx).UpdatePrefix(protocol.UpdateViaAPI), input.ID, message, control, &output.Body)
	}
}

// retryStep has a failed step taken again.
func (a *API) retryStep(ctx context.Context, input *messageInput) (*statusOutput, error) {
	var retry latch.StepRetry
	if err := decodeMessage(input.RawBody, retry.Decode); err != nil {
		return nil, err
	}
	retry.By = CallerOf(ctx).Name
	output := &statusOutput{}
	return output, a.tell(ctx, latch.ReleaseKind, CallerOf(ctx).UpdatePrefix(protocol.UpdateViaAPI), input.ID, latch.MessageRetry, retry,
		&output.Body)
}

type skippedOutput struct{ Body recordOrStatus }

// recordOrStatus is the record of a hook that was skipped, or the status of a release
// of which a step was.
type recordOrStatus struct {
	record *latch.Record
	status *latch.Status
}

// MarshalJSON writes the one that there is.
func (r recordOrStatus) MarshalJSON() ([]byte, error) {
	if r.status != nil {
		return json.Marshal(r.status)
	}
	return json.Marshal(r.record)
}

// Schema describes either.
func (recordOrStatus) Schema(registry huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{
		registry.Schema(reflect.TypeFor[latch.Record](), true, ""), registry.Schema(reflect.TypeFor[latch.Status](), true, "")}}
}

// skipInRelease skips a hook or a failed step.
func (a *API) skipInRelease(ctx context.Context, input *messageInput) (*skippedOutput, error) {
	var skip latch.Skip
	if err := decodeMessage(input.RawBody, skip.Decode); err != nil {
		return nil, err
	}
	if !skip.OfStep() {
		record, err := a.skipHook(latch.ReleaseKind)(ctx, input)
		if err != nil {
			return nil, err
		}
		return &skippedOutput{recordOrStatus{record: &record.Body}}, nil
	}
	skip.By, skip.Voucher = CallerOf(ctx).Name, ""
	status := new(latch.Status)
	err := a.tell(ctx, latch.ReleaseKind, CallerOf(ctx).UpdatePrefix(protocol.UpdateViaAPI), input.ID, latch.MessageSkip, skip, status)
	return &skippedOutput{recordOrStatus{status: status}}, err
}

func (a *API) skipHook(kind latch.Kind) func(context.Context, *messageInput) (*recordOutput, error) {
	return func(ctx context.Context, input *messageInput) (*recordOutput, error) {
		var skip latch.Skip
		if err := decodeMessage(input.RawBody, skip.Decode); err != nil {
			return nil, err
		}
		skip.By = CallerOf(ctx).Name
		if err := a.vouchSkip(ctx, kind, input.ID, &skip); err != nil {
			return nil, err
		}
		prefix := protocol.UpdateViaAPI
		if CallerOf(ctx).Role >= RoleAdmin {
			prefix = protocol.UpdateByAdmin
		}
		output := &recordOutput{}
		return output, a.tell(ctx, kind, CallerOf(ctx).UpdatePrefix(prefix), input.ID, latch.MessageSkip, skip, &output.Body)
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
	NoteAct(ctx, func(entry *latch.AuditEntry) {
		entry.Target, entry.WorkflowID, entry.RunID = "", workflowID, info.GetExecution().GetRunId()
	})
	noteMessage(ctx, argument)
	err = a.Runs.Update(ctx, prefix, workflowID, message, argument, answer)
	if runs.IsClosed(err) {
		late := NewProblem(http.StatusConflict, "%s has closed already; it is too late to %s.", workflowID, message)
		late.WorkflowID, late.RunID = workflowID, info.GetExecution().GetRunId()
		return late
	}
	return err
}
