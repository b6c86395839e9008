package mitto

import (
	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// A Status is a job's last run as Mitto's clients know it.
type Status struct {
	// ID is derived from the job's id and the run's.
	ID int64 `json:"id"`
	// RunID is the run's id in Temporal.
	RunID string `json:"run_id"`
	// PID, Updates and Count are always null: a run is not a process here, and
	// its results are in KVP.
	PID *int64 `json:"pid"`
	// ReturnCode is 0 if the run succeeded, otherwise the exit status of the
	// failed command, or 1 without an exit status; null while the job runs.
	ReturnCode  *int         `json:"returncode"`
	Updates     *int64       `json:"updates"`
	Count       *int64       `json:"count"`
	Error       *string      `json:"error"`
	StartedAt   *latch.Time  `json:"started_at"`
	CompletedAt *latch.Time  `json:"completed_at"`
	KVP         latch.Object `json:"kvp"`
}

// Running returns the status of a run in progress.
func Running(job, runID string, startedAt latch.Time) *Status {
	status := &Status{ID: protocol.RunNumber(job, runID), RunID: runID}
	if !startedAt.IsZero() {
		status.StartedAt = &startedAt
	}
	return status
}

// Ended returns the status of a run that ended with the result.
func Ended(job, runID string, result latch.JobResult) *Status {
	status := Running(job, runID, result.StartedAt)
	code := result.ReturnCode()
	status.ReturnCode, status.Error, status.KVP = &code, &result.Error, result.KVP
	if !result.CompletedAt.IsZero() {
		status.CompletedAt = &result.CompletedAt
	}
	return status
}
