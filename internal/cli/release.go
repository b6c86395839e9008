package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/spec"
)

func releaseCommand(e *env) *cobra.Command {
	const which = `

ID is a workflow id, or the id of a release: the first of ID and release-ID that
exists is taken.`
	return group("release", "Run and list releases, and decide about them",
		releaseListCommand(e),
		runCommand(e, spec.Release, "run", "Start a release",
			`Start the release that FILE describes, as the workflow release-<id> unless --id
names another. One run at a time has that id; a closed one may run again.`),
		releasePlanCommand(e),
		controlCommand(e, latch.MessageStop, latch.ReleaseKind, "Stop a release, undoing nothing",
			"Stop a running release and undo nothing."+which),
		controlCommand(e, latch.MessageRollback, latch.ReleaseKind, "Roll a release back",
			"Stop a running release and undo the steps taken."+which),
		releaseTurnsCommand(e),
		retryCommand(e, "Take a failed step again, of a release that pauses at failures (on_failure:\npause)."+which),
		skipCommand(e, latch.ReleaseKind, "Take a hook out of the decision, or skip a failed step",
			`Take a hook out of the decision: its record is then skipped, and decides nothing.
With --step alone a release that pauses at failures (on_failure: pause) goes on
without that failed step.`+which),
	)
}

// retryCommand returns `release retry`.
func retryCommand(e *env, long string) *cobra.Command {
	c := controller{e, latch.ReleaseKind, latch.MessageRetry}
	retry := latch.StepRetry{}
	command := remote(e, &cobra.Command{Use: "retry ID", Short: "Take a failed step again", Long: long, Args: cobra.ExactArgs(1)},
		func(ctx context.Context, open opener, args []string) error {
			retry.By = byOrUser(e, retry.By)
			return c.send(ctx, open, args[0], retry, new(latch.StepRetry).Decode)
		})
	command.Flags().StringVar(&retry.Step, "step", "", "the step; may be left out where one failed step alone waits")
	command.Flags().StringVar(&retry.Reason, "reason", "", "why, for the record")
	byFlag(command, &retry.By)
	return command
}

// skipCommand returns `release skip` or `gate skip`. A gate has no steps.
func skipCommand(e *env, kind latch.Kind, short, long string) *cobra.Command {
	c := controller{e, kind, latch.MessageSkip}
	skip := latch.Skip{}
	use := "skip ID (--lock LOCK | --webhook ID --event EVENT) --reason TEXT"
	if kind == latch.ReleaseKind {
		use = "skip ID (--lock LOCK | --webhook ID --event EVENT [--step NAME] | --step NAME) --reason TEXT"
	}
	command := remote(e, &cobra.Command{Use: use, Short: short, Long: long, Args: cobra.ExactArgs(1)},
		func(ctx context.Context, open opener, args []string) error {
			skip.By = byOrUser(e, skip.By)
			return c.send(ctx, open, args[0], skip, new(latch.Skip).Decode)
		})
	command.Flags().StringVar(&skip.Lock, "lock", "", "the hook's lock")
	command.Flags().StringVar(&skip.Webhook, "webhook", "", "the webhook's id")
	command.Flags().StringVar(&skip.Event, "event", "", "the event")
	if kind == latch.ReleaseKind {
		command.Flags().StringVar(&skip.Step, "step", "", "the step, where the event is one of a step; alone, the failed step")
	}
	command.Flags().StringVar(&skip.Reason, "reason", "", "why; required")
	byFlag(command, &skip.By)
	return command
}
