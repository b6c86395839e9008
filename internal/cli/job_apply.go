package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/declared"
)

func jobApplyCommand(e *env) *cobra.Command {
	var dryRun bool
	command := remoteNeeding(e, registryOf, &cobra.Command{Use: "apply FILE...", Short: "Register jobs, or change registered ones", Args: cobra.MinimumNArgs(1),
		Long: `Register the jobs that the files describe, each as a schedule of Temporal's with
the job's id, and print whether each was created, updated (with the fields that
changed) or left unchanged. A file may hold several jobs, as YAML documents
or as a list; - is standard input. All files are checked first, and nothing is
written where any is wrong. A job that others follow (schedule.after) is applied
before them, wherever it stands.

What is paused stays paused, a run under way goes on as it began, and keys that
other systems keep in a job stay unless the file gives them. A job runs on the
task queue that it was registered with, until --task-queue or LATCH_TASK_QUEUE
says another.`},
		func(ctx context.Context, open opener, files []string) error {
			return applyJobs(ctx, open, e, files, dryRun)
		})
	command.Flags().BoolVar(&dryRun, "dry-run", false, "show what would change, and change nothing")
	return command
}

func applyJobs(ctx context.Context, open opener, e *env, files []string, dryRun bool) error {
	wanted, err := readJobs(e.out, files)
	if err != nil {
		return err
	}
	store, err := openRegistry(ctx, open)
	if err != nil {
		return err
	}
	planned, err := planJobs(ctx, store, wanted, e.settings.givenQueue)
	if err != nil {
		return err
	}
	done := []jobChange{}
	for _, job := range planned.wanted {
		var change jobChange
		if dryRun {
			change = planned.foresee(job)
		} else if change, err = planned.apply(ctx, store, job); err != nil {
			return brokenOff(e.out, done, len(planned.wanted), err)
		}
		if !e.out.JSON {
			printChange(e.out, change, dryRun)
		}
		for _, doubt := range job.doubts {
			e.out.Warnf("%s: %s", job.label, doubt)
		}
		done = append(done, change)
	}
	if e.out.JSON {
		e.out.Value(map[string]any{"dry_run": dryRun, "jobs": done})
		return nil
	}
	e.out.Printf("%s\n", tally(done, dryRun))
	return nil
}

// brokenOff returns the error with the number of jobs that were applied before it.
func brokenOff(out *output.Printer, done []jobChange, of int, err error) error {
	failed := *failure.Explain(err)
	failed.Text += fmt.Sprintf("\n%d of %d jobs were applied before this; apply the files again once it is right", len(done), of)
	if out.JSON {
		out.Value(map[string]any{"dry_run": false, "jobs": done, "error": &failed})
		failed.Printed = true
	}
	return &failed
}

// wording returns the words for an action, in the past or in the future.
func wording(action string, dryRun bool) string {
	if dryRun && action != actionUnchanged {
		return "would be " + action
	}
	return action
}

func printChange(out *output.Printer, change jobChange, dryRun bool) {
	colour := map[string]output.Colour{actionCreated: output.Green, actionUpdated: output.Yellow, actionUnchanged: output.Dim}[change.Action]
	line := []string{out.Show(colour.In(wording(change.Action, dryRun))), output.Printable(change.ID)}
	if change.Title != "" {
		line = append(line, output.OneLine(change.Title))
	}
	if len(change.next) > 0 {
		line = append(line, "next "+timesText(change.next))
	}
	out.Printf("%s\n", strings.Join(line, "  "))
	for _, field := range change.Changes {
		out.Printf("  %s\n", output.OneLine(fieldText(field)))
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

// fieldText returns the change of a field in one line.
func fieldText(c declared.FieldChange) string {
	switch {
	case c.From == nil:
		return fmt.Sprintf("%s: added %s", c.Field, output.OneLine(string(c.To)))
	case c.To == nil:
		return fmt.Sprintf("%s: removed %s", c.Field, output.OneLine(string(c.From)))
	default:
		return fmt.Sprintf("%s: %s → %s", c.Field, output.OneLine(string(c.From)), output.OneLine(string(c.To)))
	}
}
