package api

import (
	"context"
	"net/http"
	"slices"

	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs"
)

// maximumEarlier bounds how many runs of one workflow id are asked for a lock.
const maximumEarlier = 20

// findLock returns the record's place; -1 where none has the lock.
func findLock(records []latch.Record, token string) int {
	return slices.IndexFunc(records, func(r latch.Record) bool { return r.Lock != nil && r.Lock.Token == token })
}

// earlierRun finds the run that knows a lock among the last ones of a workflow
// id: a lock's token tells only the id, which may be used again.
func (a *api) earlierRun(ctx context.Context, workflowID, token string) (*workflowpb.WorkflowExecutionInfo, []latch.Record, error) {
	listed, err := a.runs.Page(ctx, "WorkflowId = "+runs.Quote(workflowID), maximumEarlier, nil)
	if err != nil {
		return nil, nil, err
	}
	for _, info := range listed.GetExecutions() {
		var records []latch.Record
		err := a.runs.Query(ctx, workflowID, info.GetExecution().GetRunId(), latch.QueryHistory, &records)
		if runs.IsNotFound(err) || runs.IsForeign(err) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		if findLock(records, token) >= 0 {
			return info, records, nil
		}
	}
	return nil, nil, problem(http.StatusNotFound, "Run %s knows no lock %q.", workflowID, token)
}
