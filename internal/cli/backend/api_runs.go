package backend

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/apiclient"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/runs"
)

// Start starts a release or a gate, or fires an event. The API reports nothing more about an
// event's run.
func (a *API) Start(ctx context.Context, start Start) (*Run, error) {
	call := a.client.StartRelease
	switch start.Kind {
	case latch.ReleaseKind:
	case latch.EmissionKind:
		if start.Watch {
			return nil, failure.New(failure.Usage, "--watch: the API tells nothing of a fired event's run; leave it out, or speak to Temporal")
		}
		call = a.client.FireEvent
	case latch.GateKind:
		call = a.client.AskGate
	default:
		return nil, &UnsupportedError{}
	}
	started, err := call(ctx, start.Input, start.WorkflowID)
	if err != nil {
		return nil, a.failed(err, failure.Running)
	}
	if start.Kind == latch.GateKind {
		return a.gateRun(started.WorkflowID, started.RunID), nil
	}
	run := a.releaseRun(started.WorkflowID, started.RunID)
	run.CanFind = start.Kind == latch.ReleaseKind
	return run, nil
}

// Find returns a release or a gate by its id, or its workflow id.
func (a *API) Find(ctx context.Context, id string) (*Run, error) {
	release, gate, err := a.releaseOrGate(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case gate != nil:
		return a.gateRun(gate.WorkflowID, gate.RunID), nil
	}
	return a.releaseRun(release.WorkflowID, release.RunID), nil
}

// releaseOrGate returns the release with the id, or else the gate.
func (a *API) releaseOrGate(ctx context.Context, id string) (*apiclient.State, *apiclient.Gate, error) {
	release, err := a.release(ctx, id)
	if err == nil || !isUnknown(err) {
		return release, nil, err
	}
	gate, asked := a.client.Gate(ctx, id)
	if asked == nil {
		return nil, gate, nil
	}
	if failed := a.failed(asked, failure.Failed); !isUnknown(failed) {
		return nil, nil, failed
	}
	return nil, nil, err
}

func isUnknown(err error) bool {
	var explained *failure.Error
	return errors.As(err, &explained) && explained.Kind == failure.NotFound
}

func (a *API) release(ctx context.Context, id string) (*apiclient.State, error) {
	release, err := a.client.Release(ctx, id)
	if err != nil {
		return nil, a.failed(err, failure.Failed)
	}
	return release, nil
}

// releaseRun is a release read through the API. Reading its progress also shows its end.
func (a *API) releaseRun(workflowID, runID string) *Run {
	end := newFirstEnd()
	return &Run{WorkflowID: workflowID, RunID: runID, CanFind: true, Wait: end.wait,
		Progress: func(ctx context.Context) (*latch.Status, []latch.Record, error) {
			release, err := a.release(ctx, workflowID)
			switch {
			case err != nil:
				end.failFor(err)
				return nil, nil, err
			case release.RunID != runID:
				end.tell(nil, failure.New(failure.Failed, "another run of %s has begun, run %s; the API tells of the last one alone", workflowID, release.RunID))
			case !release.ClosedAt.IsZero():
				end.tell(releaseOutcome(release), nil)
			}
			return &release.Status, release.History, nil
		}}
}

func releaseOutcome(release *apiclient.State) *runs.Outcome {
	return &runs.Outcome{WorkflowID: release.WorkflowID, RunID: release.RunID, Status: release.Status.Status,
		Result: rawjson.Encode(latch.ReleaseResult{ID: release.ID, Status: release.Status.Status, Reason: release.Reason,
			DecidedBy: release.DecidedBy, Steps: release.Steps, History: release.History})}
}

// gateRun is a gate read through the API. Reading its progress also shows its end.
func (a *API) gateRun(workflowID, runID string) *Run {
	end := newFirstEnd()
	return &Run{WorkflowID: workflowID, RunID: runID, CanFind: true, Wait: end.wait,
		Progress: func(ctx context.Context) (*latch.Status, []latch.Record, error) {
			gate, err := a.client.Gate(ctx, workflowID)
			switch {
			case err != nil:
				err = a.failed(err, failure.Failed)
				end.failFor(err)
				return nil, nil, err
			case !gate.ClosedAt.IsZero():
				end.tell(gateOutcome(gate), nil)
			}
			return &gate.Status, gate.History, nil
		}}
}

func gateOutcome(gate *apiclient.Gate) *runs.Outcome {
	outcome := &runs.Outcome{WorkflowID: gate.WorkflowID, RunID: gate.RunID, Status: gate.Status.Status}
	if gate.Decision == "" {
		outcome.Error, outcome.Invalid = gate.Reason, strings.HasPrefix(gate.Reason, latch.ErrorInvalidSpec+": ")
		return outcome
	}
	result := latch.GateResult{ID: gate.ID, Event: gate.Event, Status: gate.Status.Status, Decision: gate.Decision,
		Reason: gate.Reason, History: gate.History}
	if gate.DecidedBy != nil {
		result.DecidedBy = *gate.DecidedBy
	}
	outcome.Result = rawjson.Encode(result)
	return outcome
}

// Status returns the state of a release or a gate, or how it ended.
func (a *API) Status(ctx context.Context, id string) (*Status, error) {
	release, gate, err := a.releaseOrGate(ctx, id)
	if err != nil {
		return nil, err
	}
	if gate != nil {
		status := &Status{Answer: Answer{gate.WorkflowID, rawjson.Encode(gate.Status)}}
		if !gate.ClosedAt.IsZero() {
			status.End = &End{Status: gate.Status.Status, Reason: gate.Reason, DecidedBy: gate.DecidedBy}
		}
		return status, nil
	}
	status := &Status{Answer: Answer{release.WorkflowID, rawjson.Encode(release.Status)}}
	if !release.ClosedAt.IsZero() {
		status.End = &End{Status: release.Status.Status, Reason: release.Reason, DecidedBy: release.DecidedBy}
	}
	return status, nil
}

// History returns the records of a release or a gate.
func (a *API) History(ctx context.Context, id string, wanted latch.HistoryQuery) (*Answer, error) {
	release, gate, err := a.releaseOrGate(ctx, id)
	if err != nil {
		return nil, err
	}
	if gate != nil {
		return &Answer{gate.WorkflowID, rawjson.Encode(selected(gate.History, wanted))}, nil
	}
	return &Answer{release.WorkflowID, rawjson.Encode(selected(release.History, wanted))}, nil
}

// selected returns the records that match the query.
func selected(records []latch.Record, wanted latch.HistoryQuery) []latch.Record {
	if wanted.After != "" {
		at := slices.IndexFunc(records, func(r latch.Record) bool { return r.DeliveryID == wanted.After })
		records = records[at+1:]
	}
	found := []latch.Record{}
	for i := range records {
		if wanted.Limit > 0 && len(found) == wanted.Limit {
			break
		}
		if wanted.Takes(&records[i]) {
			found = append(found, records[i])
		}
	}
	return found
}

// Send sends a message to a release or a gate, or stops the run of a registered job.
func (a *API) Send(ctx context.Context, kind latch.Kind, id, message string, argument any) (*Answer, error) {
	var run *apiclient.State
	var err error
	switch kind {
	case latch.JobKind:
		return a.stopJob(ctx, id, argument)
	case latch.GateKind:
		run, err = a.gate(ctx, id)
	default:
		run, err = a.release(ctx, id)
	}
	if err != nil {
		return nil, err
	}
	answer, err := a.client.Tell(ctx, kind, run.WorkflowID, message, argument)
	if err != nil {
		return nil, a.failed(err, latch.ErrorTooLate)
	}
	return &Answer{run.WorkflowID, answer}, nil
}

func (a *API) gate(ctx context.Context, id string) (*apiclient.State, error) {
	gate, err := a.client.Gate(ctx, id)
	if err != nil {
		return nil, a.failed(err, failure.Failed)
	}
	return &gate.State, nil
}

// stopJob cancels the run of a registered job.
func (a *API) stopJob(ctx context.Context, id string, argument any) (*Answer, error) {
	if control, is := argument.(latch.Control); is && control.Reason != "" {
		a.warn("the API takes no reason for stopping a job: it is not recorded")
	}
	run, err := a.client.Stop(ctx, id)
	if err != nil {
		return nil, a.failed(err, latch.ErrorTooLate)
	}
	return &Answer{registry.WorkflowID(id), run}, nil
}

// RemoveLock removes a lock. The failure for an unknown lock differs from that of a late removal.
func (a *API) RemoveLock(ctx context.Context, workflowID string, removal latch.LockRelease) (*Answer, error) {
	record, err := a.client.RemoveLock(ctx, removal)
	return a.answerOfLock(workflowID, record, err)
}

// ExtendLock moves a lock's deadline. Its failures are those of RemoveLock.
func (a *API) ExtendLock(ctx context.Context, workflowID string, extension latch.LockExtension) (*Answer, error) {
	record, err := a.client.ExtendLock(ctx, extension)
	return a.answerOfLock(workflowID, record, err)
}

func (a *API) answerOfLock(workflowID string, record json.RawMessage, err error) (*Answer, error) {
	if err == nil {
		return &Answer{workflowID, record}, nil
	}
	var problem *apiclient.Problem
	if !errors.As(err, &problem) {
		return nil, a.failed(err, latch.ErrorTooLate)
	}
	refused := a.refused(problem, latch.ErrorTooLate)
	if refused.Kind == failure.NotFound {
		refused.Kind = latch.ErrorUnknownLock
	}
	return nil, refused
}

// A firstEnd holds the end of a run, set by whichever call sees it first.
type firstEnd struct{ seen chan ended }

type ended struct {
	outcome *runs.Outcome
	err     error
}

func newFirstEnd() firstEnd { return firstEnd{make(chan ended, 1)} }

func (f firstEnd) tell(outcome *runs.Outcome, err error) {
	select {
	case f.seen <- ended{outcome, err}:
	default:
	}
}

// failFor ends the wait for a permanent reason.
func (f firstEnd) failFor(err error) {
	if code := failure.Explain(err).ExitCode(); code != failure.ExitUnreachable && code != failure.ExitInterrupted {
		f.tell(nil, err)
	}
}

func (f firstEnd) wait(ctx context.Context) (*runs.Outcome, error) {
	select {
	case seen := <-f.seen:
		return seen.outcome, seen.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Lock returns a lock.
func (a *API) Lock(ctx context.Context, _, token string) (*LockState, error) {
	state := &LockState{}
	return state, a.failed(a.client.Lock(ctx, token, state), latch.ErrorUnknownLock)
}
