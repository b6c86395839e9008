package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs"
)

// StartTimeout bounds the start of a run. With an idempotency key, a worker has
// to answer.
const StartTimeout = 15 * time.Second

// A start is a run to start.
type start struct {
	workflow   string
	workflowID string
	summary    string
	body       json.RawMessage
	// key is a hash of the caller and the idempotency key; "" without an idempotency key.
	key string
}

// RequestPrefix begins the ids of requests that start runs.
const RequestPrefix = "api-"

// start starts a run, one at a time for a workflow id. A repeated call with the
// same key returns the run that the first one started, even if that has closed.
func (a *API) start(ctx context.Context, s start) (runID string, err error) {
	if !protocol.IsID(s.workflowID) {
		return "", NewProblem(http.StatusUnprocessableEntity, "workflow_id: %q is not a workflow id, which has 1 to 1,000 bytes of UTF-8 without control characters.", s.workflowID)
	}
	if err := latch.CheckWorkflowID(s.workflowID); err != nil {
		return "", NewProblem(http.StatusUnprocessableEntity, "workflow_id: %v.", err)
	}
	ctx, cancel := context.WithTimeout(ctx, StartTimeout)
	defer cancel()
	what := runs.Start{Workflow: s.workflow, WorkflowID: s.workflowID, TaskQueue: a.TaskQueue, Summary: s.summary,
		Arguments: []any{s.body}, RequestPrefix: RequestPrefix, Memo: a.Prove(ctx)(s.workflowID, s.body)}
	NoteAct(ctx, func(entry *latch.AuditEntry) { entry.WorkflowID = s.workflowID })
	if s.key == "" {
		runID, err = a.Runs.Start(ctx, what)
	} else {
		runID, err = a.Runs.StartOnce(ctx, s.key, a.TaskQueue, what, s.body)
	}
	if running, is := runs.RunningIn(err); is {
		conflict := NewProblem(http.StatusConflict, "%s is running already (run %s), and one runs at a time.", s.workflowID, running)
		conflict.WorkflowID, conflict.RunID = s.workflowID, running
		return "", conflict
	}
	if errors.Is(err, runs.ErrOtherRequest) {
		refused := NewProblem(http.StatusUnprocessableEntity, "This Idempotency-Key was used for %s before, with a different body. Use a new key.", s.workflowID)
		refused.WorkflowID = s.workflowID
		return "", refused
	}
	NoteAct(ctx, func(entry *latch.AuditEntry) { entry.RunID = runID })
	return runID, err
}

// describe returns Temporal's description of a run, or of the newest if runID
// is empty.
func (a *API) describe(ctx context.Context, workflowID, runID string) (*workflowpb.WorkflowExecutionInfo, error) {
	described, err := a.Runs.Describe(ctx, workflowID, runID)
	return described.GetWorkflowExecutionInfo(), err
}
