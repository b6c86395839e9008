package cli

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/cli/output"
)

// A controller sends a message to the run that an id refers to.
type controller struct {
	*env
	// kind is the kind of runs whose ids may be given without their prefix.
	kind    latch.Kind
	message string
}

// controlCommand returns a command that sends stop or rollback to a run.
func controlCommand(e *env, message string, kind latch.Kind, short, long string) *cobra.Command {
	c := controller{e, kind, message}
	control := latch.Control{}
	command := remote(e, &cobra.Command{Use: message + " ID", Short: short, Long: long, Args: cobra.ExactArgs(1)},
		func(ctx context.Context, open opener, args []string) error {
			control.By = byOrUser(e, control.By)
			return c.send(ctx, open, args[0], control, new(latch.Control).Decode)
		})
	command.Flags().StringVar(&control.Reason, "reason", "", "why, for the record")
	byFlag(command, &control.By)
	return command
}

func byFlag(command *cobra.Command, by *string) {
	command.Flags().StringVar(by, "by", "", "who decides this (default the operating system's user)")
}

func byOrUser(e *env, by string) string {
	if by == "" {
		return e.userName()
	}
	return by
}

// send sends the message and prints the run's answer. check validates the argument before
// anything is sent.
func (c *controller) send(ctx context.Context, open opener, id string, argument any, check func([]byte) error) error {
	encoded, err := json.Marshal(argument)
	if err != nil {
		return err
	}
	if err := check(encoded); err != nil {
		return err
	}
	world, err := open(ctx)
	if err != nil {
		return err
	}
	answer, err := world.Send(ctx, c.kind, id, c.message, argument)
	if err != nil {
		return err
	}
	printAnswer(c.out, c.message, answer)
	return nil
}

// printAnswer prints the record that a run answered with, or that it accepted the message.
func printAnswer(out *output.Printer, message string, answer *backend.Answer) {
	if out.JSON {
		body := answer.Body
		if len(body) == 0 {
			body = json.RawMessage("null")
		}
		out.Value(map[string]any{"workflow_id": answer.WorkflowID, "message": message, "answer": body})
		return
	}
	var answered latch.Released
	if json.Unmarshal(answer.Body, &answered) != nil || answered.DeliveryID == "" {
		out.Printf("%s accepted by %s\n", message, output.Printable(answer.WorkflowID))
		return
	}
	printRecord(out, &answered.Record)
	switch {
	case len(answered.Missing) > 0:
		printVotes(out, answered.Approvals, answered.Missing)
	case answered.Unchanged:
		out.Printf("nothing was changed: the lock was removed before\n")
	}
}

// printRecord prints one record in one line.
func printRecord(out *output.Printer, record *latch.Record) {
	var texts []string
	for _, cell := range recordLine(record) {
		texts = append(texts, out.Show(cell))
	}
	out.Printf("%s\n", strings.Join(texts, "  "))
}
