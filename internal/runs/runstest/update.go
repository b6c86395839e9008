package runstest

import (
	"context"
	"encoding/json"

	"go.temporal.io/sdk/client"
)

// An Update is the handle of an update that was answered, or failed.
type Update struct {
	client.WorkflowUpdateHandle
	// Answer is what the run answers with; nil is nothing.
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
