package cli

import (
	"github.com/spf13/cobra"

	"github.com/latch-run/latch/internal/spec"
)

func emitCommand(e *env) *cobra.Command {
	command := runCommand(e, spec.Emission, "emit", "Fire a custom event",
		`Fire the custom event that FILE describes, as the workflow emit-<id> unless
--id names another; an emission without an id gets emit-<a new UUID>.

With --watch the exit code is 0 once all hooks have ended. Deliveries that failed
do not change it; their number is printed.`)
	command.Flags().Lookup("id").Usage = "workflow id (default emit-<id of the emission>, or emit-<UUID>)"
	return command
}
