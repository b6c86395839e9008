package registry

import (
	"context"
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
	"github.com/latch-run/latch/internal/overload"
	"github.com/latch-run/latch/internal/protocol"
)

// WorkflowID is the workflow id of a registered job's run: one at a time.
func WorkflowID(id string) string { return "job-" + id }

// Start starts a run of a registered job. The same requestID made again gives
// the run that the first one started; "" is one of its own. Its errors are RefusedError for a job
// that cannot run, Temporal's WorkflowExecutionAlreadyStarted while a run is
// under way, and NamesakeError while another workflow has the run's id.
func (s *Store) Start(ctx context.Context, entry *Entry, requestID string) (runID string, err error) {
	if entry.Job == nil {
		return "", &RefusedError{Field: "conf", Reason: fmt.Sprintf("job %q cannot run: %s", entry.ID, entry.Lacks)}
	}
	input, err := s.converter.ToPayloads(entry.Job, protocol.Siblings{}, entry.Lineage())
	if err != nil {
		return "", fmt.Errorf("encode job %q: %w", entry.ID, err)
	}
	summary, err := s.converter.ToPayload(oneLine("Job " + entry.ID + " " + entry.Job.Title))
	if err != nil {
		return "", fmt.Errorf("encode job %q: %w", entry.ID, err)
	}
	if requestID == "" {
		requestID = uuid.NewString()
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
		RequestId:                requestID,
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

// oneLine is a summary for Temporal UI, which bounds it in bytes.
func oneLine(text string) string {
	const longest, cut = 200, "…"
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest-len(cut)], "") + cut
	}
	return text
}
