package registry

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs"
)

// A Run is the last run of a job as lists show it.
type Run struct {
	RunID string
	// Status is running, succeeded, failed or cancelled.
	Status      string
	StartedAt   latch.Time
	CompletedAt latch.Time // zero while it runs
	// Error, ExitStatus and KVP are its outcome; lists leave them empty.
	Error      string
	ExitStatus int
	KVP        latch.Object
}

// maximumRuns bounds the runs that the first list reads.
const maximumRuns = 20_000

// runOverlap is how far back a later list overlaps the previous one, because
// the visibility store lags behind.
const runOverlap = time.Minute

// Runs returns the last run of each job by the job's id. It covers only recent
// runs: the newest of the namespace, at most maximumRuns.
func (s *Store) Runs(ctx context.Context) (map[string]Run, error) {
	runs, err := s.runs.get(ctx)
	if err != nil {
		return nil, fmt.Errorf("list runs of jobs: %w", err)
	}
	return runs, nil
}

// jobRuns is the query for the runs of jobs. Of a run that continued as new, it
// finds only the last.
const jobRuns = "WorkflowType = '" + latch.WorkflowJobRun + "' AND ExecutionStatus != 'ContinuedAsNew'"

// loadRuns adds the runs that began or ended since the known ones.
func (s *Store) loadRuns(ctx context.Context, known map[string]Run) (map[string]Run, error) {
	query := jobRuns
	if newest := newestOf(known); !newest.IsZero() {
		since := runs.Instant(newest.Add(-runOverlap))
		query += " AND " + runs.Either("StartTime > "+since, "CloseTime > "+since)
	}
	last := map[string]Run{}
	maps.Copy(last, known)
	return last, s.jobs.Each(ctx, query, maximumRuns, func(info *workflowpb.WorkflowExecutionInfo) {
		id, ours := strings.CutPrefix(info.GetExecution().GetWorkflowId(), WorkflowID(""))
		run := runOf(info)
		if ours && !run.StartedAt.Before(last[id].StartedAt.Time) {
			last[id] = run
		}
	})
}

func newestOf(runs map[string]Run) time.Time {
	var newest time.Time
	for _, run := range runs {
		for _, at := range []latch.Time{run.StartedAt, run.CompletedAt} {
			if at.After(newest) {
				newest = at.Time
			}
		}
	}
	return newest
}

func runOf(info *workflowpb.WorkflowExecutionInfo) Run {
	run := Run{RunID: info.GetExecution().GetRunId(), Status: statusOf(info.GetStatus()), StartedAt: latch.NewTime(info.GetStartTime().AsTime()), KVP: latch.Object{}}
	if closed := info.GetCloseTime(); closed != nil {
		run.CompletedAt = latch.NewTime(closed.AsTime())
	}
	return run
}

func statusOf(status enumspb.WorkflowExecutionStatus) string {
	switch status {
	case enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, enumspb.WORKFLOW_EXECUTION_STATUS_PAUSED:
		return latch.JobRunning
	case enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		return latch.JobSucceeded
	case enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED:
		return latch.JobCancelled
	default:
		return latch.JobFailed
	}
}

// LastRun returns a job's last run with its outcome, or nil if the job never
// ran, or so long ago that Temporal has deleted the run.
func (s *Store) LastRun(ctx context.Context, id string) (*Run, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	described, err := s.jobs.Describe(ctx, WorkflowID(id), "")
	if runs.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	info := described.GetWorkflowExecutionInfo()
	if info.GetType().GetName() != latch.WorkflowJobRun {
		return nil, nil
	}
	run := runOf(info)
	if run.Status == latch.JobRunning {
		return &run, nil
	}
	return &run, s.addOutcome(ctx, info.GetExecution(), &run)
}

// addOutcome reads the outcome of a closed run from its last event.
func (s *Store) addOutcome(ctx context.Context, execution *commonpb.WorkflowExecution, run *Run) error {
	end, err := s.jobs.Closing(ctx, execution)
	if err != nil {
		return err
	}
	if err := s.readOutcome(end, run); err != nil {
		return fmt.Errorf("result of %s: %w", execution.GetWorkflowId(), err)
	}
	return nil
}

func (s *Store) readOutcome(end *runs.Closing, run *Run) error {
	if end == nil {
		return nil
	}
	run.Error = end.Reason
	foreign := end.How == enumspb.WORKFLOW_EXECUTION_STATUS_FAILED && end.ErrorType != latch.ErrorJobFailed
	if end.Result == nil || foreign {
		return nil
	}
	var result latch.JobResult
	if err := s.converter.FromPayload(end.Result, &result); err != nil {
		return err
	}
	if result.Status != "" {
		run.Status, run.Error, run.ExitStatus = result.Status, result.Error, result.ExitStatus
	}
	if result.KVP != nil {
		run.KVP = result.KVP
	}
	return nil
}

// A Count is the number of runs of jobs that Temporal keeps.
type Count struct{ Runs, Failed, Succeeded int64 }

// CountRuns counts the runs of jobs that Temporal keeps, including those of
// sequences.
func (s *Store) CountRuns(ctx context.Context) (Count, error) {
	var counted Count
	for _, each := range []struct {
		into  *int64
		query string
	}{
		{&counted.Runs, jobRuns},
		{&counted.Failed, jobRuns + " AND ExecutionStatus IN ('Failed', 'TimedOut', 'Terminated', 'Canceled')"},
		{&counted.Succeeded, jobRuns + " AND ExecutionStatus = 'Completed'"},
	} {
		var err error
		if *each.into, err = s.jobs.Count(ctx, each.query); err != nil {
			return Count{}, fmt.Errorf("count runs of jobs: %w", err)
		}
	}
	return counted, nil
}

// Times counts the times of a job's schedule at which Temporal started nothing.
// Its error is ErrUnknown if there is no such job.
func (s *Store) Times(ctx context.Context, id string) (protocol.Times, error) {
	if !isJobID(id) {
		return protocol.Times{}, about(id, ErrUnknown)
	}
	found, err := s.read(ctx, schedulePrefix+id)
	if err != nil {
		return protocol.Times{}, about(id, err)
	}
	return protocol.Times{Missed: found.info.GetMissedCatchupWindow(), Skipped: found.info.GetOverlapSkipped() + found.info.GetBufferDropped()}, nil
}
