package mitto

import (
	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// A Status is a job's last run as Mitto's clients know it.
type Status struct {
	// ID is a number that is made of the job's id and the run's.
	ID int64 `json:"id"`
	// RunID is the run's in Temporal.
	RunID string `json:"run_id"`
	// PID, Updates and Count are always null: a run here is no process, and
	// what it did stands in KVP.
	PID *int64 `json:"pid"`
	// ReturnCode is 0 for a run that succeeded, the exit status of the command
	// with which it failed, or else 1; null while it runs.
	ReturnCode  *int         `json:"returncode"`
	Updates     *int64       `json:"updates"`
	Count       *int64       `json:"count"`
	Error       *string      `json:"error"`
	StartedAt   *latch.Time  `json:"started_at"`
	CompletedAt *latch.Time  `json:"completed_at"`
	KVP         latch.Object `json:"kvp"`
}

// Running returns the status of a job's run that goes on.
func Running(job, runID string, startedAt latch.Time) *Status {
	status := &Status{ID: protocol.RunNumber(job, runID), RunID: runID}
	if !startedAt.IsZero() {
		status.StartedAt = &startedAt
	}
	return status
}

// Ended returns the status of a job's run that came to the result.
func Ended(job, runID string, result latch.JobResult) *Status {
	status := Running(job, runID, result.StartedAt)
	code := result.ReturnCode()
	status.ReturnCode, status.Error, status.KVP = &code, &result.Error, result.KVP
	if !result.CompletedAt.IsZero() {
		status.CompletedAt = &result.CompletedAt
	}
	return status
}
