package mitto

import (
	"github.com/latch-run/latch"
)

// A Status is a job's last run as Mitto's clients know it.
type Status struct {
	// ID is the run's.
	ID string `json:"id"`
	// PID, Updates and Count are always null: a run here is no process, and
	// what it did stands in KVP.
	PID *int64 `json:"pid"`
	// ReturnCode is 0 for a run that succeeded, 1 for any other; null while it runs.
	ReturnCode  *int         `json:"returncode"`
	Updates     *int64       `json:"updates"`
	Count       *int64       `json:"count"`
	Error       *string      `json:"error"`
	StartedAt   *latch.Time  `json:"started_at"`
	CompletedAt *latch.Time  `json:"completed_at"`
	KVP         latch.Object `json:"kvp"`
}

// Running gives the status of a run that goes on.
func Running(runID string, startedAt latch.Time) *Status {
	status := &Status{ID: runID}
	if !startedAt.IsZero() {
		status.StartedAt = &startedAt
	}
	return status
}

// Ended gives the status of a run that came to the result.
func Ended(runID string, result latch.JobResult) *Status {
	status := Running(runID, result.StartedAt)
	code := 0
	if result.Status != latch.JobSucceeded {
		code = 1
	}
	status.ReturnCode, status.Error, status.KVP = &code, &result.Error, result.KVP
	if !result.CompletedAt.IsZero() {
		status.CompletedAt = &result.CompletedAt
	}
	return status
}
