package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/cli/output"
)

// listTimeout bounds reading the list of jobs, which may be long.
const listTimeout = 2 * time.Minute

func jobListCommand(e *env) *cobra.Command {
	var wanted backend.JobFilter
	command := remote(e, &cobra.Command{Use: "list", Short: "List the registered jobs", Args: cobra.NoArgs,
		Long: `List the registered jobs: when they run next, and how their last run ended. A job
shows here within moments of its registration.`},
		func(ctx context.Context, open opener, _ []string) error {
			ctx, cancel := context.WithTimeout(ctx, listTimeout)
			defer cancel()
			world, err := open(ctx)
			if err != nil {
				return err
			}
			jobs, err := world.Jobs(ctx, wanted)
			if err != nil {
				return err
			}
			printJobList(e.out, jobs)
			return nil
		})
	command.Flags().StringVar(&wanted.Tag, "tag", "", "only those with this tag")
	command.Flags().StringVar(&wanted.Search, "search", "", "only those with this text in id, name or title")
	return command
}

func printJobList(out *output.Printer, jobs []backend.Job) {
	if out.JSON {
		out.Value(map[string]any{"jobs": jobs})
		return
	}
	t := output.NewTable("ID", "TITLE", "SCHEDULE", "NEXT", "LAST RUN", "STATUS", "PAUSED")
	for i := range jobs {
		t.Add(jobRow(&jobs[i])...)
	}
	out.Table(t)
}

func jobRow(job *backend.Job) []output.Cell {
	status, at := output.Dim.In("-"), "-"
	if run := job.LastRun; run != nil {
		status, at = jobColour(run.Status).In(output.Printable(run.Status)), utc(run.StartedAt)
	}
	paused := output.Dim.In("no")
	switch {
	case job.CannotRun:
		paused = output.Red.In("cannot run")
	case job.Paused == nil:
		paused = output.Dim.In("-")
	case *job.Paused:
		paused = output.Yellow.In("yes")
	}
	title := job.Title
	if title == "" {
		title = job.Name
	}
	return []output.Cell{output.Bold.In(output.OneLine(job.ID)), output.Plain(output.OrDash(output.OneLine(title))), output.Plain(output.OrDash(scheduleText(job.Schedule))),
		output.Plain(utc(job.NextTime)), output.Plain(at), status, paused}
}

func jobColour(status string) output.Colour {
	switch status {
	case latch.JobSucceeded:
		return output.Green
	case latch.JobRunning:
		return output.Yellow
	default:
		return output.Red
	}
}

// utc formats a time for tables, in UTC.
func utc(at latch.Time) string {
	if at.IsZero() {
		return "-"
	}
	return at.UTC().Format(time.RFC3339)
}

// scheduleText returns the job's schedule, or "".
func scheduleText(schedule *latch.Schedule) string {
	switch {
	case schedule == nil:
		return ""
	case schedule.On != "":
		return "after " + schedule.On + " of " + output.OneLine(schedule.After)
	case schedule.After != "":
		return "after " + output.OneLine(schedule.After)
	case schedule.Timezone != "":
		return output.OneLine(schedule.Cron + " (" + schedule.Timezone + ")")
	default:
		return output.OneLine(schedule.Cron)
	}
}
