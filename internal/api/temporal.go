package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	sdkpb "go.temporal.io/api/sdk/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/attach"
	"github.com/latch-run/latch/internal/once"
	"github.com/latch-run/latch/internal/overload"
	"github.com/latch-run/latch/internal/protocol"
)

// How long Temporal may take, and a worker that has to answer.
const (
	serverTimeout = 5 * time.Second
	workerTimeout = 15 * time.Second
)

// A start is what to start, and for whom.
type start struct {
	workflow   string
	workflowID string
	summary    string
	body       json.RawMessage
	// key is the caller's idempotency key with the caller, "" where there is none.
	key string
}

// requestPrefix begins the ids of requests that start runs.
const requestPrefix = "api-"

// start starts a run: one at a time under a workflow id. The same call made again
// under its key returns the run that the first one started, closed or not.
func (a *api) start(ctx context.Context, s start) (runID string, err error) {
	if !protocol.IsID(s.workflowID) {
		return "", problem(http.StatusUnprocessableEntity, "workflow_id: %q is none: it has at most 1000 bytes of UTF-8, no control characters among them.", s.workflowID)
	}
	if err := latch.CheckWorkflowID(s.workflowID); err != nil {
		return "", problem(http.StatusUnprocessableEntity, "workflow_id: %v.", err)
	}
	ctx, cancel := context.WithTimeout(ctx, workerTimeout)
	defer cancel()
	if s.key != "" {
		return a.startUnderKey(ctx, s)
	}
	request, err := a.startRequest(s)
	if err != nil {
		return "", err
	}
	response, err := a.startOnce(ctx, request)
	var running *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &running) {
		conflict := problem(http.StatusConflict, "%s is running already (run %s), and one runs at a time.", s.workflowID, running.RunId)
		conflict.WorkflowID, conflict.RunID = s.workflowID, running.RunId
		return "", conflict
	}
	return response.GetRunId(), err
}

// startUnderKey starts a run once for the caller's key.
func (a *api) startUnderKey(ctx context.Context, s start) (runID string, err error) {
	starter := once.Starter{Service: a.temporal.WorkflowService(), Namespace: a.namespace, TaskQueue: a.taskQueue, Identity: identity, DataConverter: a.converter}
	runID, err = starter.Start(ctx, s.key, &protocol.StartOnce{Workflow: s.workflow, WorkflowID: s.workflowID, TaskQueue: a.taskQueue,
		Summary: s.summary, Arguments: []json.RawMessage{s.body}}, s.body)
	switch {
	case errors.Is(err, once.ErrRunning):
		info, err := a.describe(ctx, s.workflowID, "")
		if err != nil {
			return "", err
		}
		conflict := problem(http.StatusConflict, "%s is running already (run %s), and one runs at a time.", s.workflowID, info.GetExecution().GetRunId())
		conflict.WorkflowID, conflict.RunID = s.workflowID, info.GetExecution().GetRunId()
		return "", conflict
	case errors.Is(err, once.ErrOtherRequest):
		refused := problem(http.StatusUnprocessableEntity, "This Idempotency-Key was used for %s before, with another body; use a new one.", s.workflowID)
		refused.WorkflowID = s.workflowID
		return "", refused
	}
	return runID, err
}

func (a *api) startOnce(ctx context.Context, request *workflowservice.StartWorkflowExecutionRequest) (*workflowservice.StartWorkflowExecutionResponse, error) {
	return overload.Again(ctx, func(ctx context.Context) (*workflowservice.StartWorkflowExecutionResponse, error) {
		ctx, cancel := context.WithTimeout(ctx, serverTimeout)
		defer cancel()
		return a.temporal.WorkflowService().StartWorkflowExecution(ctx, request)
	})
}

func (a *api) startRequest(s start) (*workflowservice.StartWorkflowExecutionRequest, error) {
	input, err := a.converter.ToPayloads(s.body)
	if err != nil {
		return nil, fmt.Errorf("encode input: %w", err)
	}
	summary, err := a.converter.ToPayload(s.summary)
	if err != nil {
		return nil, fmt.Errorf("encode summary: %w", err)
	}
	return &workflowservice.StartWorkflowExecutionRequest{
		Namespace:                a.namespace,
		WorkflowId:               s.workflowID,
		WorkflowType:             &commonpb.WorkflowType{Name: s.workflow},
		TaskQueue:                &taskqueuepb.TaskQueue{Name: a.taskQueue},
		Input:                    input,
		Identity:                 identity,
		RequestId:                requestPrefix + uuid.NewString(),
		WorkflowIdReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIdConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		UserMetadata:             &sdkpb.UserMetadata{Summary: summary},
	}, nil
}

// describe tells of a run; the newest where runID is empty.
func (a *api) describe(ctx context.Context, workflowID, runID string) (*workflowpb.WorkflowExecutionInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, serverTimeout)
	defer cancel()
	response, err := a.temporal.DescribeWorkflowExecution(ctx, workflowID, runID)
	return response.GetWorkflowExecutionInfo(), err
}

// query asks a run, for which a worker answers.
func (a *api) query(ctx context.Context, workflowID, runID, name string, answer any, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, workerTimeout)
	defer cancel()
	value, err := overload.Again(ctx, func(ctx context.Context) (converter.EncodedValue, error) {
		return a.temporal.QueryWorkflow(ctx, workflowID, runID, name, args...)
	})
	if err != nil {
		return err
	}
	return value.Get(answer)
}

// update sends an update and waits for its answer. Tried again, it is the
// same update, and is carried out once. The prefix of its id tells which way
// it came (contract, "Blocking and locks").
func (a *api) update(ctx context.Context, prefix, workflowID, name string, argument, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, workerTimeout)
	defer cancel()
	id := prefix + uuid.NewString()
	_, err := overload.Again(ctx, func(ctx context.Context) (struct{}, error) {
		handle, err := a.temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
			UpdateID: id, WorkflowID: workflowID, UpdateName: name, Args: []any{argument},
			WaitForStage: client.WorkflowUpdateStageCompleted,
		})
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, handle.Get(ctx, answer)
	})
	return err
}

// isClosed tells that an update came after the run's end.
func isClosed(err error) bool {
	var application *temporal.ApplicationError
	return isNotFound(err) || errors.As(err, &application) && application.Type() == "AcceptedUpdateCompletedWorkflow"
}

// beginning gives the first events of a run.
func (a *api) beginning(ctx context.Context, workflowID, runID string, events int32) ([]*historypb.HistoryEvent, error) {
	ctx, cancel := context.WithTimeout(ctx, serverTimeout)
	defer cancel()
	response, err := a.temporal.WorkflowService().GetWorkflowExecutionHistory(ctx, &workflowservice.GetWorkflowExecutionHistoryRequest{
		Namespace: a.namespace, Execution: &commonpb.WorkflowExecution{WorkflowId: workflowID, RunId: runID}, MaximumPageSize: events,
	})
	return response.GetHistory().GetEvents(), err
}

// plain gives a payload's data, decrypted where it is encrypted.
func (a *api) plain(payload *commonpb.Payload) ([]byte, error) {
	var raw converter.RawValue
	if err := a.converter.FromPayload(payload, &raw); err != nil {
		return nil, err
	}
	return raw.Payload().GetData(), nil
}

// read decodes a payload of JSON, decrypted where it is encrypted.
func (a *api) read(payload *commonpb.Payload, into any) error {
	data, err := a.plain(payload)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}

func (a *api) inputIn(events []*historypb.HistoryEvent, workflowID, runID string) (json.RawMessage, error) {
	for _, event := range events {
		payloads := event.GetWorkflowExecutionStartedEventAttributes().GetInput().GetPayloads()
		if len(payloads) == 0 {
			continue
		}
		input, err := a.plain(payloads[0])
		if err != nil {
			return nil, fmt.Errorf("input of %s: %w", workflowID, err)
		}
		return input, nil
	}
	return nil, fmt.Errorf("run %s of %s tells no input", runID, workflowID)
}

// admittedWithin is how many events of a run there are at most until it was
// admitted.
const admittedWithin = 20

// registeredIn gives the registered webhooks that a run took as it began, as
// its admission was recorded.
func (a *api) registeredIn(events []*historypb.HistoryEvent) []protocol.AttachedWebhook {
	for _, event := range events {
		details := event.GetMarkerRecordedEventAttributes().GetDetails()
		var marker struct{ ActivityType string }
		for _, payload := range details["data"].GetPayloads() {
			_ = a.read(payload, &marker) // another kind of marker has none
		}
		if marker.ActivityType != protocol.ActivityAdmit {
			continue
		}
		for _, payload := range details["result"].GetPayloads() {
			var admission protocol.Admission
			if a.read(payload, &admission) == nil {
				return admission.Webhooks
			}
		}
	}
	return nil
}

// definition reads what a run of Latch's own was started with as a release,
// job or emission; of a workflow of a user's own it tells nothing.
func (a *api) definition(ctx context.Context, info *workflowpb.WorkflowExecutionInfo) (*definition, error) {
	d := &definition{kind: latch.KindOfWorkflow(info.GetType().GetName())}
	var into any
	switch d.kind {
	case latch.ReleaseKind:
		into = &d.release
	case latch.JobKind:
		into = &d.job
	case latch.EmissionKind:
		into = &d.emission
	default:
		return d, nil
	}
	workflowID, runID := info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId()
	events, err := a.beginning(ctx, workflowID, runID, admittedWithin)
	if err != nil {
		return nil, err
	}
	data, err := a.inputIn(events, workflowID, runID)
	if err != nil {
		return nil, err
	}
	if err := latch.Unmarshal(data, into); err != nil {
		return nil, fmt.Errorf("input of %s: %w", workflowID, err)
	}
	d.registered = a.registeredIn(events)
	return d, nil
}

// A definition is what a run was started with, by what it is about.
type definition struct {
	kind     latch.Kind
	release  latch.Release
	job      latch.Job
	emission latch.Emission
	// registered are webhooks that stand by themselves and apply to the run.
	registered []protocol.AttachedWebhook
}

// settings gives the hook's settings.
func (d *definition) settings(webhook, event string) (latch.Event, bool) {
	own := map[latch.Kind][]latch.Webhook{latch.ReleaseKind: d.release.Webhooks,
		latch.JobKind: d.job.Webhooks, latch.EmissionKind: d.emission.Webhooks}[d.kind]
	webhooks := attach.Merge(own, d.registered)
	for i := range webhooks {
		if webhooks[i].ID == webhook {
			return webhooks[i].On(event)
		}
	}
	return latch.Event{}, false
}
