package runs

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	sdkpb "go.temporal.io/api/sdk/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/latch-run/latch/internal/excerpt"
)

// A Start is a run to start, one at a time for its workflow id.
type Start struct {
	Workflow, WorkflowID, TaskQueue string
	// Summary is shown by Temporal UI; see [Summary].
	Summary   string
	Arguments []any
	// RequestPrefix is the prefix of the request id.
	RequestPrefix string
	// Timeout bounds the duration of the run; 0 means no limit.
	Timeout time.Duration
	// Attributes are search attributes. If the namespace lacks one of them, the
	// run is started without any.
	Attributes map[string]any
	// Memo are fields of the run's memo.
	Memo map[string]string
}

// Start starts a run and returns its run id. While another run of the workflow
// is in progress, [RunningIn] is true of the error.
func (r *Runs) Start(ctx context.Context, s Start) (runID string, err error) {
	ctx, cancel := context.WithTimeout(ctx, workerTimeout)
	defer cancel()
	request, err := r.startRequest(s)
	if err != nil {
		return "", fmt.Errorf("encode what starts %s: %w", s.WorkflowID, err)
	}
	request.Header = traceHeader(ctx)
	if r.lacksAttributes() {
		request.SearchAttributes = nil
	}
	response, err := r.startCalledBack(ctx, request)
	if request.SearchAttributes != nil && is[*serviceerror.InvalidArgument](err) {
		request.SearchAttributes = nil
		if response, err = r.start(ctx, request); err == nil {
			now := time.Now()
			r.lacked.Store(&now)
		}
	}
	return response.GetRunId(), err
}

// lackedFor is how long runs are started without search attributes after the namespace has lacked
// one, so that not every run of many is started twice.
const lackedFor = time.Minute

func (r *Runs) lacksAttributes() bool {
	lacked := r.lacked.Load()
	return lacked != nil && time.Since(*lacked) < lackedFor
}

// startCalledBack starts a run with callbacks. If the server refuses them, it starts the run
// without any: they are no more than a second way to learn of its close.
func (r *Runs) startCalledBack(ctx context.Context, request *workflowservice.StartWorkflowExecutionRequest) (*workflowservice.StartWorkflowExecutionResponse, error) {
	if r.callbacks != nil {
		request.CompletionCallbacks = r.callbacks.For(request.GetWorkflowId())
	}
	response, err := r.start(ctx, request)
	if len(request.GetCompletionCallbacks()) == 0 {
		return response, err
	}
	if err == nil {
		r.callbacks.Answered(nil)
	}
	if !refusesCallbacks(err) {
		return response, err
	}
	request.CompletionCallbacks = nil
	response, without := r.start(ctx, request)
	if without == nil {
		r.callbacks.Answered(err)
	}
	return response, without
}

// refusesCallbacks reports whether the error may be about the callbacks of a start. A server has
// no error of their own for them.
func refusesCallbacks(err error) bool {
	return is[*serviceerror.InvalidArgument](err) || is[*serviceerror.Unimplemented](err) || is[*serviceerror.PermissionDenied](err)
}

func (r *Runs) start(ctx context.Context, request *workflowservice.StartWorkflowExecutionRequest) (*workflowservice.StartWorkflowExecutionResponse, error) {
	return again(ctx, func(ctx context.Context) (*workflowservice.StartWorkflowExecutionResponse, error) {
		return r.service().StartWorkflowExecution(ctx, request)
	})
}

func (r *Runs) startRequest(s Start) (*workflowservice.StartWorkflowExecutionRequest, error) {
	input, err := r.converter.ToPayloads(s.Arguments...)
	if err != nil {
		return nil, err
	}
	summary, err := r.converter.ToPayload(Summary(s.Summary))
	if err != nil {
		return nil, err
	}
	request := &workflowservice.StartWorkflowExecutionRequest{
		Namespace:                r.namespace,
		WorkflowId:               s.WorkflowID,
		WorkflowType:             &commonpb.WorkflowType{Name: s.Workflow},
		TaskQueue:                &taskqueuepb.TaskQueue{Name: s.TaskQueue},
		Input:                    input,
		Identity:                 r.identity,
		RequestId:                s.RequestPrefix + uuid.NewString(),
		WorkflowIdReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIdConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		UserMetadata:             &sdkpb.UserMetadata{Summary: summary},
	}
	if s.Timeout > 0 {
		request.WorkflowExecutionTimeout = durationpb.New(s.Timeout)
	}
	if len(s.Memo) > 0 {
		request.Memo = &commonpb.Memo{Fields: map[string]*commonpb.Payload{}}
	}
	for name, value := range s.Memo {
		if request.Memo.Fields[name], err = r.converter.ToPayload(value); err != nil {
			return nil, err
		}
	}
	if len(s.Attributes) > 0 {
		request.SearchAttributes, err = attributesOf(s.Attributes)
	}
	return request, err
}

// Signal sends a signal to the run of a workflow, and starts that run unless it is there.
func (r *Runs) Signal(ctx context.Context, s Start, name string, argument any) error {
	request, err := r.startRequest(s)
	if err != nil {
		return fmt.Errorf("encode what starts %s: %w", s.WorkflowID, err)
	}
	signal, err := r.converter.ToPayloads(argument)
	if err != nil {
		return fmt.Errorf("encode the signal %s of %s: %w", name, s.WorkflowID, err)
	}
	_, err = again(ctx, func(ctx context.Context) (*workflowservice.SignalWithStartWorkflowExecutionResponse, error) {
		return r.service().SignalWithStartWorkflowExecution(ctx, &workflowservice.SignalWithStartWorkflowExecutionRequest{
			Namespace: request.Namespace, WorkflowId: request.WorkflowId, WorkflowType: request.WorkflowType, TaskQueue: request.TaskQueue,
			Input: request.Input, Identity: request.Identity, RequestId: request.RequestId, UserMetadata: request.UserMetadata,
			WorkflowIdReusePolicy: request.WorkflowIdReusePolicy, WorkflowIdConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
			SignalName: name, SignalInput: signal})
	})
	return err
}

// Terminate terminates a run.
func (r *Runs) Terminate(ctx context.Context, workflowID, runID, reason string) error {
	_, err := again(ctx, func(ctx context.Context) (*workflowservice.TerminateWorkflowExecutionResponse, error) {
		return r.service().TerminateWorkflowExecution(ctx, &workflowservice.TerminateWorkflowExecutionRequest{Namespace: r.namespace,
			WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: workflowID, RunId: runID}, Reason: reason, Identity: r.identity})
	})
	return err
}

// attributesOf encodes search attributes. Temporal reads them, so they are
// never encrypted.
func attributesOf(values map[string]any) (*commonpb.SearchAttributes, error) {
	fields := map[string]*commonpb.Payload{}
	for name, value := range values {
		encoded, err := converter.GetDefaultDataConverter().ToPayload(value)
		if err != nil {
			return nil, err
		}
		fields[name] = encoded
	}
	return &commonpb.SearchAttributes{IndexedFields: fields}, nil
}

// Summary shortens a text for Temporal UI to one line of at most 200 bytes,
// Temporal's limit.
func Summary(text string) string {
	return excerpt.Within(strings.Join(strings.Fields(text), " "), 200)
}
