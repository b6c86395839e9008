package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	sdkpb "go.temporal.io/api/sdk/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/once"
	"github.com/latch-run/latch/internal/overload"
	"github.com/latch-run/latch/internal/protocol"
)

// WorkflowID is the workflow id of a registered job's run: one at a time.
func WorkflowID(id string) string { return latch.JobKind.WorkflowID(id) }

// Start starts a run of a registered job. The same requestID given again returns
// the run that the first one started, for as long as Temporal keeps closed
// workflows; "" is one of its own. Its errors are RefusedError for a job that
// cannot run, Temporal's WorkflowExecutionAlreadyStarted while a run is under
// way, and NamesakeError while another workflow has the run's id.
func (s *Store) Start(ctx context.Context, entry *Entry, requestID string) (runID string, err error) {
	if entry.Job == nil {
		return "", &RefusedError{Field: "conf", Reason: fmt.Sprintf("job %q cannot run: %s", entry.ID, entry.Lacks)}
	}
	if requestID != "" {
		return s.startOnce(ctx, entry, requestID)
	}
	input, err := s.converter.ToPayloads(entry.Job, protocol.Siblings{}, entry.Lineage())
	if err != nil {
		return "", fmt.Errorf("encode job %q: %w", entry.ID, err)
	}
	summary, err := s.converter.ToPayload(oneLine("Job " + entry.ID + " " + entry.Job.Title))
	if err != nil {
		return "", fmt.Errorf("encode job %q: %w", entry.ID, err)
	}
	calling, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	request := &workflowservice.StartWorkflowExecutionRequest{
		Namespace:                s.namespace,
		WorkflowId:               WorkflowID(entry.ID),
		WorkflowType:             &commonpb.WorkflowType{Name: latch.WorkflowJobRun},
		TaskQueue:                &taskqueuepb.TaskQueue{Name: entry.TaskQueue},
		Input:                    input,
		Identity:                 s.identity,
		RequestId:                uuid.NewString(),
		WorkflowIdReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIdConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		UserMetadata:             &sdkpb.UserMetadata{Summary: summary},
	}
	started, err := overload.Again(calling, func(ctx context.Context) (*workflowservice.StartWorkflowExecutionResponse, error) {
		return s.service().StartWorkflowExecution(ctx, request)
	})
	var running *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &running) {
		if namesake := s.namesakeOfRun(ctx, entry.ID); namesake != nil {
			return "", namesake
		}
	}
	return started.GetRunId(), err
}

// startOnce starts a run once for a request that may be made again.
func (s *Store) startOnce(ctx context.Context, entry *Entry, requestID string) (runID string, err error) {
	what := &protocol.StartOnce{Workflow: latch.WorkflowJobRun, WorkflowID: WorkflowID(entry.ID), TaskQueue: entry.TaskQueue,
		Summary: oneLine("Job " + entry.ID + " " + entry.Job.Title)}
	for _, argument := range []any{entry.Job, protocol.Siblings{}, entry.Lineage()} {
		encoded, err := json.Marshal(argument)
		if err != nil {
			return "", fmt.Errorf("encode job %q: %w", entry.ID, err)
		}
		what.Arguments = append(what.Arguments, encoded)
	}
	starter := once.Starter{Service: s.service(), Namespace: s.namespace, TaskQueue: s.taskQueue, Identity: s.identity, DataConverter: s.converter}
	runID, err = starter.Start(ctx, requestID, what, nil) // the job may change between two calls
	if !errors.Is(err, once.ErrRunning) {
		return runID, err
	}
	if namesake := s.namesakeOfRun(ctx, entry.ID); namesake != nil {
		return "", namesake
	}
	run, err := s.LastRun(ctx, entry.ID)
	if err != nil || run == nil {
		run = &Run{}
	}
	return "", serviceerror.NewWorkflowExecutionAlreadyStarted("one runs at a time", "", run.RunID)
}

// oneLine is a summary for Temporal UI, which bounds it in bytes.
func oneLine(text string) string {
	const longest, cut = 200, "…"
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest-len(cut)], "") + cut
	}
	return text
}
