package runs

import (
	"context"
	"encoding/json"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// Read decodes a JSON payload, decrypting it if necessary.
func (r *Runs) Read(payload *commonpb.Payload, into any) error {
	data, err := r.plain(payload)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}

// plain returns the data of a payload, decrypting it if necessary.
func (r *Runs) plain(payload *commonpb.Payload) ([]byte, error) {
	var raw converter.RawValue
	if err := r.converter.FromPayload(payload, &raw); err != nil {
		return nil, err
	}
	return raw.Payload().GetData(), nil
}

// beginning returns the first events of a run.
func (r *Runs) beginning(ctx context.Context, execution *commonpb.WorkflowExecution, events int32) ([]*historypb.HistoryEvent, error) {
	first, _, err := r.page(ctx, execution, events, nil)
	return first, err
}

// page is [Runs.Events] with a size, or with the server's own if that is 0, and within the time
// that the server has for an answer.
func (r *Runs) page(ctx context.Context, execution *commonpb.WorkflowExecution, size int32,
	token []byte) (events []*historypb.HistoryEvent, next []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, serverTimeout)
	defer cancel()
	response, err := r.service().GetWorkflowExecutionHistory(ctx, &workflowservice.GetWorkflowExecutionHistoryRequest{
		Namespace: r.namespace, Execution: execution, MaximumPageSize: size, NextPageToken: token})
	return response.GetHistory().GetEvents(), response.GetNextPageToken(), err
}

// Events returns a page of a run's history, beginning at the token, and the token of the next page,
// which is empty after the last.
func (r *Runs) Events(ctx context.Context, execution *commonpb.WorkflowExecution, token []byte) (events []*historypb.HistoryEvent, next []byte, err error) {
	response, err := r.service().GetWorkflowExecutionHistory(ctx, &workflowservice.GetWorkflowExecutionHistoryRequest{
		Namespace: r.namespace, Execution: execution, NextPageToken: token})
	return response.GetHistory().GetEvents(), response.GetNextPageToken(), err
}

// EventsBackwards is [Runs.Events] from the newest event on.
func (r *Runs) EventsBackwards(ctx context.Context, execution *commonpb.WorkflowExecution, token []byte,
	most int) (events []*historypb.HistoryEvent, next []byte, err error) {
	request := &workflowservice.GetWorkflowExecutionHistoryReverseRequest{Namespace: r.namespace, Execution: execution,
		NextPageToken: token, MaximumPageSize: int32(most)}
	response, err := again(ctx, func(ctx context.Context) (*workflowservice.GetWorkflowExecutionHistoryReverseResponse, error) {
		return r.service().GetWorkflowExecutionHistoryReverse(ctx, request)
	})
	return response.GetHistory().GetEvents(), response.GetNextPageToken(), err
}

// Input decodes the input of a run.
func (r *Runs) Input(ctx context.Context, execution *commonpb.WorkflowExecution, into any) error {
	events, err := r.beginning(ctx, execution, 1)
	if err != nil {
		return err
	}
	return r.inputIn(events, execution, func(data []byte) error { return json.Unmarshal(data, into) })
}

func (r *Runs) inputIn(events []*historypb.HistoryEvent, execution *commonpb.WorkflowExecution, decode func([]byte) error) error {
	for _, event := range events {
		payloads := event.GetWorkflowExecutionStartedEventAttributes().GetInput().GetPayloads()
		if len(payloads) == 0 {
			continue
		}
		data, err := r.plain(payloads[0])
		if err == nil {
			err = decode(data)
		}
		if err != nil {
			return fmt.Errorf("input of %s: %w", execution.GetWorkflowId(), err)
		}
		return nil
	}
	return fmt.Errorf("run %s of %s has no input", execution.GetRunId(), execution.GetWorkflowId())
}

// A Definition is the input of a run, according to its kind.
type Definition struct {
	// Kind is empty for a user's own workflow.
	Kind     latch.Kind
	Release  latch.Release
	Job      latch.Job
	Emission latch.Emission
	Gate     latch.Gate
	// Registered are the registered webhooks that apply to the run.
	Registered []protocol.AttachedWebhook
}

// Settings returns the settings of a webhook's hook at an event. It returns false if the run has no
// such hook.
func (d *Definition) Settings(webhook, event string) (latch.Event, bool) {
	webhooks := d.Webhooks()
	for i := range webhooks {
		if webhooks[i].ID == webhook {
			return webhooks[i].On(event)
		}
	}
	return latch.Event{}, false
}

// Vars returns the variables of a release, or of a gate.
func (d *Definition) Vars() latch.Object {
	if d.Kind == latch.GateKind {
		return d.Gate.Vars
	}
	return d.Release.Vars
}

// Instance returns the instance of a release, or of a gate.
func (d *Definition) Instance() latch.Object {
	if d.Kind == latch.GateKind {
		return d.Gate.Instance
	}
	return d.Release.Instance
}

// admittedWithin bounds the number of events in a run's history until its admission is recorded.
const admittedWithin = 20

// Definition returns the input of one of Latch's own runs as a release, job, emission or gate.
// A run that fires several events is returned as one emission with the webhooks of all. For a
// user's own workflow the definition is empty.
func (r *Runs) Definition(ctx context.Context, info *workflowpb.WorkflowExecutionInfo) (*Definition, error) {
	d := &Definition{Kind: latch.KindOfWorkflow(info.GetType().GetName())}
	var into any
	var batch latch.EmissionBatch
	switch d.Kind {
	case latch.ReleaseKind:
		into = &d.Release
	case latch.JobKind:
		into = &d.Job
	case latch.EmissionKind:
		into = &d.Emission
	case latch.GateKind:
		into = &d.Gate
	case latch.BatchKind:
		into = &batch
	default:
		return d, nil
	}
	events, err := r.beginning(ctx, info.GetExecution(), admittedWithin)
	if err != nil {
		return nil, err
	}
	if err := r.inputIn(events, info.GetExecution(), func(data []byte) error { return latch.Unmarshal(data, into) }); err != nil {
		return nil, err
	}
	if d.Kind == latch.BatchKind {
		d.Kind = latch.EmissionKind
		for _, event := range batch.Events {
			d.Emission.Webhooks = append(d.Emission.Webhooks, event.Webhooks...)
		}
	}
	d.Registered = r.registeredIn(events)
	return d, nil
}

// registeredIn returns the registered webhooks that apply to a run, as recorded at its admission.
func (r *Runs) registeredIn(events []*historypb.HistoryEvent) []protocol.AttachedWebhook {
	for _, event := range events {
		details := event.GetMarkerRecordedEventAttributes().GetDetails()
		var marker struct{ ActivityType string }
		for _, payload := range details["data"].GetPayloads() {
			_ = r.Read(payload, &marker) // other markers lack the field
		}
		if marker.ActivityType != protocol.ActivityAdmit {
			continue
		}
		for _, payload := range details["result"].GetPayloads() {
			var admission protocol.Admission
			if r.Read(payload, &admission) == nil {
				return admission.Webhooks
			}
		}
	}
	return nil
}
