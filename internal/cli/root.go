package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch/internal/typo"
)

const rootHelp = `starter starts jobs, releases and emissions of Latch on a Temporal server,
watches them, decides about them, and checks their files without a server.

The connection to Temporal comes from the ecosystem's own settings:
TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS_… or a
profile (TEMPORAL_PROFILE). Files are YAML or JSON; - is standard input.

With --api URL, or LATCH_API, commands speak to the HTTP API that starter serve
offers in place of Temporal, and bear the key that LATCH_API_KEY has: release,
emit, lock, webhook list, job list, show, start and stop, deliveries, and status,
history and watch of releases.

Exit codes:
  0  done; with --watch: the job succeeded, the release was released, the
     emission ended; deliveries that failed do not change it
  1  the run failed or was cancelled, or what was asked was refused
  2  wrong usage, or an input that validation refuses
  3  Temporal, the API, or a worker that had to answer, was out of reach or
     lets nobody of this name in
  4  the release was stopped or rolled back
  5  interrupted; a run that was started goes on`

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "starter",
		Short:         "Start, watch and decide about Latch's jobs and releases",
		Long:          rootHelp,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          knownCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return a.prepare(cmd)
		},
	}
	root.PersistentFlags().StringVarP(&a.output, "output", "o", "text", "what to print: text or json (standard output is that JSON alone)")
	root.PersistentFlags().String("task-queue", "", "task queue of Latch's worker (LATCH_TASK_QUEUE, else latch)")
	root.PersistentFlags().String("api", "", "speak to the HTTP API at this URL, and not to Temporal (LATCH_API; its key is LATCH_API_KEY)")
	root.SetFlagErrorFunc(flagError)
	root.SetHelpCommand(helpCommand())
	root.AddCommand(a.jobCommand(), a.releaseCommand(), a.emitCommand(), a.lockCommand(), a.watchCommand(),
		a.statusCommand(), a.historyCommand(), a.deliveriesCommand(), a.serveCommand(), a.webhookCommand(), a.rulesCommand(), a.codecCommand(), a.validateCommand(), a.doctorCommand(), a.schemaCommand(), a.versionCommand())
	return root
}

// prepare reads what every command needs, before any of them runs.
func (a *app) prepare(cmd *cobra.Command) error {
	if a.output != "text" && a.output != "json" {
		return fmt.Errorf("--output is text or json, not %q%s", a.output, typo.Hint(a.output, []string{"text", "json"}))
	}
	var err error
	if a.settings, err = readSettings(a.environ); err != nil {
		return err
	}
	if queue, _ := cmd.Flags().GetString("task-queue"); queue != "" {
		a.settings.TaskQueue, a.settings.givenQueue = queue, queue
	}
	if err := a.prepareAPI(cmd); err != nil {
		return err
	}
	if cmd.Annotations[apiAnnotation] != "" { // it goes by the environment
		a.warnOfUnknown(false)
	}
	a.ran = true
	return nil
}

// group is a command that only holds others.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	command := &cobra.Command{Use: use, Short: short, Args: knownCommand, RunE: func(cmd *cobra.Command, _ []string) error {
		return usageError(fmt.Errorf("%s needs a command\nRun '%s --help' for usage", cmd.CommandPath(), cmd.CommandPath()))
	}}
	command.AddCommand(commands...)
	return command
}
