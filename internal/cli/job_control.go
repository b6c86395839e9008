package cli

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/registry"
)

func jobStartCommand(e *env) *cobra.Command {
	var watch bool
	command := remote(e, &cobra.Command{Use: "start ID", Short: "Start a registered job", Args: cobra.ExactArgs(1), ValidArgsFunction: completeJob(e),
		Long: `Start a run of a registered job, paused or not, as the workflow job-<ID>. One
runs at a time: where a run is under way, it is named, and the exit code is 1.

With --watch, or --wait, the exit code is that of the work, as job run's is.`},
		func(ctx context.Context, open opener, args []string) error {
			world, err := open(ctx)
			if err != nil {
				return err
			}
			run, err := world.StartJob(ctx, args[0])
			if err != nil {
				return err
			}
			return e.started(ctx, world, run, watch)
		})
	watchFlag(command, &watch)
	command.Flags().BoolVar(&watch, "wait", false, "the same as --watch")
	return command
}

// openRegistry opens a backend and returns its registry.
func openRegistry(ctx context.Context, open opener) (backend.Registry, error) {
	world, err := open(ctx)
	if err != nil {
		return nil, err
	}
	return world.Registry()
}

// jobPauseCommand returns job pause or job resume.
func jobPauseCommand(e *env, use string, paused bool, short, long string) *cobra.Command {
	return remoteNeeding(e, registryOf, &cobra.Command{Use: use + " ID", Short: short, Long: long, Args: cobra.ExactArgs(1), ValidArgsFunction: completeJob(e)},
		func(ctx context.Context, open opener, args []string) error {
			return pauseJob(ctx, open, e.out, args[0], paused)
		})
}

func pauseJob(ctx context.Context, open opener, out *output.Printer, id string, paused bool) error {
	store, err := openRegistry(ctx, open)
	if err != nil {
		return err
	}
	entry, err := store.Pause(ctx, id, paused)
	if err != nil {
		return err
	}
	job := backend.DetailsOf(entry)
	if out.JSON {
		out.Value(job.Job)
		return nil
	}
	schedule := scheduleText(job.Schedule)
	switch {
	case paused:
		out.Printf("%s is paused: it runs only when it is started or triggered\n", output.OneLine(id))
	case schedule == "":
		out.Printf("%s is not paused, and has no schedule: it runs when it is started or triggered\n", output.OneLine(id))
	case len(job.NextTimes) > 0:
		out.Printf("%s runs by itself (%s), next %s\n", output.OneLine(id), schedule, utc(job.NextTimes[0]))
	default:
		out.Printf("%s runs by itself (%s)\n", output.OneLine(id), schedule)
	}
	return nil
}

func jobDeleteCommand(e *env) *cobra.Command {
	var sure bool
	command := remoteNeeding(e, registryOf, &cobra.Command{Use: "delete ID", Short: "Remove a registered job", Args: cobra.ExactArgs(1), ValidArgsFunction: completeJob(e),
		Long: `Remove a registered job. A run under way goes on, and what ran stays. It is
refused while other jobs run after this one.`},
		func(ctx context.Context, open opener, args []string) error {
			return deleteJob(ctx, open, e.out, args[0], sure)
		})
	command.Flags().BoolVarP(&sure, "yes", "y", false, "do not ask")
	return command
}

func deleteJob(ctx context.Context, open opener, out *output.Printer, id string, sure bool) error {
	if !sure && !out.Interactive {
		return failure.New(failure.Usage, "job delete asks on a terminal, and this is none: --yes says that you are sure")
	}
	store, err := openRegistry(ctx, open)
	if err != nil {
		return err
	}
	entry, err := store.Get(ctx, id)
	if err != nil {
		return err
	}
	if !sure && !out.Confirm("Delete job "+strings.TrimSpace(id+" "+registry.RowOf(&entry.Definition).Title)+"?") {
		return failure.New(failure.Refused, "%s was not deleted", id)
	}
	if err := store.Delete(ctx, id); err != nil {
		return err
	}
	if out.JSON {
		out.Value(map[string]any{"id": id, "deleted": true})
		return nil
	}
	out.Printf("deleted %s\n", output.OneLine(id))
	return nil
}

// completeTimeout bounds how long a shell waits for completions.
const completeTimeout = 2 * time.Second

// completeJob returns a function that completes the ids of registered jobs.
func completeJob(e *env) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		jobs, err := jobsToComplete(e, cmd)
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		var ids []cobra.Completion
		for _, job := range jobs {
			ids = append(ids, cobra.CompletionWithDesc(job.ID, output.OneLine(job.Title)))
		}
		return ids, cobra.ShellCompDirectiveNoFileComp
	}
}

func jobsToComplete(e *env, cmd *cobra.Command) ([]backend.Job, error) {
	if err := e.prepare(cmd, false); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), completeTimeout)
	defer cancel()
	world, err := e.open(ctx)
	if err != nil {
		return nil, err
	}
	defer world.Close()
	return world.Jobs(ctx, backend.JobFilter{})
}
