package runs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/overload"
	"github.com/latch-run/latch/internal/protocol"
)

// memoRequest is the memo field with the hash of the request for which a key
// was used.
const memoRequest = "latch.request"

// StartOnce starts a run under an idempotency key and returns its run id, or
// the id of the run that the key started before, even if that has closed. A key
// starts one run, for as long as Temporal keeps closed workflows, and belongs
// to one workflow id. request is what the caller sent; if the key was used with
// another, the error is [ErrOtherRequest]. While another run of the workflow is
// in progress, [RunningIn] is true of the error, and the key remains unused.
// StartOnce waits until the context ends.
//
// Temporal compares a request's id only with the newest run's, so a key would
// start another run once a second key has started one. It does keep the ids of
// workflows, reliably. Each key is therefore the id of a workflow of its own,
// latch.StartOnce, which starts the run as a child. That happens once, whatever
// fails on the way, and needs neither a list of runs, which may lag behind, nor
// a clock. It does need a worker on the task queue for keys: without one the
// call times out, and the same call succeeds once there is one.
//
// The run carries no callbacks, since a child workflow has none.
func (r *Runs) StartOnce(ctx context.Context, key, keysQueue string, s Start, request []byte) (runID string, err error) {
	what := protocol.StartOnce{Workflow: s.Workflow, WorkflowID: s.WorkflowID, TaskQueue: s.TaskQueue, Summary: Summary(s.Summary),
		Memo: s.Memo}
	for _, argument := range s.Arguments {
		encoded, err := json.Marshal(argument)
		if err != nil {
			return "", fmt.Errorf("encode what starts %s: %w", s.WorkflowID, err)
		}
		what.Arguments = append(what.Arguments, encoded)
	}
	id := protocol.OncePrefix + hash(strings.Join([]string{key, s.Workflow, s.WorkflowID}, "\n"))
	execution, err := r.useKey(ctx, id, keysQueue, &what, hash(string(request)))
	if err != nil {
		return "", err
	}
	if err := r.compareKey(ctx, execution, hash(string(request))); err != nil {
		return "", err
	}
	return r.startedOnce(ctx, execution, s.WorkflowID)
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// useKey starts the key's latch.StartOnce and returns its run: a new one, the
// one in progress, or the one that has completed.
func (r *Runs) useKey(ctx context.Context, id, queue string, what *protocol.StartOnce, request string) (*commonpb.WorkflowExecution, error) {
	input, err := r.converter.ToPayloads(what)
	if err != nil {
		return nil, fmt.Errorf("encode what to start: %w", err)
	}
	memo, err := r.converter.ToPayload(request)
	if err != nil {
		return nil, fmt.Errorf("encode memo: %w", err)
	}
	start := &workflowservice.StartWorkflowExecutionRequest{
		Namespace:                r.namespace,
		WorkflowId:               id,
		WorkflowType:             &commonpb.WorkflowType{Name: latch.WorkflowStartOnce},
		TaskQueue:                &taskqueuepb.TaskQueue{Name: queue},
		Input:                    input,
		Identity:                 r.identity,
		RequestId:                uuid.NewString(),
		WorkflowIdReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY,
		WorkflowIdConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		Header:                   traceHeader(ctx),
		Memo:                     &commonpb.Memo{Fields: map[string]*commonpb.Payload{memoRequest: memo}},
	}
	response, err := overload.Again(ctx, func(ctx context.Context) (*workflowservice.StartWorkflowExecutionResponse, error) {
		return r.service().StartWorkflowExecution(ctx, start)
	})
	if before, closed := RunningIn(err); closed {
		return &commonpb.WorkflowExecution{WorkflowId: id, RunId: before}, nil
	}
	return &commonpb.WorkflowExecution{WorkflowId: id, RunId: response.GetRunId()}, err
}

// compareKey returns an error if the key was used for another request.
func (r *Runs) compareKey(ctx context.Context, execution *commonpb.WorkflowExecution, request string) error {
	described, err := r.describeRaw(ctx, execution)
	if err != nil {
		return err
	}
	var before string
	memo := described.GetWorkflowExecutionInfo().GetMemo().GetFields()[memoRequest]
	if r.converter.FromPayload(memo, &before) != nil || before != request {
		return ErrOtherRequest
	}
	return nil
}

func (r *Runs) describeRaw(ctx context.Context, execution *commonpb.WorkflowExecution) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	request := &workflowservice.DescribeWorkflowExecutionRequest{Namespace: r.namespace, Execution: execution}
	return overload.Again(ctx, func(ctx context.Context) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
		return r.service().DescribeWorkflowExecution(ctx, request)
	})
}

// ClosedAt returns when a run closed, by the server's own record of it; zero if it has not.
func (r *Runs) ClosedAt(ctx context.Context, workflowID, runID string) (time.Time, error) {
	described, err := r.describeRaw(ctx, &commonpb.WorkflowExecution{WorkflowId: workflowID, RunId: runID})
	closed := described.GetWorkflowExecutionInfo().GetCloseTime()
	if err != nil || closed == nil {
		return time.Time{}, err
	}
	return closed.AsTime(), nil
}

// startedOnce waits for a latch.StartOnce to end and returns the run that it
// started under the workflow id.
func (r *Runs) startedOnce(ctx context.Context, execution *commonpb.WorkflowExecution, workflowID string) (string, error) {
	end, err := r.awaitClosing(ctx, execution)
	switch {
	case err != nil:
		return "", err
	case end.How == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		var started protocol.StartedOnce
		err := r.converter.FromPayload(end.Result, &started)
		return started.RunID, err
	case end.ErrorType != protocol.ErrorAlreadyRunning:
		return "", fmt.Errorf("nothing was started (%s): %s", end.How, end.Reason)
	}
	described, err := r.describeRaw(ctx, &commonpb.WorkflowExecution{WorkflowId: workflowID})
	if err != nil {
		return "", err
	}
	running := described.GetWorkflowExecutionInfo().GetExecution().GetRunId()
	return "", serviceerror.NewWorkflowExecutionAlreadyStarted("one runs at a time", "", running)
}
