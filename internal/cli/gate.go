package cli

import (
	"context"

	"github.com/spf13/cobra"

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

With --wait=false it is only started, and 0 does not say that it lets pass.`},
		func(ctx context.Context, open opener, args []string) error { return s.run(ctx, open, args[0]) })
	command.Flags().StringVar(&s.workflowID, "id", "", "workflow id (default gate-<id of the gate>, or gate-<UUID>)")
	command.Flags().BoolVar(&s.watch, "wait", true, "wait for the decision")
	command.AddCommand(gateListCommand(e))
	return command
}
