package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch/internal/registry"
)

func (a *app) jobStartCommand() *cobra.Command {
	var watch bool
	command := takesAPI(&cobra.Command{Use: "start ID", Short: "Start a registered job", Args: cobra.ExactArgs(1), ValidArgsFunction: a.completeJob,
		Long: `Start a run of a registered job, paused or not, as the workflow job-<ID>. One
runs at a time: where a run is under way, it is named, and the exit code is 1.

With --watch, or --wait, the exit code tells of the work, as job run's does.`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.startJob(cmd.Context(), args[0], watch) }})
	command.Flags().BoolVarP(&watch, "watch", "w", false, "show progress until the run ends; Ctrl-C stops watching, not the run")
	command.Flags().BoolVar(&watch, "wait", false, "the same as --watch")
	return command
}

func (a *app) startJob(ctx context.Context, id string, watch bool) error {
	if a.api != nil {
		return a.apiStartJob(ctx, id, watch)
	}
	temporal, err := a.dial(ctx)
	if err != nil {
		return err
	}
	defer temporal.Close()
	store := a.registry(temporal)
	entry, err := store.Get(ctx, id)
	if err != nil {
		return err
	}
	run, err := startRegistered(ctx, temporal, store, entry)
	if err != nil {
		return err
	}
	if watch {
		return a.watch(ctx, temporal, run)
	}
	a.printStarted(run.GetID(), run.GetRunID(), "starter watch "+shell(run.GetID()))
	a.warnUnpolled(ctx, temporal, entry.TaskQueue, run.GetID())
	return nil
}

func startRegistered(ctx context.Context, temporal temporalClient, store *registry.Store, entry *registry.Entry) (client.WorkflowRun, error) {
	workflowID := registry.WorkflowID(entry.ID)
	runID, err := store.Start(ctx, entry, "")
	var running *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &running) {
		return nil, alreadyRunning(workflowID, running.RunId)
	}
	if err != nil {
		return nil, err
	}
	return temporal.GetWorkflow(ctx, workflowID, runID), nil
}

func alreadyRunning(workflowID, runID string) error {
	return newFailure(exitFailed, kindRunning, "%s is running already (run %s), and one runs at a time; watch it with: starter watch %s",
		workflowID, runID, shell(workflowID))
}

// jobPauseCommand makes job pause and job resume.
func (a *app) jobPauseCommand(use string, paused bool, short, long string) *cobra.Command {
	return needsTemporal(&cobra.Command{Use: use + " ID", Short: short, Long: long, Args: cobra.ExactArgs(1), ValidArgsFunction: a.completeJob,
		RunE: func(cmd *cobra.Command, args []string) error { return a.pauseJob(cmd.Context(), args[0], paused) }})
}

func (a *app) pauseJob(ctx context.Context, id string, paused bool) error {
	temporal, err := a.dial(ctx)
	if err != nil {
		return err
	}
	defer temporal.Close()
	entry, err := a.registry(temporal).Pause(ctx, id, paused)
	if err != nil {
		return err
	}
	if a.json() {
		shown, err := shownOf(entry)
		if err != nil {
			return err
		}
		a.printJSON(shown.listedJob)
		return nil
	}
	schedule := scheduleText(registry.RowOf(&entry.Definition).Schedule)
	switch {
	case paused:
		a.printf("%s is paused: it runs only when it is started or triggered\n", oneLine(id))
	case schedule == "":
		a.printf("%s is not paused, and has no schedule: it runs when it is started or triggered\n", oneLine(id))
	case len(entry.NextTimes) > 0:
		a.printf("%s runs by itself (%s), next %s\n", oneLine(id), schedule, entry.NextTimes[0].UTC().Format(time.RFC3339))
	default:
		a.printf("%s runs by itself (%s)\n", oneLine(id), schedule)
	}
	return nil
}

func (a *app) jobDeleteCommand() *cobra.Command {
	var sure bool
	command := needsTemporal(&cobra.Command{Use: "delete ID", Short: "Remove a registered job", Args: cobra.ExactArgs(1), ValidArgsFunction: a.completeJob,
		Long: `Remove a registered job. A run under way goes on, and what ran stays. It is
refused while other jobs run after this one.`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.deleteJob(cmd.Context(), args[0], sure) }})
	command.Flags().BoolVarP(&sure, "yes", "y", false, "do not ask")
	return command
}

func (a *app) deleteJob(ctx context.Context, id string, sure bool) error {
	if !sure && !a.interactive {
		return usageError(fmt.Errorf("job delete asks on a terminal, and this is none: --yes says that you are sure"))
	}
	temporal, err := a.dial(ctx)
	if err != nil {
		return err
	}
	defer temporal.Close()
	store := a.registry(temporal)
	entry, err := store.Get(ctx, id)
	if err != nil {
		return err
	}
	if !sure && !a.confirm("Delete job "+strings.TrimSpace(id+" "+registry.RowOf(&entry.Definition).Title)+"?") {
		return newFailure(exitFailed, kindRefused, "%s was not deleted", id)
	}
	if err := store.Delete(ctx, id); err != nil {
		return err
	}
	if a.json() {
		a.printJSON(map[string]any{"id": id, "deleted": true})
		return nil
	}
	a.printf("deleted %s\n", oneLine(id))
	return nil
}

// confirm asks the person, on standard error.
func (a *app) confirm(question string) bool {
	fmt.Fprintf(a.err, "%s [y/N] ", oneLine(question))
	answer, _ := bufio.NewReader(a.in).ReadString('\n')
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes"
}

// completeTimeout bounds what a shell waits for a list to complete from.
const completeTimeout = 2 * time.Second

// completeJob returns the shell the ids of registered jobs.
func (a *app) completeJob(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), completeTimeout)
	defer cancel()
	err := a.prepare(cmd)
	var jobs []listedJob
	if err == nil {
		jobs, err = a.registeredJobs(ctx, jobFilter{})
	}
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var ids []cobra.Completion
	for _, job := range jobs {
		ids = append(ids, cobra.CompletionWithDesc(job.ID, oneLine(job.Title)))
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}
