package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
)

// Statuses of a run that has no result of Latch's own to tell them.
const (
	statusCompleted  = "completed" // an emission, or a workflow of a user's own
	statusTerminated = "terminated"
	statusTimedOut   = "timed_out"
	statusFailed     = "failed"
	statusCancelled  = "cancelled"
)

// An outcome is what a run came to, as --output json prints it.
type outcome struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	Status     string `json:"status"`
	Error      string `json:"error,omitempty"`
	// Result is the run's result as the contract has it, where it has one.
	Result json.RawMessage `json:"result,omitempty"`

	invalid bool
}

// summary is what results have in common, or some of them have.
type summary struct {
	ID        string             `json:"id"`
	Status    string             `json:"status"`
	Error     string             `json:"error"`
	Reason    string             `json:"reason"`
	DecidedBy *latch.DecidedBy   `json:"decided_by"`
	Steps     []latch.StepResult `json:"steps"`
	Jobs      []latch.JobResult  `json:"jobs"`
	History   []latch.Record     `json:"history"`
}

// await waits for the run's end. The error is one of waiting, not of the run.
func await(ctx context.Context, run client.WorkflowRun) (outcome, error) {
	var result json.RawMessage
	err := run.Get(ctx, &result)
	came := outcome{WorkflowID: run.GetID(), RunID: run.GetRunID()}
	switch {
	case err == nil:
		came.Status, came.Result = statusCompleted, result
	case came.fail(err):
	default:
		return came, err
	}
	if s := came.summary(); s.Status != "" {
		came.Status = s.Status
	}
	return came, nil
}

// fail takes status, error and result from the error that a run closed with,
// and tells whether it is one.
func (o *outcome) fail(err error) bool {
	var application *temporal.ApplicationError
	var cancelled *temporal.CanceledError
	var terminated *temporal.TerminatedError
	var timedOut *temporal.TimeoutError
	var execution *temporal.WorkflowExecutionError
	switch {
	case errors.As(err, &application):
		o.Status, o.Error = statusFailed, explainApplication(application).text
		o.invalid = application.Type() == latch.ErrorInvalidSpec
		o.takeDetails(application.HasDetails(), application.Details)
	case errors.As(err, &cancelled):
		o.Status, o.Error = statusCancelled, "cancelled"
		o.takeDetails(cancelled.HasDetails(), cancelled.Details)
	case errors.As(err, &terminated):
		o.Status, o.Error = statusTerminated, "terminated: nothing was sent of it and nothing undone"
	case errors.As(err, &timedOut):
		o.Status, o.Error = statusTimedOut, "timed out by Temporal: nothing was sent of it and nothing undone"
	case errors.As(err, &execution):
		o.Status, o.Error = statusFailed, err.Error()
	default:
		return false
	}
	return true
}

// takeDetails takes the result from an error's details, if it is one.
func (o *outcome) takeDetails(has bool, details func(...any) error) {
	var result json.RawMessage
	if !has || details(&result) != nil {
		return
	}
	var s summary
	if json.Unmarshal(result, &s) == nil && s.Status != "" {
		o.Result = result
	}
}

func (o *outcome) summary() summary {
	var s summary
	_ = json.Unmarshal(o.Result, &s) // a workflow of a user's own may return anything
	return s
}

// exitCode is what the run came to, for scripts.
func (o *outcome) exitCode() int {
	switch {
	case o.invalid:
		return exitUsage
	case o.Status == latch.JobSucceeded, o.Status == latch.ReleaseReleased, o.Status == statusCompleted:
		return exitOK
	case o.Status == latch.ReleaseStopped, o.Status == latch.ReleaseRolledBack:
		return exitNotReleased
	default:
		return exitFailed
	}
}

// printOutcome prints the end of a watched run, with the table of its records
// where there is a terminal.
func (a *app) printOutcome(o outcome, records []latch.Record) {
	if a.json() {
		a.printJSON(o)
		return
	}
	s := o.summary()
	if len(s.History) > 0 {
		records = s.History
	}
	if a.terminal && len(records) > 0 {
		a.printf("\n")
		recordTable(records).write(a.out, true, a.colour())
		a.printf("\n")
	}
	colour := green
	if o.exitCode() != exitOK {
		colour = red
	}
	a.printf("%s: %s\n", printable(o.WorkflowID), cell{o.Status, colour}.show(a.colour()))
	if o.Error != "" {
		a.printf("  error: %s\n", printable(o.Error))
	}
	if s.Reason != "" {
		a.printf("  reason: %s\n", oneLine(s.Reason))
	}
	if text := decidedBy(s.DecidedBy); text != "" {
		a.printf("  decided by: %s\n", text)
	}
	if sent, failed := countDeliveries(records); failed > 0 {
		a.printf("  %s\n", cell{fmt.Sprintf("%d of %d deliveries failed", failed, sent), red}.show(a.colour()))
	}
	printSteps(a.out, s.Steps)
	printJobs(a.out, "  ", s.Jobs)
}

// countDeliveries counts the records of what was to be sent, and those of which
// sending failed. A hook whose endpoint took the delivery may have failed for
// what it answered, and one that only made a lock sent nothing.
func countDeliveries(records []latch.Record) (sent, failed int) {
	for i := range records {
		record := &records[i]
		taken := record.Response != nil && record.Response.Status/100 == 2
		lost := record.Result == latch.ResultFail && record.Error != "" && !taken
		switch tried := record.Attempts > 0 || record.Request != nil; {
		case record.Result == latch.ResultSkipped:
		case tried && lost, lost && record.Lock == nil:
			sent, failed = sent+1, failed+1
		case tried:
			sent++
		}
	}
	return sent, failed
}

func decidedBy(by *latch.DecidedBy) string {
	switch {
	case by == nil:
		return ""
	case by.Webhook != "":
		text := fmt.Sprintf("webhook %s at %s", oneLine(by.Webhook), by.Event)
		if by.By != "" {
			text += " (" + oneLine(by.By) + ")"
		}
		return text
	default:
		return oneLine(by.By)
	}
}

func printSteps(to io.Writer, steps []latch.StepResult) {
	for _, step := range steps {
		fmt.Fprintf(to, "  step %s: %s%s\n", oneLine(step.Name), step.Status, behindColon(step.Error))
	}
}

func printJobs(to io.Writer, indent string, jobs []latch.JobResult) {
	for _, job := range jobs {
		fmt.Fprintf(to, "%sjob %s: %s%s\n", indent, oneLine(job.ID), job.Status, behindColon(ownError(&job)))
		printJobs(to, indent+"  ", job.Jobs)
	}
}

// ownError is a job's error, unless it is that of one of its jobs, which stands
// there.
func ownError(job *latch.JobResult) string {
	for _, each := range job.Jobs {
		if each.Error != "" && strings.HasSuffix(job.Error, each.Error) {
			return ""
		}
	}
	return job.Error
}

func behindColon(text string) string {
	return colon(oneLine(text))
}
