package once

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/overload"
	"github.com/latch-run/latch/internal/protocol"
)

// memoRequest is the memo field with the hash of the request that used a key.
const memoRequest = "latch.request"

// ErrRunning tells that a run is under way that the key did not start. The key
// stays unused.
var ErrRunning = errors.New("running already")

// ErrOtherRequest tells that the key was used for another request.
var ErrOtherRequest = errors.New("the idempotency key was used for another request")

// A Starter starts runs on a task queue.
type Starter struct {
	Service       workflowservice.WorkflowServiceClient
	Namespace     string
	TaskQueue     string
	Identity      string
	DataConverter converter.DataConverter
}

// Start starts a run under a key and returns its run id, or that of the run which
// the key started before, closed or not. The key counts for one workflow id. The
// request is what the caller sent, which must be the same for the same key. It
// waits until the context ends. Its errors are [ErrRunning], [ErrOtherRequest]
// and Temporal's.
func (s *Starter) Start(ctx context.Context, key string, what *protocol.StartOnce, request []byte) (string, error) {
	id := protocol.OncePrefix + hash(strings.Join([]string{key, what.Workflow, what.WorkflowID}, "\n"))
	execution, err := s.use(ctx, id, what, hash(string(request)))
	if err != nil {
		return "", err
	}
	if err := s.compare(ctx, execution, hash(string(request))); err != nil {
		return "", err
	}
	return s.outcome(ctx, execution)
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// use starts the key's latch.StartOnce, and returns its run: a new one, the one
// that is under way, or the one that has started something.
func (s *Starter) use(ctx context.Context, id string, what *protocol.StartOnce, request string) (*commonpb.WorkflowExecution, error) {
	input, err := s.DataConverter.ToPayloads(what)
	if err != nil {
		return nil, fmt.Errorf("encode what to start: %w", err)
	}
	memo, err := s.DataConverter.ToPayload(request)
	if err != nil {
		return nil, fmt.Errorf("encode memo: %w", err)
	}
	start := &workflowservice.StartWorkflowExecutionRequest{
		Namespace:                s.Namespace,
		WorkflowId:               id,
		WorkflowType:             &commonpb.WorkflowType{Name: latch.WorkflowStartOnce},
		TaskQueue:                &taskqueuepb.TaskQueue{Name: s.TaskQueue},
		Input:                    input,
		Identity:                 s.Identity,
		RequestId:                uuid.NewString(),
		WorkflowIdReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY,
		WorkflowIdConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		Memo:                     &commonpb.Memo{Fields: map[string]*commonpb.Payload{memoRequest: memo}},
	}
	response, err := overload.Again(ctx, func(ctx context.Context) (*workflowservice.StartWorkflowExecutionResponse, error) {
		return s.Service.StartWorkflowExecution(ctx, start)
	})
	var before *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &before) {
		return &commonpb.WorkflowExecution{WorkflowId: id, RunId: before.RunId}, nil
	}
	return &commonpb.WorkflowExecution{WorkflowId: id, RunId: response.GetRunId()}, err
}

// compare refuses a request that is not the one which used the key.
func (s *Starter) compare(ctx context.Context, execution *commonpb.WorkflowExecution, request string) error {
	described, err := overload.Again(ctx, func(ctx context.Context) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
		return s.Service.DescribeWorkflowExecution(ctx, &workflowservice.DescribeWorkflowExecutionRequest{Namespace: s.Namespace, Execution: execution})
	})
	if err != nil {
		return err
	}
	var before string
	memo := described.GetWorkflowExecutionInfo().GetMemo().GetFields()[memoRequest]
	if s.DataConverter.FromPayload(memo, &before) != nil || before != request {
		return ErrOtherRequest
	}
	return nil
}

// outcome waits for the end of a latch.StartOnce.
func (s *Starter) outcome(ctx context.Context, execution *commonpb.WorkflowExecution) (string, error) {
	request := &workflowservice.GetWorkflowExecutionHistoryRequest{Namespace: s.Namespace, Execution: execution,
		WaitNewEvent: true, HistoryEventFilterType: enumspb.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT}
	for {
		response, err := overload.Again(ctx, func(ctx context.Context) (*workflowservice.GetWorkflowExecutionHistoryResponse, error) {
			return s.Service.GetWorkflowExecutionHistory(ctx, request)
		})
		if err != nil {
			return "", err
		}
		if events := response.GetHistory().GetEvents(); len(events) > 0 {
			return s.read(events[len(events)-1])
		}
		request.NextPageToken = response.GetNextPageToken()
		if err := ctx.Err(); err != nil {
			return "", err
		}
	}
}

// read reads the last event of a latch.StartOnce.
func (s *Starter) read(event *historypb.HistoryEvent) (string, error) {
	if completed := event.GetWorkflowExecutionCompletedEventAttributes(); completed != nil {
		var started protocol.StartedOnce
		err := s.DataConverter.FromPayloads(completed.GetResult(), &started)
		return started.RunID, err
	}
	failure := event.GetWorkflowExecutionFailedEventAttributes().GetFailure()
	if failure.GetApplicationFailureInfo().GetType() == protocol.ErrorAlreadyRunning {
		return "", ErrRunning
	}
	converter.DecodeCommonFailureAttributes(s.DataConverter, failure)
	return "", fmt.Errorf("nothing was started (%s): %s", event.GetEventType(), failure.GetMessage())
}
