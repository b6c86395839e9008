package cli

import (
	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/spec"
)

func (a *app) releaseCommand() *cobra.Command {
	const which = `

ID is a workflow id, or the id of a release: the first of ID and release-ID that
exists is taken.`
	return group("release", "Run and list releases, and decide about them",
		a.releaseListCommand(),
		takesAPI(a.runCommand(spec.Release, "run", "Start a release",
			`Start the release that FILE describes, as the workflow release-<id> unless --id
names another. One run at a time has that id; a closed one may run again.`)),
		a.controlCommand(latch.MessageStop, latch.PrefixRelease, "Stop a release, undoing nothing",
			"Stop a running release and undo nothing."+which),
		a.controlCommand(latch.MessageRollback, latch.PrefixRelease, "Roll a release back",
			"Stop a running release and undo the steps taken."+which),
		a.skipCommand("Take a hook out of the decision: its record is then skipped, and decides\nnothing."+which),
	)
}

// skipCommand makes `release skip`.
func (a *app) skipCommand(long string) *cobra.Command {
	skip := latch.Skip{}
	command := takesAPI(&cobra.Command{Use: "skip ID (--lock LOCK | --webhook ID --event EVENT [--step NAME]) --reason TEXT",
		Short: "Take a hook out of the decision", Long: long, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			skip.By = a.byOrUser(skip.By)
			return a.control(cmd.Context(), args[0], latch.PrefixRelease, latch.MessageSkip, skip, new(latch.Skip).Decode)
		}})
	command.Flags().StringVar(&skip.Lock, "lock", "", "the hook's lock")
	command.Flags().StringVar(&skip.Webhook, "webhook", "", "the webhook's id")
	command.Flags().StringVar(&skip.Event, "event", "", "the event")
	command.Flags().StringVar(&skip.Step, "step", "", "the step, where the event is one of a step")
	command.Flags().StringVar(&skip.Reason, "reason", "", "why; required")
	a.byFlag(command, &skip.By)
	return command
}
