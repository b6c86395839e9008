package runs

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/latch-run/latch/internal/overload"
	"github.com/latch-run/latch/internal/protocol"
)

// resetter is the identity with which Temporal terminates a run that is reset.
const resetter = "history-resetter"

// An End says how a run ended from outside.
type End struct {
	// GoesOn reports that another run continues the work: the run was reset, or Temporal
	// retries it.
	GoesOn bool
	// Reason says who ended it and why, for people.
	Reason string
}

// EndOf returns how a terminated or timed-out run ended. It needs no worker.
func (r *Runs) EndOf(ctx context.Context, execution *commonpb.WorkflowExecution) (End, error) {
	ctx, cancel := context.WithTimeout(ctx, serverTimeout)
	defer cancel()
	last, err := overload.Again(ctx, func(ctx context.Context) (*workflowservice.GetWorkflowExecutionHistoryResponse, error) {
		return r.service().GetWorkflowExecutionHistory(ctx, r.closeEventOf(execution))
	})
	if err != nil {
		return End{}, err
	}
	if len(last.GetHistory().GetEvents()) == 0 {
		return End{}, fmt.Errorf("run %s of %s has no closing event", execution.GetRunId(), execution.GetWorkflowId())
	}
	described, err := r.Describe(ctx, execution.GetWorkflowId(), execution.GetRunId())
	if err != nil {
		return End{}, err
	}
	event := last.GetHistory().GetEvents()[len(last.GetHistory().GetEvents())-1]
	return endIn(event, described.GetWorkflowExtendedInfo().GetResetRunId() != "" || continuesIn(last.GetHistory()) != ""), nil
}

func endIn(event *historypb.HistoryEvent, continued bool) End {
	terminated := event.GetWorkflowExecutionTerminatedEventAttributes()
	if terminated == nil {
		return End{GoesOn: continued, Reason: "timed out: it ran longer than its execution or run timeout"}
	}
	end := End{GoesOn: continued || terminated.GetIdentity() == resetter, Reason: "terminated"}
	if terminated.GetIdentity() != "" {
		end.Reason += " by " + terminated.GetIdentity()
	}
	if terminated.GetReason() != "" {
		end.Reason += ": " + terminated.GetReason()
	}
	return end
}

// A Beginning says with what a run was started.
type Beginning struct {
	// Arguments are the run's, decrypted.
	Arguments [][]byte
	// OriginalRunID is the run's id before any reset.
	OriginalRunID string
	// Parent is the run that started it as a child, or nil.
	Parent *commonpb.WorkflowExecution
	// Worked reports that a worker has taken up the run.
	Worked bool
}

// firstEvents is how many events are searched at first for a worker's first work, which is mostly
// among them. It is not in a run that was sent many signals before a worker took it up.
const firstEvents = 50

// BeginningOf returns with what a run was started. It needs no worker.
func (r *Runs) BeginningOf(ctx context.Context, execution *commonpb.WorkflowExecution) (*Beginning, error) {
	begun := &Beginning{}
	events, next, err := r.page(ctx, execution, firstEvents, nil)
	for {
		if err != nil {
			return nil, err
		}
		for _, event := range events {
			if err := r.begin(begun, event, execution); err != nil {
				return nil, err
			}
		}
		if begun.Worked || len(next) == 0 {
			return begun, nil
		}
		events, next, err = r.page(ctx, execution, 0, next)
	}
}

// begin adds what an event says about the run's beginning.
func (r *Runs) begin(begun *Beginning, event *historypb.HistoryEvent, execution *commonpb.WorkflowExecution) error {
	if event.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
		begun.Worked = true
	}
	started := event.GetWorkflowExecutionStartedEventAttributes()
	if started == nil {
		return nil
	}
	begun.OriginalRunID = cmp.Or(started.GetOriginalExecutionRunId(), execution.GetRunId())
	begun.Parent = started.GetParentWorkflowExecution()
	for _, payload := range started.GetInput().GetPayloads() {
		data, err := r.plain(payload)
		if err != nil {
			return fmt.Errorf("input of %s: %w", execution.GetWorkflowId(), err)
		}
		begun.Arguments = append(begun.Arguments, data)
	}
	return nil
}

// reported returns the result that the report of a run's end has, or nil, and whether that report
// is still open. A run that was not ended from outside has none. It needs no worker.
func (r *Runs) reported(ctx context.Context, runID string, end *Closing) (result json.RawMessage, open bool) {
	if end.How != enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED && end.How != enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT || runID == "" {
		return nil, false
	}
	notice, err := r.Closing(ctx, &commonpb.WorkflowExecution{WorkflowId: protocol.PrefixEndNotice + runID})
	if err == nil && notice == nil {
		return nil, true
	}
	if err != nil || notice.How != enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED || notice.Result == nil {
		return nil, false // the end is known all the same
	}
	data, err := r.plain(notice.Result)
	if err != nil || !json.Valid(data) || string(data) == "null" {
		return nil, false
	}
	return data, false
}
