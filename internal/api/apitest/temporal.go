package apitest

import (
	"encoding/json"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// Temporal returns one whose runs are run-1, run-2 and so on, and begin at [Fixed]
// or before. It has none yet.
func Temporal() *runstest.Temporal {
	return &runstest.Temporal{Now: Fixed, RunIDs: func(n int) string { return fmt.Sprint("run-", n+1) }}
}

// Running returns a Temporal with a running release of the workflow id, whose worker
// answers queries and updates so. Where query is nil it knows no query, and where
// update is nil it has closed for updates.
func Running(workflowID string, query func(name string) (any, error), update func(client.UpdateWorkflowOptions) (any, error)) *runstest.Temporal {
	temporal := Temporal()
	run := temporal.Add(workflowID, latch.WorkflowRelease, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING)
	run.Answer, run.Update = query, update
	return temporal
}

// Always answers any query so.
func Always(answer any, err error) func(string) (any, error) {
	return func(string) (any, error) { return answer, err }
}

// AlwaysUpdated answers any update so.
func AlwaysUpdated(answer any, err error) func(client.UpdateWorkflowOptions) (any, error) {
	return func(client.UpdateWorkflowOptions) (any, error) { return answer, err }
}

// StartedWith has a run have been started with the input.
func StartedWith(run *runstest.Run, input string) {
	run.History = func() ([]*historypb.HistoryEvent, error) {
		payloads, err := converter.GetDefaultDataConverter().ToPayloads(json.RawMessage(input))
		return []*historypb.HistoryEvent{runstest.Started(payloads)}, err
	}
}

// WaitsFor writes locks into a run's memo.
func WaitsFor(run *runstest.Run, locks ...latch.OpenLock) {
	payload, err := converter.GetDefaultDataConverter().ToPayload(locks)
	if err != nil {
		panic(err) // locks encode
	}
	run.Info.Memo = &commonpb.Memo{Fields: map[string]*commonpb.Payload{latch.MemoLocks: payload}}
}
