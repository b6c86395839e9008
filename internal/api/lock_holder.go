package api

import (
	"context"
	"net/http"
	"slices"

	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs"
)

// maximumEarlier bounds the runs of a workflow that are searched for a lock.
const maximumEarlier = 20

// A LockHolder is the run that made a lock.
type LockHolder struct {
	Info *workflowpb.WorkflowExecutionInfo
	// Records are the run's webhook history. Records[At] is the record of the
	// lock.
	Records []latch.Record
	At      int
}

// HolderOf returns the run that made a lock: the newest run of the workflow, or
// an earlier one. An unknown lock is a 404.
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

// findLock returns the index of the record with the lock, or -1.
func findLock(records []latch.Record, token string) int {
	return slices.IndexFunc(records, func(r latch.Record) bool { return r.Lock != nil && r.Lock.Token == token })
}

// earlierRun searches the latest runs of a workflow for a lock, whose token
// contains only the workflow id, which later runs may reuse.
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
