package backend

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/google/uuid"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/runs"
)

// Start starts a run on the task queue. One run at a time may be open under a workflow id.
func (t *Temporal) Start(ctx context.Context, start Start) (*Run, error) {
	workflowID := start.workflowID()
	runID, err := t.runs.Start(ctx, runs.Start{Workflow: start.Kind.Workflow(), WorkflowID: workflowID, TaskQueue: t.taskQueue,
		Summary: start.summary(), Arguments: []any{start.Input}})
	return t.started(workflowID, runID, t.taskQueue, err)
}

// workflowID returns the caller's workflow id, or the one by the contract's convention. An
// emission without an id gets a random one.
func (s *Start) workflowID() string {
	switch {
	case s.WorkflowID != "":
		return s.WorkflowID
	case s.ID == "":
		return s.Kind.WorkflowID(uuid.NewString())
	default:
		return s.Kind.WorkflowID(s.ID)
	}
}

// summary is the run's summary in Temporal UI.
func (s *Start) summary() string {
	return strings.Join(strings.Fields(strings.Join([]string{string(s.Kind), s.ID, s.Title}, " ")), " ")
}

// started returns the run that was started, or an error that names the one in progress.
func (t *Temporal) started(workflowID, runID, queue string, err error) (*Run, error) {
	if running, is := runs.RunningIn(err); is {
		return nil, failure.New(failure.Running, "%s is running already (run %s), and one runs at a time; watch it with: starter watch %s",
			workflowID, running, output.Shell(workflowID))
	}
	if err != nil {
		return nil, err
	}
	return t.run(workflowID, runID, queue), nil
}

func (t *Temporal) run(workflowID, runID, queue string) *Run {
	return &Run{WorkflowID: workflowID, RunID: runID, TaskQueue: queue, CanFind: true,
		Progress: func(ctx context.Context) (*latch.Status, []latch.Record, error) {
			var status latch.Status
			var records []latch.Record
			err := t.query(ctx, workflowID, latch.QueryStatus, &status)
			if err == nil {
				err = t.query(ctx, workflowID, latch.QueryHistory, &records)
			}
			if err == nil {
				_, err = t.runs.AddMeasured(ctx, workflowID, "", records)
			}
			return &status, records, err
		},
		Wait: func(ctx context.Context) (*runs.Outcome, error) { return t.runs.Await(ctx, workflowID, runID) },
	}
}

// Find returns the run of the workflow id, or else that of the job, release or emission with
// the id.
func (t *Temporal) Find(ctx context.Context, id string) (*Run, error) {
	info, err := t.find(ctx, id, runs.AnyKind...)
	if err != nil {
		return nil, err
	}
	return t.run(info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId(), info.GetTaskQueue()), nil
}

func (t *Temporal) find(ctx context.Context, id string, kinds ...latch.Kind) (*workflowpb.WorkflowExecutionInfo, error) {
	info, err := t.runs.Find(ctx, id, kinds...)
	var unknown *runs.UnknownError
	switch {
	case failure.IsInterrupted(ctx):
		return nil, ctx.Err()
	case errors.As(err, &unknown):
		return nil, failure.New(failure.NotFound, "%v", unknown)
	}
	return info, err
}

// query queries the newest run. A worker answers.
func (t *Temporal) query(ctx context.Context, workflowID, name string, answer any, arguments ...any) error {
	return t.unanswered(ctx, t.runs.Query(ctx, workflowID, "", name, answer, arguments...), workflowID)
}

// Status returns the state of a run. If the run has closed, it adds how it ended, which needs
// no worker.
func (t *Temporal) Status(ctx context.Context, id string) (*Status, error) {
	info, err := t.find(ctx, id, runs.AnyKind...)
	if err != nil {
		return nil, err
	}
	status := &Status{Answer: Answer{WorkflowID: info.GetExecution().GetWorkflowId()}}
	var result runs.Result
	if runs.HasClosed(info) {
		outcome, err := t.runs.Outcome(ctx, status.WorkflowID, info.GetExecution().GetRunId())
		if err != nil {
			return nil, t.unanswered(ctx, err, status.WorkflowID)
		}
		result = outcome.Read()
		status.End = endOf(outcome, &result)
	}
	err = t.query(ctx, status.WorkflowID, latch.QueryStatus, &status.Body)
	switch {
	case err != nil && status.End != nil && !failure.IsInterrupted(ctx):
		status.standIn(&result)
		return status, nil
	case runs.IsNotBegun(err):
		return nil, notBegun(info)
	case err != nil:
		return nil, err
	}
	return status, nil
}

func endOf(outcome *runs.Outcome, result *runs.Result) *End {
	end := &End{Status: outcome.Status, Error: outcome.Error, Reason: result.Reason, DecidedBy: result.DecidedBy}
	if end.Error == "" {
		end.Error = result.Error
	}
	return end
}

// standIn answers with the result of a closed run if no worker can, for example if it was
// terminated before its first task.
func (s *Status) standIn(result *runs.Result) {
	id := result.ID
	if id == "" {
		id = s.WorkflowID
	}
	s.Body = rawjson.Encode(latch.Status{ID: id, Status: s.End.Status, Steps: result.Steps, Locks: []latch.OpenLock{}, Rejected: []latch.Rejected{}})
}

// History returns the records of a run. A worker answers.
func (t *Temporal) History(ctx context.Context, id string, wanted latch.HistoryQuery) (*Answer, error) {
	info, err := t.find(ctx, id, runs.AnyKind...)
	if err != nil {
		return nil, err
	}
	answer := &Answer{WorkflowID: info.GetExecution().GetWorkflowId()}
	err = t.query(ctx, answer.WorkflowID, latch.QueryHistory, &answer.Body, wanted)
	switch {
	case runs.IsNotBegun(err):
		return nil, notBegun(info)
	case err != nil:
		return nil, err
	}
	return answer, t.addMeasured(ctx, answer)
}

// addMeasured adds what analyses have measured so far to an answer with records. It leaves alone
// what a foreign workflow answers.
func (t *Temporal) addMeasured(ctx context.Context, answer *Answer) error {
	var records []latch.Record
	if json.Unmarshal(answer.Body, &records) != nil {
		return nil
	}
	changed, err := t.runs.AddMeasured(ctx, answer.WorkflowID, "", records)
	if changed {
		answer.Body = rawjson.Encode(records)
	}
	return t.unanswered(ctx, err, answer.WorkflowID)
}

// notBegun explains the missing answer of a run that no worker has begun.
func notBegun(info *workflowpb.WorkflowExecutionInfo) error {
	workflowID := info.GetExecution().GetWorkflowId()
	if runs.HasClosed(info) {
		return failure.New(failure.Failed, "%s was closed (%s) before a worker took its first task: it sent nothing, and has no history",
			workflowID, info.GetStatus())
	}
	return failure.New(failure.Unreachable, "%s has not begun: no worker has taken its first task; is one polling its task queue %q?",
		workflowID, info.GetTaskQueue())
}

// Send sends a message as an update, and waits for its answer.
func (t *Temporal) Send(ctx context.Context, kind latch.Kind, id, message string, argument any) (*Answer, error) {
	info, err := t.find(ctx, id, kind)
	if err != nil {
		return nil, err
	}
	workflowID := info.GetExecution().GetWorkflowId()
	answer, err := t.update(ctx, workflowID, message, argument)
	if runs.IsClosed(err) {
		return nil, failure.New(latch.ErrorTooLate, "%s has closed already; see what it came to with: starter status %s", workflowID, output.Shell(workflowID))
	}
	return answer, err
}

func (t *Temporal) update(ctx context.Context, workflowID, message string, argument any) (*Answer, error) {
	answer := &Answer{WorkflowID: workflowID}
	if err := t.runs.Update(ctx, "", workflowID, message, argument, &answer.Body); err != nil {
		return nil, t.unanswered(ctx, err, workflowID)
	}
	return answer, nil
}

// ExtendLock moves a lock's deadline. If the run has closed, its history provides the answer.
func (t *Temporal) ExtendLock(ctx context.Context, workflowID string, extension latch.LockExtension) (*Answer, error) {
	answer, err := t.update(ctx, workflowID, latch.MessageExtendLock, extension)
	if runs.IsClosed(err) {
		return t.usedLock(ctx, workflowID, extension.Lock, extension.RefusedBy)
	}
	return answer, err
}

// RemoveLock removes a lock. If the run has closed, its history provides the answer.
func (t *Temporal) RemoveLock(ctx context.Context, workflowID string, removal latch.LockRelease) (*Answer, error) {
	answer, err := t.update(ctx, workflowID, latch.MessageReleaseLock, removal)
	if runs.IsClosed(err) {
		return t.usedLock(ctx, workflowID, removal.Lock, removal.RefusedBy)
	}
	return answer, err
}

// usedLock answers a message about a lock whose run has closed. refusedBy says why the message comes
// too late for a used lock, or returns "" if it asks for what stands.
func (t *Temporal) usedLock(ctx context.Context, workflowID, token string, refusedBy func(*latch.Record) string) (*Answer, error) {
	var records []json.RawMessage
	if err := t.query(ctx, workflowID, latch.QueryHistory, &records); err != nil {
		if runs.IsNotFound(err) {
			return nil, failure.New(latch.ErrorUnknownLock, "there is no run %q that could have made this lock", workflowID)
		}
		return nil, err
	}
	for _, encoded := range records {
		var record latch.Record
		if json.Unmarshal(encoded, &record) != nil || record.Lock == nil || record.Lock.Token != token {
			continue
		}
		if record.Lock.Open() {
			return nil, failure.New(latch.ErrorTooLate, "%s has closed, and this lock was not used while it ran", workflowID)
		}
		if late := refusedBy(&record); late != "" {
			return nil, failure.TooLate(late, encoded)
		}
		return &Answer{workflowID, rawjson.With(encoded, "unchanged", true)}, nil
	}
	return nil, failure.New(latch.ErrorUnknownLock, "%s has closed, and no such lock is in its history", workflowID)
}

// Lock returns a lock.
func (t *Temporal) Lock(ctx context.Context, workflowID, token string) (*LockState, error) {
	var records []latch.Record
	if err := t.query(ctx, workflowID, latch.QueryHistory, &records); err != nil {
		if runs.IsNotFound(err) {
			return nil, failure.New(latch.ErrorUnknownLock, "there is no run %q that could have made this lock", workflowID)
		}
		return nil, err
	}
	i := slices.IndexFunc(records, func(r latch.Record) bool { return r.Lock != nil && r.Lock.Token == token })
	if i < 0 {
		return nil, failure.New(latch.ErrorUnknownLock, "run %q has no lock %q", workflowID, token)
	}
	state := &LockState{Token: token, Open: records[i].Lock.Open(), Record: records[i]}
	if !state.Open {
		return state, nil
	}
	var status latch.Status
	if err := t.query(ctx, workflowID, latch.QueryStatus, &status); err != nil {
		return nil, err
	}
	for _, open := range status.Locks {
		if open.Token == token {
			state.Until, state.Escalates, state.Missing = open.Until, open.Escalates, open.Missing
		}
	}
	return state, nil
}
