package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/runs"
	"github.com/latch-run/latch/internal/spec"
)

// A starter starts the content of a file.
type starter struct {
	*env
	kind       spec.Kind
	workflowID string
	watch      bool
}

// runCommand returns the command that starts a file of the kind.
func runCommand(e *env, kind spec.Kind, use, short, long string) *cobra.Command {
	s := &starter{env: e, kind: kind}
	command := remote(e, &cobra.Command{Use: use + " FILE", Short: short, Long: long, Args: cobra.ExactArgs(1)},
		func(ctx context.Context, open opener, args []string) error { return s.run(ctx, open, args[0]) })
	command.Flags().StringVar(&s.workflowID, "id", "", "workflow id (default "+kind.WorkflowID("")+"<id of the "+string(kind)+">)")
	watchFlag(command, &s.watch)
	return command
}

func watchFlag(command *cobra.Command, watch *bool) {
	command.Flags().BoolVarP(watch, "watch", "w", false, "show progress until the run ends; Ctrl-C stops watching, not the run")
}

func (s *starter) run(ctx context.Context, open opener, file string) error {
	input, err := load(s.out.In, file, s.kind)
	if err != nil {
		return err
	}
	for _, warning := range input.warnings {
		s.out.Warnf("%s: %s", file, warning)
	}
	return s.start(ctx, open, input)
}

func (s *starter) start(ctx context.Context, open opener, input *checked) error {
	world, err := open(ctx)
	if err != nil {
		return err
	}
	run, err := world.Start(ctx, backend.Start{Kind: s.kind, Input: input.data, ID: input.id, Title: input.title,
		WorkflowID: s.workflowID, Watch: s.watch})
	if err != nil {
		return input.refused(err)
	}
	return s.started(ctx, world, run, s.watch)
}

// started watches the run that was started, or prints its ids.
func (e *env) started(ctx context.Context, world backend.Runs, run *backend.Run, watch bool) error {
	if watch {
		return follow(ctx, e.out, e.pollInterval, run)
	}
	if e.out.JSON {
		e.out.Value(runs.Outcome{WorkflowID: run.WorkflowID, RunID: run.RunID, Status: latch.JobRunning})
	} else {
		e.out.Printf("Started %s\n  run: %s\n", run.WorkflowID, run.RunID)
		if hint := e.watchHint(run); hint != "" {
			e.out.Printf("  watch: %s\n", hint)
		}
	}
	if world.Unpolled(ctx, run.TaskQueue) {
		e.out.Warnf("no worker polls the task queue %q, and %s does nothing until one does", run.TaskQueue, run.WorkflowID)
	}
	return nil
}
