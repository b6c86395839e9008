package runstest

import (
	"context"
	"encoding/json"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
)

// UpdateWorkflow sends an update to the newest run. A run without Update has
// closed.
func (t *Temporal) UpdateWorkflow(_ context.Context, options client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.Updates = append(t.Updates, options)
	run, err := t.find(options.WorkflowID, options.RunID)
	if err != nil {
		return nil, err
	}
	if run.Update == nil {
		return nil, serviceerror.NewNotFound("workflow execution already completed")
	}
	answer, err := run.Update(options)
	return Update{Answer: answer, Err: err}, nil
}

// An Update is the handle of an update that has completed or failed.
type Update struct {
	client.WorkflowUpdateHandle
	// Answer is the run's answer, or nil.
	Answer any
	Err    error
}

// Get returns the answer.
func (u Update) Get(_ context.Context, into any) error {
	if u.Err != nil || u.Answer == nil {
		return u.Err
	}
	encoded, err := json.Marshal(u.Answer)
	if err != nil {
		return err
	}
	return json.Unmarshal(encoded, into)
}
