package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/latch-run/latch/internal/mitto"
	"github.com/latch-run/latch/internal/registry"
)

func (a *app) jobApplyCommand() *cobra.Command {
	var dryRun bool
	command := needsTemporal(&cobra.Command{Use: "apply FILE...", Short: "Register jobs, or change registered ones", Args: cobra.MinimumNArgs(1),
		Long: `Register the jobs that the files describe, each as a schedule of Temporal's that
bears its id, and tell of each whether it was created, updated (with the fields
that changed) or left unchanged. A file may hold several jobs, as YAML documents
or as a list; - is standard input. All files are checked first, and nothing is
written where any is wrong. A job that others follow (schedule.after) is applied
before them, wherever it stands.

What is paused stays paused, a run under way goes on as it began, and keys that
other systems keep in a job stay unless the file gives them. A job runs on the
task queue that it was registered with, until --task-queue or LATCH_TASK_QUEUE
says another.`,
		RunE: func(cmd *cobra.Command, files []string) error { return a.applyJobs(cmd.Context(), files, dryRun) }})
	command.Flags().BoolVar(&dryRun, "dry-run", false, "tell what would change, and change nothing")
	return command
}

// registry returns the registry of the namespace.
func (a *app) registry(temporal temporalClient) *registry.Store {
	return registry.New(registry.Options{
		Service:   func() workflowservice.WorkflowServiceClient { return temporal.WorkflowService() },
		Namespace: temporal.Namespace(), TaskQueue: a.settings.TaskQueue, Identity: "starter of " + a.userName(),
		DataConverter: temporal.DataConverter(), Fields: mitto.Fields,
	})
}

func (a *app) applyJobs(ctx context.Context, files []string, dryRun bool) error {
	wanted, err := a.readJobs(files)
	if err != nil {
		return err
	}
	temporal, err := a.dial(ctx)
	if err != nil {
		return err
	}
	defer temporal.Close()
	store := a.registry(temporal)
	planned, err := planJobs(ctx, store, wanted, a.settings.givenQueue)
	if err != nil {
		return err
	}
	done := []jobChange{}
	for _, job := range planned.wanted {
		var change jobChange
		if dryRun {
			change = planned.foresee(job)
		} else if change, err = planned.apply(ctx, store, job); err != nil {
			return a.brokenOff(done, len(planned.wanted), err)
		}
		if !a.json() {
			a.printChange(change, dryRun)
		}
		for _, doubt := range job.doubts {
			a.warn("%s: %s", job.label, doubt)
		}
		done = append(done, change)
	}
	if a.json() {
		a.printJSON(map[string]any{"dry_run": dryRun, "jobs": done})
		return nil
	}
	a.printf("%s\n", tally(done, dryRun))
	return nil
}

// brokenOff tells how far applying came.
func (a *app) brokenOff(done []jobChange, of int, err error) error {
	failed := *explain(err)
	failed.text += fmt.Sprintf("\n%d of %d jobs were applied before this; apply the files again once it is right", len(done), of)
	if a.json() {
		a.printJSON(map[string]any{"dry_run": false, "jobs": done, "error": &failed})
		failed.reported = true
	}
	return &failed
}

// wording tells of an action, done or foreseen.
func wording(action string, dryRun bool) string {
	if dryRun && action != actionUnchanged {
		return "would be " + action
	}
	return action
}

func (a *app) printChange(change jobChange, dryRun bool) {
	colour := map[string]string{actionCreated: green, actionUpdated: yellow, actionUnchanged: dim}[change.Action]
	line := []string{cell{wording(change.Action, dryRun), colour}.show(a.colour()), printable(change.ID)}
	if change.Title != "" {
		line = append(line, oneLine(change.Title))
	}
	if len(change.next) > 0 {
		line = append(line, "next "+timesText(change.next))
	}
	a.printf("%s\n", strings.Join(line, "  "))
	for _, field := range change.Changes {
		a.printf("  %s\n", oneLine(field.String()))
	}
}

func tally(done []jobChange, dryRun bool) string {
	counts := map[string]int{}
	for _, change := range done {
		counts[change.Action]++
	}
	var parts []string
	for _, action := range []string{actionCreated, actionUpdated, actionUnchanged} {
		if counts[action] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[action], wording(action, dryRun)))
		}
	}
	return strings.Join(parts, ", ")
}
