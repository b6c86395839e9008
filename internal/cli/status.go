package cli

import (
	"context"
	"encoding/json"
	"time"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/runs"
)

const anyID = `

ID is a workflow id, or the id of a job, release, emission or gate: the first of
ID, job-ID, release-ID, emit-ID and gate-ID that exists is taken.`

func statusCommand(e *env) *cobra.Command {
	return remote(e, &cobra.Command{Use: "status ID", Short: "Show where a run stands", Args: cobra.ExactArgs(1),
		Long: `Show where a run stands and which locks it waits for, as a worker answers, and how
a closed run ended, which is the key "closed" with --output json.` + anyID},
		func(ctx context.Context, open opener, args []string) error {
			world, err := open(ctx)
			if err != nil {
				return err
			}
			status, err := world.Status(ctx, args[0])
			if err != nil {
				return err
			}
			return showStatus(e.out, status)
		})
}

func showStatus(out *output.Printer, shown *backend.Status) error {
	var status latch.Status
	if err := json.Unmarshal(shown.Body, &status); err != nil {
		return failure.New(failure.Failed, "%s answers no status of Latch: %v", shown.WorkflowID, err)
	}
	switch {
	case out.JSON && shown.End == nil:
		out.Value(shown.Body)
	case out.JSON:
		out.Value(rawjson.With(shown.Body, "closed", shown.End))
	case shown.End == nil:
		printStatus(out, shown.WorkflowID, &status)
	default:
		settle(&status, shown.End)
		printStatus(out, shown.WorkflowID, &status)
		printEnd(out, shown.End)
	}
	return nil
}

// settle removes outdated fields from the status of a closed run: a terminated run answers with
// its state at that moment.
func settle(status *latch.Status, end *backend.End) {
	if status.Status == latch.JobRunning {
		status.Status = end.Status
	}
	status.Phase, status.Locks, status.Undecided, status.Paused, status.Turn = "", nil, nil, nil, nil
	for i := range status.Steps {
		status.Steps[i].Settle()
	}
}

func printStatus(out *output.Printer, workflowID string, status *latch.Status) {
	out.Printf("%s: %s\n", output.Printable(workflowID), output.Printable(status.Status))
	if status.Phase != "" {
		out.Printf("  phase: %s\n", output.OneLine(phaseOf(status)))
	}
	if turn := status.Turn; turn != nil && turn.HeldBy != nil {
		out.Printf("  waits for its turn: %s has the concurrency key %s, and %d wait before this one\n",
			output.Printable(turn.HeldBy.WorkflowID), output.OneLine(turn.Key), turn.Ahead)
	}
	printSteps(out, status.Steps)
	for _, paused := range status.Paused {
		out.Printf("  step %s has failed and waits for somebody, since %s\n    decide with: starter release retry|skip|stop|rollback %s\n",
			output.OneLine(paused.Step), paused.Since.Format(time.RFC3339), output.Shell(workflowID))
	}
	for _, lock := range status.Locks {
		out.Printf("  lock of %s at %s, since %s%s\n    remove it with: %s\n", output.OneLine(lock.Webhook), lock.Event,
			lock.Since.Format(time.RFC3339), until(lock.Until, lock.OnTimeout), removal(output.Printable(lock.Token)))
	}
	for _, wait := range runs.WaitsOf(&latch.Status{Undecided: status.Undecided}) {
		out.Printf("  waits for %s at %s, since %s%s\n", output.OneLine(wait.What()), wait.Event, wait.Since.Format(time.RFC3339),
			until(wait.Until, wait.OnTimeout))
	}
	for _, rejected := range status.Rejected {
		out.Printf("  refused: signal %s: %s\n", output.OneLine(rejected.Name), output.OneLine(rejected.Error))
	}
}

// printEnd prints how the run ended, below its status.
func printEnd(out *output.Printer, end *backend.End) {
	printLines(out, [][2]string{{"error", end.Error}, {"reason", end.Reason}, {"decided by", decidedBy(end.DecidedBy)}})
}

// phaseOf returns the phase, with the event and the step if it has them.
func phaseOf(status *latch.Status) string {
	text := status.Phase
	if status.Event != "" && status.Event != status.Phase {
		text += " " + status.Event
	}
	if status.Step != "" {
		text += " (" + status.Step + ")"
	}
	return text
}

// until returns when a wait ends by itself and the decision at that time, or "" if it never does.
func until(end latch.Time, decision string) string {
	if end.IsZero() {
		return ""
	}
	text := ", until " + end.Format(time.RFC3339)
	if decision != "" {
		text += " (then " + decision + ")"
	}
	return text
}

func historyCommand(e *env) *cobra.Command {
	var wanted latch.HistoryQuery
	command := remote(e, &cobra.Command{Use: "history ID", Short: "Show a run's webhook history", Args: cobra.ExactArgs(1),
		Long: "Show the records of a run's webhooks, oldest first, as a worker answers, for a\nclosed run too." + anyID},
		func(ctx context.Context, open opener, args []string) error {
			return showHistory(ctx, open, e.out, args[0], wanted)
		})
	command.Flags().StringVar(&wanted.Webhook, "webhook", "", "only this webhook's")
	command.Flags().StringVar(&wanted.Event, "event", "", "only this event's")
	command.Flags().StringVar(&wanted.After, "after", "", "only those after the record of this delivery id")
	command.Flags().IntVar(&wanted.Limit, "limit", 0, "at most so many; 0 is no limit")
	return command
}

func showHistory(ctx context.Context, open opener, out *output.Printer, id string, wanted latch.HistoryQuery) error {
	encoded, err := json.Marshal(wanted)
	if err != nil {
		return err
	}
	if err := new(latch.HistoryQuery).Decode(encoded); err != nil {
		return err
	}
	world, err := open(ctx)
	if err != nil {
		return err
	}
	history, err := world.History(ctx, id, wanted)
	if err != nil {
		return err
	}
	if out.JSON {
		out.Value(history.Body)
		return nil
	}
	var records []latch.Record
	if err := json.Unmarshal(history.Body, &records); err != nil {
		return failure.New(failure.Failed, "%s answers no webhook history: %v", history.WorkflowID, err)
	}
	out.Table(recordTable(records))
	return nil
}
