package api

import (
	"context"
	"net/http"
	"slices"

	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs"
)

// maximumEarlier bounds how many runs of one workflow id are searched for a lock.
const maximumEarlier = 20

// A LockHolder is the run that made a lock.
type LockHolder struct {
	Info *workflowpb.WorkflowExecutionInfo
	// Records are the run's webhook history; Records[At] is the lock's.
	Records []latch.Record
	At      int
}

// HolderOf returns the run that made a lock: the newest run of the workflow id,
// or one before it. A lock that no run knows is a 404.
func (a *API) HolderOf(ctx context.Context, token string) (*LockHolder, error) {
	workflowID, err := runOfLock(token)
	if err != nil {
		return nil, err
	}
	info, err := a.describe(ctx, workflowID, "")
	if runs.IsNotFound(err) {
		return nil, noMaker(workflowID)
	}
	if err != nil {
		return nil, err
	}
	var records []latch.Record
	err = a.Runs.Query(ctx, workflowID, info.GetExecution().GetRunId(), latch.QueryHistory, &records)
	if runs.IsNotFound(err) || runs.IsForeign(err) {
		return nil, noMaker(workflowID)
	}
	if err != nil {
		return nil, err
	}
	if findLock(records, token) < 0 {
		if info, records, err = a.earlierRun(ctx, workflowID, token); err != nil {
			return nil, err
		}
	}
	return &LockHolder{Info: info, Records: records, At: findLock(records, token)}, nil
}

// findLock returns the record's place; -1 where none has the lock.
func findLock(records []latch.Record, token string) int {
	return slices.IndexFunc(records, func(r latch.Record) bool { return r.Lock != nil && r.Lock.Token == token })
}

// earlierRun finds the run that knows a lock among the last ones of a workflow
// id: a lock's token has only the id, which later runs may reuse.
func (a *API) earlierRun(ctx context.Context, workflowID, token string) (*workflowpb.WorkflowExecutionInfo, []latch.Record, error) {
	listed, err := a.Runs.Page(ctx, "WorkflowId = "+runs.Quote(workflowID), maximumEarlier, nil)
	if err != nil {
		return nil, nil, err
	}
	for _, info := range listed.GetExecutions() {
		var records []latch.Record
		err := a.Runs.Query(ctx, workflowID, info.GetExecution().GetRunId(), latch.QueryHistory, &records)
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
	return nil, nil, NewProblem(http.StatusNotFound, "Run %s has no lock %q.", workflowID, token)
}
