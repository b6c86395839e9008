package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/user"
	"time"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/buildinfo"
	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/typo"
)

// A program is one run of the command line.
type program struct {
	env
	// format is the value of --output.
	format string
	// ran reports that a command's own code began. An earlier error is one of usage.
	ran bool
}

// Run runs the command line of the process with the arguments, and returns its exit code. It
// stops early if the context ends.
func Run(ctx context.Context, args []string) int { return newProgram().run(ctx, args) }

func newProgram() *program {
	return &program{env: env{
		out:          &output.Printer{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Terminal: isTerminal(os.Stdout), Interactive: isTerminal(os.Stdin)},
		environ:      os.Environ(),
		dial:         backend.Dial,
		pollInterval: time.Second,
		userName:     userName,
	}}
}

func isTerminal(file *os.File) bool {
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// userName returns the name of the operating system's user, for --by.
func userName() string {
	current, err := user.Current()
	if err != nil {
		return os.Getenv("USER")
	}
	return current.Username
}

// run runs the command line and returns its exit code.
func (p *program) run(ctx context.Context, args []string) int {
	root := p.rootCommand()
	root.SetArgs(args)
	root.SetIn(p.out.In)
	root.SetOut(p.out.Out)
	root.SetErr(p.out.Err)
	addCompletion(root)
	command, err := root.ExecuteContextC(ctx)
	var unsupported *backend.UnsupportedError
	switch {
	case err == nil:
		return failure.ExitOK
	case !p.ran:
		err = misused(command, "%v", err)
	case errors.As(err, &unsupported):
		err = misused(command, "%s speaks to Temporal alone, and not to the API that %s gives; --api '' leaves the API out",
			command.CommandPath(), p.apiFrom)
	case failure.IsInterrupted(ctx) && failure.IsUnanswered(err):
		err = ctx.Err() // and not because of an unreachable server
	}
	return p.report(err)
}

// misused returns the failure of a command that was called wrongly, with a reference to its
// help.
func misused(command *cobra.Command, format string, arguments ...any) *failure.Error {
	return failure.New(failure.Usage, "%s\nRun '%s --help' for usage", fmt.Sprintf(format, arguments...), command.CommandPath())
}

// report prints an error and returns its exit code. With --output json it also prints an object
// on standard output, unless the command has printed one.
func (p *program) report(err error) int {
	p.out.JSON = p.format == "json"
	failed := failure.Explain(err)
	var record latch.Record
	if !p.out.JSON && json.Unmarshal(failed.Record, &record) == nil && record.DeliveryID != "" {
		printRecord(p.out, &record) // the standing record of a lock that was removed before
	}
	if failed.Text != "" {
		fmt.Fprintln(p.out.Err, "Error: "+output.Printable(failed.Text))
	}
	if p.out.JSON && !failed.Printed {
		p.out.Value(map[string]any{"error": failed})
	}
	return failed.ExitCode()
}

const rootHelp = `starter starts jobs, releases and emissions of Latch on a Temporal server,
watches them, decides about them, and checks their files without a server.

The connection to Temporal comes from the ecosystem's own settings:
TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS_… or a
profile (TEMPORAL_PROFILE). Files are YAML or JSON; - is standard input.

With --api URL, or LATCH_API, commands call the HTTP API of starter serve instead
of Temporal, with the API key in LATCH_API_KEY: release, emit, gate, lock, watches,
freeze, webhook list, job list, show, start and stop, deliveries, audit, and status,
history and watch of releases.

Exit codes:
  0  done; with --watch: the job succeeded, the release was released, the
     gate lets pass, the emission ended; deliveries that failed do not change it
  1  the run failed or was cancelled, or what was asked was refused
  2  wrong usage, or an input that validation refuses
  3  Temporal, the API, or a worker that had to answer, was out of reach or
     rejected the credentials
  4  the release was stopped or rolled back, or the gate did not let pass
  5  interrupted; a run that was started goes on
  6  apply --dry-run found something to change`

func (p *program) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:               "starter",
		Short:             "Start, watch and decide about Latch's jobs and releases",
		Long:              rootHelp,
		SilenceErrors:     true,
		SilenceUsage:      true,
		Version:           buildinfo.Read().String(),
		Args:              knownCommand,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return p.prepare(cmd) },
	}
	root.PersistentFlags().StringVarP(&p.format, "output", "o", "text", "what to print: text or json (standard output is that JSON alone)")
	completeFlag(root, "output", "text", "json")
	root.PersistentFlags().String("task-queue", "", "task queue of Latch's worker (LATCH_TASK_QUEUE, else latch)")
	root.PersistentFlags().String("api", "", "speak to the HTTP API at this URL, and not to Temporal (LATCH_API; its key is LATCH_API_KEY)")
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(flagError)
	root.SetHelpCommand(helpCommand())
	e := &p.env
	root.AddCommand(jobCommand(e), releaseCommand(e), emitCommand(e), gateCommand(e), lockCommand(e), watchCommand(e),
		statusCommand(e), historyCommand(e), deliveriesCommand(e), serveCommand(e), webhookCommand(e), watchesCommand(e),
		freezeCommand(e), rulesCommand(e), codecCommand(e), validateCommand(e), doctorCommand(e), setupCommand(e),
		schemaCommand(e), applyCommand(e), exportCommand(e), evidenceCommand(e), auditCommand(e), versionCommand(e))
	return root
}

// prepare reads what every command needs, before any of them runs.
func (p *program) prepare(cmd *cobra.Command) error {
	if p.format != "text" && p.format != "json" {
		return fmt.Errorf("--output is text or json, not %q%s", p.format, typo.Hint(p.format, []string{"text", "json"}))
	}
	if err := p.env.prepare(cmd, p.format == "json"); err != nil {
		return err
	}
	p.ran = true
	return nil
}

// group returns a command that only has subcommands.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	command := &cobra.Command{Use: use, Short: short, Args: knownCommand, RunE: func(cmd *cobra.Command, _ []string) error {
		return misused(cmd, "%s needs a command", cmd.CommandPath())
	}}
	command.AddCommand(commands...)
	return command
}
