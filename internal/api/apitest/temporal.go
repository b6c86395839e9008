package apitest

import (
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

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
