package cli

import (
	"fmt"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/runs"
)

// exitCode returns the exit code for the outcome of a run.
func exitCode(outcome *runs.Outcome) int {
	switch {
	case outcome.Invalid:
		return failure.ExitUsage
	case outcome.Status == latch.JobSucceeded, outcome.Status == latch.ReleaseReleased, outcome.Status == latch.GatePassed, outcome.Status == runs.StatusCompleted:
		return failure.ExitOK
	case outcome.Status == latch.ReleaseStopped, outcome.Status == latch.ReleaseRolledBack:
		return failure.ExitNotReleased
	default:
		return failure.ExitFailed
	}
}

// printOutcome prints the end of a watched run, on a terminal with the table of its records.
func printOutcome(out *output.Printer, outcome *runs.Outcome, records []latch.Record) {
	if out.JSON {
		out.Value(outcome)
		return
	}
	result := outcome.Read()
	if len(result.History) > 0 {
		records = result.History
	}
	if out.Terminal && len(records) > 0 {
		out.Printf("\n")
		out.Table(recordTable(records))
		out.Printf("\n")
	}
	colour := output.Green
	if exitCode(outcome) != failure.ExitOK {
		colour = output.Red
	}
	out.Printf("%s: %s\n", output.Printable(outcome.WorkflowID), out.Show(colour.In(outcome.Status)))
	if outcome.Error != "" {
		out.Printf("  error: %s\n", output.Printable(outcome.Error))
	}
	printLines(out, [][2]string{{"reason", result.Reason}, {"decided by", decidedBy(result.DecidedBy)}})
	if sent, failed := countDeliveries(records); failed > 0 {
		out.Printf("  %s\n", out.Show(output.Red.In(fmt.Sprintf("%d of %d deliveries failed", failed, sent))))
	}
	printSteps(out, result.Steps)
	printJobs(out, "  ", result.Jobs)
}

// countDeliveries counts the records of deliveries, and those that failed to be sent. A hook
// whose endpoint accepted the delivery may still have failed because of the answer. A hook that
// only made a lock sent nothing.
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
		text := fmt.Sprintf("webhook %s at %s", output.OneLine(by.Webhook), by.Event)
		if by.By != "" {
			text += " (" + output.OneLine(by.Person()) + ")"
		}
		return text
	default:
		return output.OneLine(by.Person())
	}
}

func printSteps(out *output.Printer, steps []latch.StepResult) {
	for _, step := range steps {
		out.Printf("  step %s: %s%s\n", output.OneLine(step.Name), step.Status, behindColon(step.Error))
	}
}

func printJobs(out *output.Printer, indent string, jobs []latch.JobResult) {
	for _, job := range jobs {
		out.Printf("%sjob %s: %s%s\n", indent, output.OneLine(job.ID), job.Status, behindColon(ownError(&job)))
		printJobs(out, indent+"  ", job.Jobs)
	}
}

// ownError returns a job's error, or "" if one of its own jobs shows it.
func ownError(job *latch.JobResult) string {
	for _, each := range job.Jobs {
		if each.Error != "" && strings.HasSuffix(job.Error, each.Error) {
			return ""
		}
	}
	return job.Error
}

func behindColon(text string) string {
	return output.Colon(output.OneLine(text))
}
