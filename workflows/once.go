package workflows

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/protocol"
)

// StartOnce is the workflow latch.StartOnce. It starts a run and does not wait for it. Its own
// workflow id stands for an idempotency key, so that Temporal keeps the key for as long as it
// keeps closed workflows. It completes with the run that it started. It fails as AlreadyRunning
// if another run is open: the key has then started nothing and may be reused.
func StartOnce(ctx workflow.Context, input converter.RawValue) (*protocol.StartedOnce, error) {
	var given protocol.StartOnce
	if err := json.Unmarshal(payloadJSON(input), &given); err != nil || latch.KindOfWorkflow(given.Workflow) == "" {
		return nil, invalidSpec(latch.Problems{{Message: fmt.Sprintf("%s is started by the HTTP API, not by hand", latch.WorkflowStartOnce)}})
	}
	ctx = workflow.WithChildOptions(disconnect(ctx), workflow.ChildWorkflowOptions{
		WorkflowID:        given.WorkflowID,
		TaskQueue:         given.TaskQueue,
		ParentClosePolicy: enums.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary:     excerpt.Of(given.Summary, 200),
		Memo:              memoOf(given.Memo),
	})
	arguments := make([]any, len(given.Arguments))
	for i, argument := range given.Arguments {
		arguments[i] = argument
	}
	var started workflow.Execution
	err := workflow.ExecuteChildWorkflow(ctx, given.Workflow, arguments...).GetChildWorkflowExecution().Get(ctx, &started)
	var running *temporal.ChildWorkflowExecutionAlreadyStartedError
	if errors.As(err, &running) {
		return nil, refusal(protocol.ErrorAlreadyRunning, "%s is running already", given.WorkflowID)
	}
	if err != nil {
		return nil, err
	}
	return &protocol.StartedOnce{RunID: started.RunID}, nil
}

// memoOf returns the fields of a memo, or nil if there are none.
func memoOf(given map[string]string) map[string]any {
	if len(given) == 0 {
		return nil
	}
	memo := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		memo[name] = given[name]
	}
	return memo
}
