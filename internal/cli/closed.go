package cli

import (
	"bytes"
	"context"
	"encoding/json"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/latch-run/latch"
)

// closed is how a run ended, as status tells it below the key "closed".
type closed struct {
	// Status is the result's, or how Temporal closed a run that has none.
	Status    string           `json:"status"`
	Error     string           `json:"error,omitempty"`
	Reason    string           `json:"reason,omitempty"`
	DecidedBy *latch.DecidedBy `json:"decided_by,omitempty"`

	id    string
	steps []latch.StepResult
}

// isClosed reports whether Temporal says so of the run; the status is 0 where it
// does not tell.
func isClosed(info *workflowpb.WorkflowExecutionInfo) bool {
	switch info.GetStatus() {
	case enumspb.WORKFLOW_EXECUTION_STATUS_UNSPECIFIED, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, enumspb.WORKFLOW_EXECUTION_STATUS_PAUSED:
		return false
	default:
		return true
	}
}

// endOf reads how a closed run ended from its result or its failure, which takes
// no worker.
func endOf(ctx context.Context, temporal temporalClient, workflowID string) (*closed, error) {
	bounded, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	came, err := await(bounded, temporal.GetWorkflow(bounded, workflowID, ""))
	if err != nil {
		return nil, unanswered(ctx, temporal, err, workflowID)
	}
	s := came.summary()
	end := &closed{Status: came.Status, Error: came.Error, Reason: s.Reason, DecidedBy: s.DecidedBy, id: s.ID, steps: s.Steps}
	if end.Error == "" {
		end.Error = s.Error
	}
	if end.id == "" {
		end.id = workflowID
	}
	return end, nil
}

// standIn is the status of a closed run that cannot be asked, such as one that
// was terminated before its first task.
func (c *closed) standIn() (json.RawMessage, error) {
	return json.Marshal(latch.Status{ID: c.id, Status: c.Status, Steps: c.steps, Locks: []latch.OpenLock{}, Rejected: []latch.Rejected{}})
}

// settle takes from a status what no longer is: a run that was terminated
// answers as it stood then.
func (c *closed) settle(status *latch.Status) {
	if status.Status == latch.JobRunning {
		status.Status = c.Status
	}
	status.Phase, status.Locks = "", nil
	for i := range status.Steps {
		if status.Steps[i].Status == latch.StepPending {
			status.Steps[i].Status = latch.StepSkipped
		}
	}
}

// notBegun says of a run that no worker has taken up why it has no answer.
func notBegun(workflowID string, info *workflowpb.WorkflowExecutionInfo) error {
	if isClosed(info) {
		return newFailure(exitFailed, kindFailed, "%s was closed (%s) before a worker took its first task: it sent nothing, and has no history",
			workflowID, info.GetStatus())
	}
	return newFailure(exitUnreachable, kindUnreachable, "%s has not begun: no worker has taken its first task; is one polling its task queue %q?",
		workflowID, info.GetTaskQueue())
}

// withKey adds a key behind those of a JSON object, which stay as they are.
func withKey(object json.RawMessage, key string, value any) (json.RawMessage, error) {
	added, err := json.Marshal(map[string]any{key: value})
	if err != nil {
		return nil, err
	}
	members := bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimSpace(object), []byte("}")))
	if len(members) > 1 {
		members = append(bytes.Clone(members), ',')
	}
	return append(bytes.Clone(members), added[1:]...), nil
}
