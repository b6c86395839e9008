package registry

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/runs"
)

// WorkflowID returns the workflow id of a registered job's runs, of which one
// runs at a time.
func WorkflowID(id string) string { return latch.JobKind.WorkflowID(id) }

// Prove returns the memo that says who starts a run with this workflow id and input.
type Prove func(workflowID string, input json.RawMessage) map[string]string

// Start starts a run of a registered job. If requestID was used before, it
// returns the run that was started then, for as long as Temporal keeps closed
// workflows; "" is never used before. prove returns the memo that says who starts
// a run with this input; nil says nothing. Its errors are RefusedError for a job
// that cannot run, Temporal's WorkflowExecutionAlreadyStarted while another run
// is in progress, and NamesakeError while another workflow has the run's id.
func (s *Store) Start(ctx context.Context, entry *Entry, requestID string, prove Prove) (runID string, err error) {
	if entry.Job == nil {
		return "", &RefusedError{Field: "conf", Reason: fmt.Sprintf("job %q cannot run: %s", entry.ID, entry.Lacks)}
	}
	start := runs.Start{Workflow: latch.WorkflowJobRun, WorkflowID: WorkflowID(entry.ID), TaskQueue: entry.TaskQueue,
		Summary: "Job " + entry.ID + " " + entry.Job.Title, Arguments: []any{entry.Job, protocol.Siblings{}, entry.Lineage()}}
	if prove != nil {
		start.Memo = prove(start.WorkflowID, rawjson.Encode(entry.Job))
	}
	if requestID == "" {
		runID, err = s.jobs.Start(ctx, start)
	} else {
		runID, err = s.jobs.StartOnce(ctx, requestID, s.taskQueue, start, nil) // the job may change between two calls, so the request is not compared
	}
	if _, running := runs.RunningIn(err); running {
		if namesake := s.namesakeOfRun(ctx, entry.ID); namesake != nil {
			return "", namesake
		}
	}
	return runID, err
}
