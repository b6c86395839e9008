package cli

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	temporalruns "github.com/latch-run/latch/internal/runs"
)

// controlCommand makes a command that sends stop or rollback to a run.
func (a *app) controlCommand(message, prefix, short, long string) *cobra.Command {
	control := latch.Control{}
	command := takesAPI(&cobra.Command{Use: message + " ID", Short: short, Long: long, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			control.By = a.byOrUser(control.By)
			return a.control(cmd.Context(), args[0], prefix, message, control, new(latch.Control).Decode)
		}})
	command.Flags().StringVar(&control.Reason, "reason", "", "why, for the record")
	a.byFlag(command, &control.By)
	return command
}

func (a *app) byFlag(command *cobra.Command, by *string) {
	command.Flags().StringVar(by, "by", "", "who decides this (default the operating system's user)")
}

func (a *app) byOrUser(by string) string {
	if by == "" {
		return a.userName()
	}
	return by
}

// control sends the message to the run of the id and prints what it answered.
// check holds the argument to its rules before anything is asked of Temporal.
func (a *app) control(ctx context.Context, id, prefix, message string, argument any, check func([]byte) error) error {
	encoded, err := json.Marshal(argument)
	if err != nil {
		return err
	}
	if err := check(encoded); err != nil {
		return err
	}
	if a.api != nil {
		return a.apiControl(ctx, id, prefix, message, argument)
	}
	temporal, err := a.dial(ctx)
	if err != nil {
		return err
	}
	defer temporal.Close()
	workflowID, _, err := resolve(ctx, temporal, id, "", prefix)
	if err != nil {
		return err
	}
	answer, err := update(ctx, temporal, workflowID, message, argument)
	if temporalruns.IsNotFound(err) {
		return newFailure(exitFailed, latch.ErrorTooLate, "%s has closed already; see what it came to with: starter status %s", workflowID, shell(workflowID))
	}
	if err != nil {
		return err
	}
	a.printAnswer(workflowID, message, answer)
	return nil
}

// update sends an update and waits for its answer.
func update(ctx context.Context, temporal temporalClient, workflowID, name string, argument any) (json.RawMessage, error) {
	var answer json.RawMessage
	if err := runsOf(temporal).Update(ctx, "", workflowID, name, argument, &answer); err != nil {
		return nil, unanswered(ctx, temporal, err, workflowID)
	}
	return answer, nil
}

// printAnswer prints the record that an update answered with, or that it was
// accepted.
func (a *app) printAnswer(workflowID, message string, answer json.RawMessage) {
	if a.json() {
		if len(answer) == 0 {
			answer = json.RawMessage("null")
		}
		a.printJSON(map[string]any{"workflow_id": workflowID, "message": message, "answer": answer})
		return
	}
	var answered latch.Released
	if json.Unmarshal(answer, &answered) != nil || answered.DeliveryID == "" {
		a.printf("%s accepted by %s\n", message, printable(workflowID))
		return
	}
	a.printRecord(&answered.Record)
	if answered.Unchanged {
		a.printf("nothing was changed: the lock was removed before\n")
	}
}

// printRecord prints one record in a line.
func (a *app) printRecord(record *latch.Record) {
	var texts []string
	for _, c := range recordLine(record) {
		texts = append(texts, c.show(a.colour()))
	}
	a.printf("%s\n", strings.Join(texts, "  "))
}
