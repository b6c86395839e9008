package runs

import (
	"context"

	enumspb "go.temporal.io/api/enums/v1"

	"github.com/latch-run/latch"
)

// gates are listed by how they closed: only one that lets pass completes, and
// the type of its error says whether one that failed was stopped or rolled back.
var gates = &listing{
	kind: latch.GateKind,
	statuses: []listedStatus{
		{name: latch.GateRunning, as: statusOpen},
		{name: latch.GatePassed, as: []string{"Completed"}},
		{name: latch.GateStopped, as: []string{"Failed"}, tagged: true},
		{name: latch.GateRolledBack, as: []string{"Failed"}, tagged: true},
		{name: latch.GateCancelled, as: []string{"Canceled"}},
		{name: latch.JobFailed, as: []string{"Failed"}, except: []string{latch.GateStopped, latch.GateRolledBack}},
		{name: latch.JobTimedOut, as: []string{"TimedOut"}},
		{name: StatusTerminated, as: []string{"Terminated"}},
	},
	status:   gateStatusOf,
	results:  []string{latch.ErrorGateStopped, latch.ErrorGateRolledBack},
	searched: func(run *listedRun) []string { return []string{run.ID, run.WorkflowID, run.Event} },
}

// GateStatuses lists the statuses that a list of gates can be filtered by.
var GateStatuses = gates.names()

// A GateRow is one run of a gate in a list.
type GateRow struct {
	RunRow
	Status string           `json:"status" enum:"running,passed,stopped,rolled_back,cancelled,failed,timed_out,terminated" doc:"running until the run has closed. Only passed lets pass; a gate that failed, timed out or was terminated ended without a decision"`
	Locks  []latch.OpenLock `json:"locks,omitempty" doc:"The locks that it waits for, without their forms"`
}

// A GatePart is one page of the list of gates.
type GatePart struct {
	Gates      []GateRow `json:"gates" doc:"Those that are open first, the newest of them first, then those that closed, the last closed first"`
	NextCursor string    `json:"next_cursor,omitempty" doc:"The parameter cursor of the next part, with the same other parameters; absent on the last"`
	Count      *int64    `json:"count,omitempty" doc:"With count=true, how many gates there are on all pages; absent where Temporal cannot tell: with search, and with a status that only the workers know of runs without search attributes"`
}

// Gates returns at most limit gates that match the filter, from the cursor on,
// in the order and at the cost of [Runs.Releases]. Gates in users' own workflows
// have no run of their own, and are not listed.
func (r *Runs) Gates(ctx context.Context, filter RunFilter, from string, limit int) (*GatePart, error) {
	found, next, err := r.list(ctx, gates, filter, from, limit)
	if err != nil {
		return nil, err
	}
	part := &GatePart{Gates: make([]GateRow, len(found)), NextCursor: next}
	for i, run := range found {
		for at := range run.locks {
			run.locks[at].Form = nil
		}
		part.Gates[i] = GateRow{RunRow: run.RunRow, Status: run.status, Locks: run.locks}
	}
	return part, nil
}

// CountGates returns the number of gates that match the filter, or nil if
// Temporal cannot count them; see [Runs.CountReleases].
func (r *Runs) CountGates(ctx context.Context, filter RunFilter, from string) (*int64, error) {
	return r.count(ctx, gates, filter, from)
}

// gateStatusOf returns the status of a gate, as [Runs.Outcome] has it too.
func gateStatusOf(status enumspb.WorkflowExecutionStatus, errorType string) string {
	switch status {
	case enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		return latch.GatePassed
	case enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED:
		return latch.GateCancelled
	case enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED:
		return StatusTerminated
	case enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:
		return latch.JobTimedOut
	case enumspb.WORKFLOW_EXECUTION_STATUS_FAILED:
		return failedGateStatus(errorType)
	default:
		return latch.GateRunning
	}
}

func failedGateStatus(errorType string) string {
	switch errorType {
	case latch.ErrorGateStopped:
		return latch.GateStopped
	case latch.ErrorGateRolledBack:
		return latch.GateRolledBack
	default:
		return latch.JobFailed
	}
}
