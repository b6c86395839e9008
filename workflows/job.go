package workflows

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/vars"
	"github.com/latch-run/latch/internal/verdict"
)

// A jobRun is one run of a job.
type jobRun struct {
	*session
	job    latch.Job
	result latch.JobResult
	// siblings are the jobs before it, in a sequence. done are its own jobs that have ended.
	siblings siblings
	done     jobResults
	lineage  protocol.Lineage
	// reopened is JOB_START if the earlier run of the chain waited for it. working reports that
	// it is over. The work began at workBegan, and attempt is the number of its current
	// attempt.
	reopened  *firing
	working   bool
	workBegan time.Time
	attempt   int
	// ended reports that the work has ended, with the outcome in the result.
	ended bool
}

// JobRun is the workflow latch.JobRun. It does a job's work and fires its events before and
// after it (contract, "Job").
func JobRun(ctx workflow.Context, input, earlierJobs, lineage converter.RawValue) (*latch.JobResult, error) {
	run := &jobRun{result: latch.JobResult{Status: latch.JobRunning, KVP: latch.Object{}}}
	run.session = silentSession(ctx, run)
	earlier, err := carriedInto(ctx, input)
	if err != nil {
		return nil, err
	}
	run.siblings = siblingsIn(payloadJSON(earlierJobs), parentOf(ctx))
	if origin := payloadJSON(lineage); len(origin) > 0 && json.Unmarshal(origin, &run.lineage) != nil {
		run.lineage = protocol.Lineage{} // not passed by Latch
	}
	run.fields = run.lineage.Fields
	run.link.given = len(payloadJSON(earlierJobs)) + len(payloadJSON(lineage))
	if err := workflow.SetQueryHandler(ctx, protocol.QueryEarlierJobs, run.earlierJobs); err != nil {
		return nil, err
	}
	if err := run.begin(ctx, latch.JobKind, input, &run.job, earlier, func() { run.prepare(earlier) }); err != nil {
		return nil, err
	}
	run.reopened = run.undecided()
	err = run.carryOut(ctx)
	if errors.Is(err, errContinues) {
		return nil, run.asNew(ctx, latch.WorkflowJobRun, input, earlierJobs, lineage)
	}
	if err != nil {
		return nil, err
	}
	return run.end(ctx)
}

// prepare creates the result of a run that begins, or takes that of the earlier run of the
// chain.
func (r *jobRun) prepare(earlier *protocol.State) {
	r.weigh(r.job.Vars)
	r.result.ID, r.webhooks = r.job.ID, r.attach(r.job.Webhooks)
	if earlier != nil && earlier.Job != nil {
		state := earlier.Job
		r.result, r.working, r.workBegan, r.attempt = state.Result, state.Working, state.WorkBegan, state.Attempt
		r.done.takeOver(&r.result, state.Done)
		r.siblings.takeOver(state.Siblings)
		r.ended, r.settled = state.Ended, state.Ended
	}
}

// progress saves the progress of the job.
func (r *jobRun) progress(state *protocol.State) {
	state.Job = &protocol.JobState{Result: r.result, Working: r.working, WorkBegan: r.workBegan, Attempt: r.attempt, Done: r.done.count,
		Siblings: r.siblings.carried(), Ended: r.ended}
}

// carryOut runs the job from the delay to the final events.
func (r *jobRun) carryOut(ctx workflow.Context) error {
	if !r.ended {
		if err := r.toTheEnd(ctx); err != nil {
			return err
		}
	}
	if err := r.continuesAtEnd(ctx); err != nil {
		return err
	}
	if err := r.tellTheEnd(ctx); err != nil {
		return err
	}
	r.triggerFollowers(ctx)
	return nil
}

// toTheEnd runs the job from the delay to the end of the work.
func (r *jobRun) toTheEnd(ctx workflow.Context) error {
	if r.reopened == nil && !r.working {
		if err := r.tagStatus(); err != nil {
			return err
		}
	}
	work, cancel := workflow.WithCancel(ctx)
	defer cancel()
	workflow.Go(work, func(ctx workflow.Context) {
		if workflow.Await(ctx, func() bool { return r.control.pending() }) == nil {
			cancel()
		}
	})
	err := r.start(work)
	if err == nil {
		err = r.work(work)
	}
	if errors.Is(err, errContinues) {
		return errContinues
	}
	var broken *brokenRun
	if errors.As(err, &broken) {
		return broken.cause
	}
	takeMessages(ctx)
	r.conclude(ctx, err)
	r.ended = true
	return r.tagStatus()
}

// A brokenRun is an error of the run itself, not of the job's work.
type brokenRun struct{ cause error }

func (b *brokenRun) Error() string { return b.cause.Error() }

// start waits for the delay and for JOB_START.
func (r *jobRun) start(ctx workflow.Context) error {
	if r.working {
		return nil
	}
	if r.reopened == nil {
		if err := r.delay(ctx); err != nil {
			return err
		}
	}
	return r.awaitStart(ctx)
}

func (r *jobRun) delay(ctx workflow.Context) error {
	if r.job.Delay <= 0 {
		return nil
	}
	r.enter("delayed")
	return workflow.NewTimerWithOptions(ctx, time.Duration(r.job.Delay), workflow.TimerOptions{Summary: "Delay of the job"}).Get(ctx, nil)
}

// awaitStart fires JOB_START and waits for its locks, which may end the job.
func (r *jobRun) awaitStart(ctx workflow.Context) error {
	firing := r.reopened
	if firing == nil {
		r.enter("starting")
		r.result.StartedAt = r.now()
		var err error
		firing, err = r.fire(ctx, occasion{event: latch.EventJobStart, scope: verdict.Begins, nothingDone: true}, r.webhooks)
		if err != nil {
			return &brokenRun{err}
		}
	}
	if len(r.openLocks()) > 0 {
		r.enter("waiting")
	}
	ruling, err := firing.await(ctx)
	switch {
	case errors.Is(err, errContinues):
		return err
	case err != nil && ctx.Err() == nil:
		return &brokenRun{err}
	case err != nil:
		return err
	case r.control.pending():
		return workflow.ErrCanceled
	case ruling.decision == latch.Stop:
		return fmt.Errorf("held back at JOB_START by %s", ruling.reason)
	}
	return ctx.Err()
}

// errTimedOut is the error of work that exceeded the job's timeout.
var errTimedOut = errors.New("timed out")

// work runs the task or the sequence, within the timeout and with the retries.
func (r *jobRun) work(ctx workflow.Context) error {
	if r.lineage.Lacks != "" {
		return fmt.Errorf("job %q cannot run: %s", r.job.ID, r.lineage.Lacks)
	}
	r.enter("working")
	begins := !r.working
	if begins {
		r.working, r.workBegan = true, workflow.Now(ctx)
	}
	limited, cancel := workflow.WithCancel(ctx)
	defer cancel()
	timedOut := false
	if r.job.Timeout > 0 {
		timer := workflow.NewTimerWithOptions(limited, max(r.workBegan.Add(time.Duration(r.job.Timeout)).Sub(workflow.Now(ctx)), 0), workflow.TimerOptions{Summary: "Timeout of the job"})
		workflow.Go(limited, func(ctx workflow.Context) {
			if timer.Get(ctx, nil) == nil {
				timedOut = true
				cancel()
			}
		})
	}
	kvp, err := repeatFrom(limited, r.job.Retry, r.workBegan, &r.attempt, func() (latch.Object, error) {
		if r.job.Task == nil {
			if begins {
				r.done = jobResults{}
			}
			begins = true
			return latch.Object{}, r.sequence(limited)
		}
		variables, err := r.taskVariables(limited)
		if err != nil {
			return nil, err
		}
		return taskRun{session: r.session, task: r.job.Task, variables: variables, summary: "Job " + r.job.ID}.do(limited)
	})
	if kvp != nil {
		r.result.KVP = kvp
	}
	if timedOut && err != nil {
		return errTimedOut
	}
	return err
}

// conclude sets the job's result from the outcome of the work.
func (r *jobRun) conclude(ctx workflow.Context, err error) {
	r.settled = true
	r.result.CompletedAt = r.now()
	if r.result.StartedAt.IsZero() {
		r.result.StartedAt = r.result.CompletedAt
	}
	switch {
	case r.control != nil: // it was accepted, even if the work has just ended
		r.control.taken = true
		r.result.Status, r.result.Error = latch.JobCancelled, r.control.describe()
	case err == nil:
		r.result.Status = latch.JobSucceeded
	case errors.Is(err, errTimedOut):
		r.result.Status, r.result.Error = latch.JobTimedOut, "timed out after "+r.job.Timeout.String()
	case ctx.Err() != nil: // and not a task that somebody else cancelled
		r.result.Status, r.result.Error = latch.JobCancelled, "cancelled"
	default:
		r.result.Status, r.result.Error, r.result.ExitStatus = latch.JobFailed, rootMessage(err), exitStatusOf(err)
	}
}

// tellTheEnd fires JOB_COMPLETE and JOB_SUCCESS or JOB_FAILURE, concurrently.
func (r *jobRun) tellTheEnd(ctx workflow.Context) error {
	outcome := latch.EventJobFailure
	if r.result.Status == latch.JobSucceeded {
		outcome = latch.EventJobSuccess
	}
	var ends []occasion
	for _, event := range []string{latch.EventJobComplete, outcome} {
		if !r.hasFired(event) {
			ends = append(ends, occasion{event: event})
		}
	}
	return r.fireEnds(ctx, ends, r.webhooks)
}

// end closes the run with its result.
func (r *jobRun) end(ctx workflow.Context) (*latch.JobResult, error) {
	if err := r.close(ctx); err != nil {
		return nil, err
	}
	result := r.result
	if result.Status == latch.JobSucceeded {
		result.History = r.history.all()
		return &result, nil
	}
	if result.Status == latch.JobCancelled {
		return nil, temporal.NewCanceledError(result)
	}
	return nil, temporal.NewApplicationErrorWithOptions(fmt.Sprintf("job %s %s: %s", result.ID, result.Status, result.Error),
		latch.ErrorJobFailed, temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{result}})
}

func (r *jobRun) id() string                { return r.job.ID }
func (r *jobRun) title() string             { return r.job.Title }
func (r *jobRun) status() string            { return r.result.Status }
func (r *jobRun) mark(record *latch.Record) { record.Job = r.job.ID }
func (r *jobRun) steps() []latch.StepResult { return nil }

func (r *jobRun) mayControl(message string) error {
	if message == latch.MessageRollback {
		return errors.New("a job cannot be rolled back; stop cancels it")
	}
	return nil
}

func (r *jobRun) addVariables(variables expr.Variables) {
	variables["job"] = protocol.JobVariable(&r.job, r.jobStatus(), r.lineage.Fields, r.runID)
	variables["vars"] = rawjson.Encode(vars.OrEmpty(r.job.Vars))
	variables["jobs"] = rawjson.Encode(r.known(r.done.list))
}

func (r *jobRun) jobStatus() vars.JobStatus { return statusOf(&r.result, r.runID) }

// statusOf returns the variable job.status of a run with the result so far.
func statusOf(result *latch.JobResult, runID string) vars.JobStatus {
	status := vars.JobStatus{ID: runID, KVP: result.KVP, By: result.By}
	if !result.StartedAt.IsZero() {
		status.StartedAt = &result.StartedAt
	}
	if result.Status != latch.JobRunning {
		code := result.ReturnCode()
		status.ReturnCode, status.Error, status.CompletedAt = &code, &result.Error, &result.CompletedAt
	}
	return status
}

// summaryOf returns the summary in Temporal UI's list.
func summaryOf(kind, id, title string) string {
	if title == "" {
		return excerpt.Of(kind+" "+id, 200)
	}
	return excerpt.Of(kind+" "+id+": "+title, 200)
}
