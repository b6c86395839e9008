package cli

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/apiclient"
	"github.com/latch-run/latch/internal/spec"
)

// apiStart starts a release or fires an event by the API.
func (a *app) apiStart(ctx context.Context, as spec.Kind, input *checked, workflowID string, watch bool) error {
	start, command := a.api.StartRelease, "starter watch "
	if as == spec.Emission {
		start, command = a.api.FireEvent, ""
		if watch {
			return usageError(errors.New("--watch: the API tells nothing of a fired event's run; leave it out, or speak to Temporal"))
		}
	}
	started, err := start(ctx, input.data, workflowID)
	if err != nil {
		return input.refused(a.apiFailure(err, kindRunning))
	}
	if watch {
		return a.follow(ctx, a.apiRelease(started.WorkflowID, started.RunID))
	}
	if command != "" {
		command += shell(started.WorkflowID) + a.apiFlag()
	}
	a.printStarted(started.WorkflowID, started.RunID, command)
	return nil
}

// apiFlag is what a command that a person copies needs besides.
func (a *app) apiFlag() string {
	if a.getenv("LATCH_API") == a.settings.API {
		return ""
	}
	return " --api " + shell(a.settings.API)
}

// apiControl sends a release, or a registered job, a message by the API.
func (a *app) apiControl(ctx context.Context, id, prefix, message string, argument any) error {
	if prefix == latch.PrefixJobRun {
		return a.apiStopJob(ctx, id, argument)
	}
	release, err := a.api.Release(ctx, id)
	if err != nil {
		return a.apiFailure(err, kindFailed)
	}
	answer, err := a.api.TellRelease(ctx, release.WorkflowID, message, argument)
	if err != nil {
		return a.apiFailure(err, latch.ErrorTooLate)
	}
	a.printAnswer(release.WorkflowID, message, answer)
	return nil
}

// apiReleaseLock removes a lock by the API.
func (a *app) apiReleaseLock(ctx context.Context, workflowID string, removed latch.LockRelease) error {
	record, err := a.api.RemoveLock(ctx, removed)
	if err != nil {
		return a.apiLockFailure(err)
	}
	a.printAnswer(workflowID, latch.MessageReleaseLock, record)
	return nil
}

// apiLockFailure tells a lock that nobody knows, or whose run has closed
// without it, from one that it is too late for.
func (a *app) apiLockFailure(err error) error {
	var problem *apiclient.Problem
	err, known := a.apiFailure(err, latch.ErrorTooLate), errors.As(err, &problem)
	if refused := explain(err); known && (refused.Kind == kindNotFound || refused.Kind == latch.ErrorTooLate && problem.WorkflowID != "") {
		refused.Kind = latch.ErrorUnknownLock
		return refused
	}
	return err
}

// apiStatus shows where a release stands by the API.
func (a *app) apiStatus(ctx context.Context, id string) error {
	release, err := a.api.Release(ctx, id)
	if err != nil {
		return a.apiFailure(err, kindFailed)
	}
	answer, err := json.Marshal(release.Status)
	if err != nil {
		return err
	}
	var end *closed
	if !release.ClosedAt.IsZero() {
		end = &closed{Status: release.Status.Status, Reason: release.Reason, DecidedBy: release.DecidedBy, id: release.ID, steps: release.Steps}
	}
	return a.showStatus(release.WorkflowID, answer, end)
}

// apiHistory shows a release's records by the API.
func (a *app) apiHistory(ctx context.Context, id string, wanted latch.HistoryQuery) error {
	release, err := a.api.Release(ctx, id)
	if err != nil {
		return a.apiFailure(err, kindFailed)
	}
	records, err := json.Marshal(selected(release.History, wanted))
	if err != nil {
		return err
	}
	return a.showHistory(release.WorkflowID, records)
}

// selected returns the records that the query asks for.
func selected(records []latch.Record, wanted latch.HistoryQuery) []latch.Record {
	if wanted.After != "" {
		at := slices.IndexFunc(records, func(r latch.Record) bool { return r.DeliveryID == wanted.After })
		records = records[at+1:]
	}
	found := []latch.Record{}
	for _, record := range records {
		if wanted.Limit > 0 && len(found) == wanted.Limit {
			break
		}
		if (wanted.Webhook == "" || record.Webhook == wanted.Webhook) && (wanted.Event == "" || record.Event == wanted.Event) {
			found = append(found, record)
		}
	}
	return found
}

// apiWatch watches a release by the API.
func (a *app) apiWatch(ctx context.Context, id string) error {
	release, err := a.api.Release(ctx, id)
	if err != nil {
		return a.apiFailure(err, kindFailed)
	}
	return a.follow(ctx, a.apiRelease(release.WorkflowID, release.RunID))
}

// apiRelease is a release that the API is asked about. What asks for its
// progress sees its end too.
func (a *app) apiRelease(workflowID, runID string) watched {
	ended := newEnd()
	return watched{workflowID: workflowID, runID: runID, end: ended.wait,
		ask: func(ctx context.Context) (*latch.Status, []latch.Record, error) {
			release, err := a.api.Release(ctx, workflowID)
			switch {
			case err != nil:
				err = a.apiFailure(err, kindFailed)
				ended.failFor(err)
				return nil, nil, err
			case release.RunID != runID:
				ended.tell(outcome{}, newFailure(exitFailed, kindFailed, "another run of %s has begun, run %s; the API tells of the last one alone", workflowID, release.RunID))
			case !release.ClosedAt.IsZero():
				ended.tell(releaseOutcome(release))
			}
			return &release.Status, release.History, nil
		}}
}

func releaseOutcome(release *apiclient.Release) (outcome, error) {
	result, err := json.Marshal(latch.ReleaseResult{ID: release.ID, Status: release.Status.Status, Reason: release.Reason,
		DecidedBy: release.DecidedBy, Steps: release.Steps, History: release.History})
	return outcome{WorkflowID: release.WorkflowID, RunID: release.RunID, Status: release.Status.Status, Result: result}, err
}

// An end is told of by whoever sees it first.
type end struct{ seen chan ending }

func newEnd() end { return end{make(chan ending, 1)} }

func (e end) tell(came outcome, err error) {
	select {
	case e.seen <- ending{came, err}:
	default:
	}
}

// failFor ends the wait for a reason that does not pass.
func (e end) failFor(err error) {
	if known := explain(err); known.code != exitUnreachable && known.code != exitInterrupted {
		e.tell(outcome{}, err)
	}
}

func (e end) wait(ctx context.Context) (outcome, error) {
	select {
	case seen := <-e.seen:
		return seen.outcome, seen.err
	case <-ctx.Done():
		return outcome{}, ctx.Err()
	}
}
