package workflows

import (
	"encoding/json"
	"fmt"
	"slices"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// An inheritance is what a run that was ended from outside leaves to the run that reports it.
type inheritance struct {
	protocol.EndedRun
	ending protocol.Ending
	// state is nil for a run that was not admitted before it ended.
	state *protocol.State
}

// EndNotice is the workflow latch.EndNotice. It reports the end of a job or a release that was
// terminated or timed out: it takes over the state in which that run was, continues its
// deliveries, and fires the events of its end that have not fired (contract, "Ended from
// outside"). For a release with on_terminate rollback it undoes what was done first.
//
// The ids of its deliveries are those that the ended run would have made, so that a receiver
// recognizes what that run's worker may have sent in its last moment.
func EndNotice(ctx workflow.Context, input converter.RawValue) (any, error) {
	left := &inheritance{}
	if err := json.Unmarshal(payloadJSON(input), &left.EndedRun); err != nil || !left.Valid() {
		return nil, invalidSpec(latch.Problems{{Message: fmt.Sprintf("%s is started by %s, not by hand", latch.WorkflowEndNotice,
			latch.WorkflowEnds)}})
	}
	if err := left.read(ctx); err != nil || left.ending.GoesOn {
		return nil, err
	}
	if left.Type == latch.WorkflowRelease {
		return endRelease(ctx, left)
	}
	return endJob(ctx, left)
}

// read reads how the run ended, and its state. It waits for a worker that can replay the run.
func (l *inheritance) read(ctx workflow.Context) error {
	reading := asksRun(ctx, summaryOf("Read", l.WorkflowID, ""))
	if err := workflow.ExecuteActivity(reading, protocol.ActivityReadEnd, l.EndedRun).Get(ctx, &l.ending); err != nil {
		return err
	}
	if l.ending.GoesOn {
		return nil
	}
	for _, i := range l.ending.Apart {
		given := workflow.ExecuteActivity(reading, protocol.ActivityReadArgument, protocol.ArgumentRequest{EndedRun: l.EndedRun, Place: i})
		if err := given.Get(ctx, &l.ending.Arguments[i]); err != nil {
			return err
		}
	}
	if !l.ending.Began {
		return nil
	}
	var answer protocol.RunState
	if err := workflow.ExecuteActivity(reading, protocol.ActivityReadState, l.EndedRun).Get(ctx, &answer); err != nil || !answer.Admitted {
		return err
	}
	var err error
	l.state, err = protocol.UnpackCarried(answer.Packed)
	return err
}

// argument returns an argument of the run, or nil.
func (l *inheritance) argument(i int) []byte {
	if i >= len(l.ending.Arguments) {
		return nil
	}
	return l.ending.Arguments[i]
}

// inherit makes the session that of the ended run, and continues its deliveries. A run that was
// not admitted before it ended is admitted now.
func (s *session) inherit(ctx workflow.Context, kind latch.Kind, left *inheritance, into any, prepare func()) error {
	s.of = &workflow.Execution{ID: left.WorkflowID, RunID: left.RunID}
	s.originalRunID, s.by, s.settled = left.ending.OriginalRunID, left.By, true
	if left.state == nil {
		s.runID, s.started = left.RunID, left.StartedAt.Time
		if err := s.answer(ctx); err != nil {
			return err
		}
		given := &commonpb.Payload{Metadata: map[string][]byte{converter.MetadataEncoding: []byte(converter.MetadataEncodingJSON)},
			Data: left.argument(0)}
		if err := s.take(ctx, kind, converter.NewRawValue(given), into); err != nil {
			return err
		}
		s.settled = true
		prepare()
		return nil
	}
	if err := latch.Unmarshal(left.argument(0), into); err != nil {
		return invalidSpec(latch.Problems{{Message: err.Error()}})
	}
	s.admission = left.state.Admission
	prepare()
	if err := s.takeOver(left.state); err != nil {
		return err
	}
	s.unread = nil // a message to the ended run has come too late
	if err := s.answer(ctx); err != nil {
		return err
	}
	return s.resume("the run was " + left.ending.Reason)
}

// resume continues the deliveries of an ended run. Those whose answers were to decide something
// are given up, because there is nothing left to decide.
func (s *session) resume(reason string) error {
	for _, firing := range s.firings {
		if firing.awaited && !firing.decided {
			for _, hook := range firing.hooks {
				hook.givenUp(reason)
			}
			if err := firing.override(ruling{reason: reason}); err != nil {
				return err
			}
		}
	}
	for _, firing := range s.firings {
		for _, hook := range firing.hooks {
			if isOwn(hook) && hook.kept == nil && hook.turn == itsTurn { // its first attempt had not begun
				s.inFlight++
				hook.setOut(func() {})
			}
		}
	}
	s.takeUp()
	return nil
}

// givenUp ends a delivery of an ended run that was to decide something.
func (h *hook) givenUp(reason string) {
	if !isOwn(h) && !isWaiting(h) && h.turn != laidBy {
		return
	}
	h.kept, h.turn = nil, itsTurn
	h.abandoned(reason)
}

// endedRunID returns the id of the run whose end is reported: this run's own, or that of the run
// that was ended from outside.
func (s *session) endedRunID() string {
	if s.of != nil {
		return s.of.RunID
	}
	return s.execution.RunID
}

// hasFired reports whether the event has fired, which may have been in the run that this one
// reports. An event that was only being planned there has not.
func (s *session) hasFired(event string) bool {
	for _, firing := range s.firings {
		if firing.event == event && !firing.unplanned {
			return true
		}
	}
	return false
}

// enlist adds the firing to those of the run. An event that the ended run was planning takes the
// place that it had there, so that its deliveries have the ids that they would have had.
func (s *session) enlist(f *firing) {
	before := slices.IndexFunc(s.firings, func(other *firing) bool {
		return other.unplanned && other.event == f.event && other.step == f.step && other.emission == f.emission
	})
	if before >= 0 {
		f.sequence, s.firings[before] = before, f
		return
	}
	s.firings = append(s.firings, f)
}

// endJob reports the end of a job. A job whose work had ended keeps its outcome.
func endJob(ctx workflow.Context, left *inheritance) (*latch.JobResult, error) {
	run := &jobRun{result: latch.JobResult{Status: latch.JobRunning, KVP: latch.Object{}}}
	run.session = silentSession(ctx, run)
	run.siblings = siblingsIn(left.argument(1), left.ending.Parent)
	if origin := left.argument(2); len(origin) > 0 && json.Unmarshal(origin, &run.lineage) != nil {
		run.lineage = protocol.Lineage{} // not passed by Latch
	}
	run.fields = run.lineage.Fields
	if err := run.inherit(ctx, latch.JobKind, left, &run.job, func() { run.prepare(left.state) }); err != nil {
		return nil, err
	}
	if !run.ended {
		run.result.Status, run.result.Error, run.result.By = latch.JobFailed, left.ending.Reason, left.By
		if left.By == latch.ByTimedOut {
			run.result.Status = latch.JobTimedOut
		}
		run.result.CompletedAt = left.ClosedAt
		if run.result.StartedAt.IsZero() {
			run.result.StartedAt = left.ClosedAt
		}
		run.ended = true
	}
	if err := run.tagStatus(); err != nil {
		return nil, err
	}
	if err := run.tellTheEnd(ctx); err != nil {
		return nil, err
	}
	run.triggerFollowers(ctx)
	if err := run.close(ctx); err != nil {
		return nil, err
	}
	result := run.result
	result.History = run.history.all()
	return &result, nil
}

// endRelease reports the end of a release, after its undos if it wants them. A release whose
// outcome was decided keeps it, unless there is still something to undo.
func endRelease(ctx workflow.Context, left *inheritance) (*latch.ReleaseResult, error) {
	run := &releaseRun{result: latch.ReleaseResult{Status: latch.ReleaseRunning, Steps: []latch.StepResult{}}}
	run.session = silentSession(ctx, run)
	if err := run.inherit(ctx, latch.ReleaseKind, left, &run.release, func() { run.prepare(left.state) }); err != nil {
		return nil, err
	}
	run.settle(left)
	if run.ending == nil || run.ending.rollBack && run.mayUndo() {
		end := &ending{status: latch.ReleaseFailed, reason: left.ending.Reason, by: &latch.DecidedBy{Event: run.event, By: left.By}}
		end.rollBack = run.release.OnTerminate == latch.Rollback && run.mayUndo()
		if end.rollBack && left.ending.NewerRunID != "" {
			end.rollBack = false
			end.reason += "; not undone" + cameAfter(left.ending.NewerRunID)
		}
		if err := run.takeTurnBack(ctx, end); err != nil {
			return nil, err
		}
		run.ending = end
	}
	if err := run.finish(ctx, run.ending); err != nil {
		return nil, err
	}
	if err := run.close(ctx); err != nil {
		return nil, err
	}
	result := run.result
	result.History = run.history.all()
	return &result, nil
}

// settle sets the statuses of the steps that were in progress when the release ended: they have
// failed.
func (r *releaseRun) settle(left *inheritance) {
	r.pauses, r.finished = nil, nil
	if left.state == nil || left.state.Release == nil {
		return
	}
	for _, i := range left.state.Release.Working {
		if i >= 0 && i < len(r.result.Steps) {
			r.result.Steps[i].Status, r.result.Steps[i].Error = latch.StepFailed, "the release was "+left.ending.Reason
		}
	}
}

// mayUndo reports whether a step remains to be undone.
func (r *releaseRun) mayUndo() bool {
	for _, i := range r.undos {
		if status := r.result.Steps[i].Status; status != latch.StepUndone && status != latch.StepUndoFailed {
			return true
		}
	}
	return false
}

// takeTurnBack waits for the turn of the release's concurrency key before anything is undone,
// because the ended release has lost it.
func (r *releaseRun) takeTurnBack(ctx workflow.Context, end *ending) error {
	if !end.rollBack || r.release.Concurrency == nil {
		return nil
	}
	queued := *r.release.Concurrency
	queued.Mode = latch.ConcurrencyQueue
	r.release.Concurrency, r.turn = &queued, nil
	instead, err := r.awaitTurn(ctx)
	if instead != nil {
		end.rollBack = false
		end.reason += "; not undone: " + instead.reason
	}
	return err
}
