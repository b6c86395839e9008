package cli

import (
	"context"
	"encoding/json"
	"time"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	temporalruns "github.com/latch-run/latch/internal/runs"
)

// anyPrefix is where status, history and watch look for an id.
var anyPrefix = []string{"", latch.PrefixJobRun, latch.PrefixRelease, latch.PrefixEmission}

const anyID = `

ID is a workflow id, or the id of a job, release or emission: the first of ID,
job-ID, release-ID and emit-ID that exists is taken.`

func (a *app) statusCommand() *cobra.Command {
	return takesAPI(&cobra.Command{Use: "status ID", Short: "Show where a run stands", Args: cobra.ExactArgs(1),
		Long: `Show where a run stands and which locks it waits for, as a worker answers, and
of a closed run how it ended; with --output json that is the key "closed".` + anyID,
		RunE: func(cmd *cobra.Command, args []string) error { return a.status(cmd.Context(), args[0]) }})
}

func (a *app) historyCommand() *cobra.Command {
	var wanted latch.HistoryQuery
	command := takesAPI(&cobra.Command{Use: "history ID", Short: "Show a run's webhook history", Args: cobra.ExactArgs(1),
		Long: "Show the records of a run's webhooks, oldest first, as a worker answers, for a\nclosed run too." + anyID,
		RunE: func(cmd *cobra.Command, args []string) error { return a.history(cmd.Context(), args[0], wanted) }})
	command.Flags().StringVar(&wanted.Webhook, "webhook", "", "only this webhook's")
	command.Flags().StringVar(&wanted.Event, "event", "", "only this event's")
	command.Flags().StringVar(&wanted.After, "after", "", "only those after the record of this delivery id")
	command.Flags().IntVar(&wanted.Limit, "limit", 0, "at most so many; 0 is no limit")
	return command
}

func (a *app) status(ctx context.Context, id string) error {
	if a.api != nil {
		return a.apiStatus(ctx, id)
	}
	temporal, err := a.dial(ctx)
	if err != nil {
		return err
	}
	defer temporal.Close()
	workflowID, info, err := resolve(ctx, temporal, id, anyPrefix...)
	if err != nil {
		return err
	}
	var end *closed
	if isClosed(info) {
		if end, err = endOf(ctx, temporal, workflowID); err != nil {
			return err
		}
	}
	var answer json.RawMessage
	err = query(ctx, temporal, workflowID, latch.QueryStatus, &answer)
	switch {
	case err != nil && end != nil && !interrupted(ctx):
		answer, err = end.standIn() // its result tells, where no worker does
	case temporalruns.IsNotBegun(err):
		err = notBegun(workflowID, info)
	}
	if err != nil {
		return err
	}
	return a.showStatus(workflowID, answer, end)
}

func (a *app) showStatus(workflowID string, answer json.RawMessage, end *closed) error {
	var status latch.Status
	if err := json.Unmarshal(answer, &status); err != nil {
		return newFailure(exitFailed, kindFailed, "%s answers no status of Latch: %v", workflowID, err)
	}
	if !a.json() {
		if end != nil {
			end.settle(&status)
		}
		a.printStatus(workflowID, &status)
		if end != nil {
			a.printClosed(end)
		}
		return nil
	}
	if end == nil {
		a.printJSON(answer)
		return nil
	}
	extended, err := withKey(answer, "closed", end)
	if err != nil {
		return err
	}
	a.printJSON(extended)
	return nil
}

func (a *app) printStatus(workflowID string, status *latch.Status) {
	a.printf("%s: %s\n", printable(workflowID), printable(status.Status))
	if status.Phase != "" {
		a.printf("  phase: %s\n", oneLine(phaseOf(status)))
	}
	printSteps(a.out, status.Steps)
	for _, lock := range status.Locks {
		a.printf("  lock of %s at %s, since %s%s\n    remove it with: %s\n", oneLine(lock.Webhook), lock.Event,
			lock.Since.Format(time.RFC3339), until(lock), removal(printable(lock.Token)))
	}
	for _, rejected := range status.Rejected {
		a.printf("  refused: signal %s: %s\n", oneLine(rejected.Name), oneLine(rejected.Error))
	}
}

// printClosed prints how the run ended, below its status.
func (a *app) printClosed(end *closed) {
	for _, line := range []struct{ name, text string }{
		{"error", oneLine(end.Error)}, {"reason", oneLine(end.Reason)}, {"decided by", decidedBy(end.DecidedBy)},
	} {
		if line.text != "" {
			a.printf("  %s: %s\n", line.name, line.text)
		}
	}
}

// phaseOf tells what the run is at, with the event and step where there are.
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

func until(lock latch.OpenLock) string {
	if lock.Until.IsZero() {
		return ""
	}
	text := ", until " + lock.Until.Format(time.RFC3339)
	if lock.OnTimeout != "" {
		text += " (then " + lock.OnTimeout + ")"
	}
	return text
}

func (a *app) history(ctx context.Context, id string, wanted latch.HistoryQuery) error {
	encoded, err := json.Marshal(wanted)
	if err != nil {
		return err
	}
	if err := new(latch.HistoryQuery).Decode(encoded); err != nil {
		return err
	}
	if a.api != nil {
		return a.apiHistory(ctx, id, wanted)
	}
	temporal, err := a.dial(ctx)
	if err != nil {
		return err
	}
	defer temporal.Close()
	workflowID, info, err := resolve(ctx, temporal, id, anyPrefix...)
	if err != nil {
		return err
	}
	var answer json.RawMessage
	if err := query(ctx, temporal, workflowID, latch.QueryHistory, &answer, wanted); err != nil {
		if temporalruns.IsNotBegun(err) {
			return notBegun(workflowID, info)
		}
		return err
	}
	return a.showHistory(workflowID, answer)
}

func (a *app) showHistory(workflowID string, answer json.RawMessage) error {
	if a.json() {
		a.printJSON(answer)
		return nil
	}
	var records []latch.Record
	if err := json.Unmarshal(answer, &records); err != nil {
		return newFailure(exitFailed, kindFailed, "%s answers no webhook history: %v", workflowID, err)
	}
	recordTable(records).write(a.out, a.terminal, a.colour())
	return nil
}
