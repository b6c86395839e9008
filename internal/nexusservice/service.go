package nexusservice

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/nexus-rpc/sdk-go/nexus"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/temporalnexus"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/admission"
	"github.com/latch-run/latch/internal/protocol"
)

// New returns the service. Its runs are started on the task queue of the worker that it is
// registered with.
func New() *nexus.Service {
	service := nexus.NewService(latch.NexusService)
	for _, operation := range []nexus.RegisterableOperation{
		starting(latch.NexusRunJob, latch.JobKind, func(data []byte) (string, error) {
			job, err := admission.DecodeJob(data)
			return job.ID, err
		}),
		starting(latch.NexusRunRelease, latch.ReleaseKind, func(data []byte) (string, error) {
			release, err := admission.DecodeRelease(data)
			return release.ID, err
		}),
		starting(latch.NexusGate, latch.GateKind, func(data []byte) (string, error) {
			gate, err := admission.DecodeGate(data)
			return gate.ID, err
		}),
		starting(latch.NexusEmit, latch.EmissionKind, func(data []byte) (string, error) {
			emission, err := admission.DecodeEmission(data)
			return emission.ID, err
		}),
		nexus.NewSyncOperation(latch.NexusReleaseLock, releaseLock),
	} {
		service.MustRegister(operation)
	}
	return service
}

type (
	operationClient  = temporalnexus.NexusClient
	operationOptions = temporalnexus.StartTemporalOperationOptions
	operationResult  = temporalnexus.TemporalOperationResult[json.RawMessage]
)

// starting returns the operation that starts a run of the kind and ends with it. check
// validates the input, and returns its id.
func starting(name string, kind latch.Kind, check func([]byte) (string, error)) nexus.RegisterableOperation {
	start := func(ctx context.Context, c operationClient, input json.RawMessage, options operationOptions) (operationResult, error) {
		id, err := check(input)
		if err != nil {
			return operationResult{}, nexus.NewHandlerErrorf(nexus.HandlerErrorTypeBadRequest, "%s: %s", latch.ErrorInvalidSpec, err)
		}
		if id == "" {
			id = options.RequestID
		}
		run := client.StartWorkflowOptions{ID: kind.WorkflowID(id), StaticSummary: string(kind) + " " + id + ", by Nexus"}
		started, err := temporalnexus.StartUntypedWorkflow[json.RawMessage](ctx, c, run, kind.Workflow(), input)
		var running *serviceerror.WorkflowExecutionAlreadyStarted
		if errors.As(err, &running) {
			return started, nexus.NewHandlerErrorf(nexus.HandlerErrorTypeConflict, "%s is running already, and one runs at a time", run.ID)
		}
		return started, err
	}
	return temporalnexus.MustNewTemporalOperation(temporalnexus.TemporalOperationOptions[json.RawMessage, json.RawMessage]{Name: name, Start: start})
}

// releaseLock removes a lock and returns its record. A repeated request is the same update.
func releaseLock(ctx context.Context, input json.RawMessage, options nexus.StartOperationOptions) (json.RawMessage, error) {
	var removal latch.LockRelease
	if err := removal.Decode(input); err != nil {
		return nil, nexus.NewHandlerErrorf(nexus.HandlerErrorTypeBadRequest, "%s: %s", latch.ErrorInvalidArgument, err)
	}
	workflowID, is := protocol.RunOfLock(removal.Lock)
	if !is {
		return nil, nexus.NewHandlerErrorf(nexus.HandlerErrorTypeBadRequest,
			"%s: lock: %q is not a lock's token, which is <workflow id>:<webhook id>:<random>", latch.ErrorInvalidArgument, removal.Lock)
	}
	update, err := temporalnexus.GetClient(ctx).UpdateWorkflow(ctx, client.UpdateWorkflowOptions{UpdateID: options.RequestID, WorkflowID: workflowID,
		UpdateName: latch.MessageReleaseLock, Args: []any{removal}, WaitForStage: client.WorkflowUpdateStageCompleted})
	var released json.RawMessage
	if err == nil {
		err = update.Get(ctx, &released)
	}
	return released, refusal(err)
}

// refusal converts the error of an operation. A request that a run refused, or whose run does
// not exist, is not retried.
func refusal(err error) error {
	var refused *temporal.ApplicationError
	var unknown *serviceerror.NotFound
	switch {
	case errors.As(err, &refused) && refused.NonRetryable():
		return nexus.NewHandlerErrorf(nexus.HandlerErrorTypeBadRequest, "%s: %s", refused.Type(), refused.Message())
	case errors.As(err, &unknown):
		return nexus.NewHandlerErrorf(nexus.HandlerErrorTypeNotFound, "no run waits for this lock: %s", unknown.Message)
	default:
		return err
	}
}
