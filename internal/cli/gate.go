package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/spec"
)

func gateCommand(e *env) *cobra.Command {
	s := &starter{env: e, kind: spec.Gate}
	command := remote(e, &cobra.Command{Use: "gate FILE", Short: "Ask a gate, and wait for its decision", Args: cobra.ExactArgs(1),
		Long: `Ask the gate that FILE describes, as the workflow gate-<id> unless --id names
another, show its progress, and wait for its decision. Ctrl-C stops waiting, and
leaves the gate open.

Exit codes:
  0  the gate lets pass
  1  it ended without a decision, such as one that was cancelled or terminated
  2  the file is wrong, or the gate was refused
  3  Temporal, the API, or a worker was out of reach
  4  the gate decided stop or rollback; --output json says which, and why
  5  interrupted; the gate stays open

With --wait=false it is only started, and 0 does not say that it lets pass. The file
of a gate that is named like one of the commands below, such as list, is ./list.`},
		func(ctx context.Context, open opener, args []string) error { return s.run(ctx, open, args[0]) })
	command.Flags().StringVar(&s.workflowID, "id", "", "workflow id (default gate-<id of the gate>, or gate-<UUID>)")
	command.Flags().BoolVar(&s.watch, "wait", true, "wait for the decision")
	const which = `

ID is a workflow id, or the id of a gate: the first of ID and gate-ID that exists is
taken.`
	command.AddCommand(gateListCommand(e),
		controlCommand(e, latch.MessageStop, latch.GateKind, "Stop at an open gate",
			"Decide an open gate with stop, whatever its hooks say: it lets nobody pass."+which),
		controlCommand(e, latch.MessageRollback, latch.GateKind, "Have an open gate ask for a rollback",
			"Decide an open gate with rollback, whatever its hooks say: it lets nobody pass, and\nwhoever asked is told to roll back."+which),
		skipCommand(e, latch.GateKind, "Take a hook out of a gate's decision",
			"Take a hook out of the decision: its record is then skipped, and decides nothing."+which))
	return command
}
