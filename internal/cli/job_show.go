package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/rawjson"
)

func jobShowCommand(e *env) *cobra.Command {
	return remote(e, &cobra.Command{Use: "show ID", Short: "Show a registered job", Args: cobra.ExactArgs(1), ValidArgsFunction: completeJob(e),
		Long: "Show a registered job: what it does, when it runs next, and how its last run\nended."},
		func(ctx context.Context, open opener, args []string) error {
			world, err := open(ctx)
			if err != nil {
				return err
			}
			job, err := world.Job(ctx, args[0])
			if err != nil {
				return err
			}
			printJob(e.out, job)
			return nil
		})
}

// nextShown is how many of the next times are shown.
const nextShown = 3

// timesText lists times, each in its own time zone.
func timesText(times []time.Time) string {
	var texts []string
	for _, at := range times {
		texts = append(texts, at.Format(time.RFC3339))
	}
	return strings.Join(texts, ", ")
}

func latchTimes(times []time.Time) []latch.Time {
	var converted []latch.Time
	for _, at := range times {
		converted = append(converted, latch.NewTime(at))
	}
	return converted
}

func printJob(out *output.Printer, job *backend.JobDetails) {
	if out.JSON {
		out.Value(job)
		return
	}
	var next []string
	for _, at := range job.NextTimes[:min(nextShown, len(job.NextTimes))] {
		next = append(next, utc(at))
	}
	schedule := scheduleText(job.Schedule)
	if job.Paused != nil && *job.Paused {
		schedule = strings.TrimSpace(schedule + " (paused)")
	}
	out.Printf("%s\n", out.Show(output.Bold.In(strings.TrimSpace(output.OneLine(job.ID)+"  "+output.OneLine(job.Title)))))
	printLines(out, [][2]string{
		{"cannot run", job.Lacks}, {"tags", strings.Join(job.Tags, ", ")}, {"schedule", schedule}, {"next", strings.Join(next, ", ")},
		{"followed by", strings.Join(job.Followers, ", ")}, {"task queue", job.TaskQueue},
		{"created", timeText(job.CreatedAt)}, {"updated", timeText(job.UpdatedAt)}, {"last run", lastRunText(job.LastRun)},
	})
	if job.LastRun != nil && len(job.LastRun.KVP) > 0 {
		out.Printf("  result: %s\n", output.OneLine(string(rawjson.Encode(job.LastRun.KVP))))
	}
	printDocument(out, "job", job.Definition)
	if len(job.Extras) > 0 {
		printDocument(out, "kept for other systems", rawjson.Encode(job.Extras))
	}
}

// printLines prints each non-empty text after its name.
func printLines(out *output.Printer, lines [][2]string) {
	for _, line := range lines {
		if line[1] != "" {
			out.Printf("  %s: %s\n", line[0], output.OneLine(line[1]))
		}
	}
}

// printDocument prints JSON below its name.
func printDocument(out *output.Printer, name string, document json.RawMessage) {
	var indented bytes.Buffer
	if len(document) == 0 || json.Indent(&indented, document, "    ", "  ") != nil {
		return
	}
	out.Printf("  %s:\n    %s\n", name, output.Printable(indented.String()))
}

func timeText(at latch.Time) string {
	if at.IsZero() {
		return ""
	}
	return utc(at)
}

func lastRunText(run *backend.JobRun) string {
	switch {
	case run == nil:
		return "none that Temporal remembers"
	case run.CompletedAt.IsZero():
		return run.Status + ", run " + run.RunID + ", since " + utc(run.StartedAt)
	default:
		return run.Status + ", run " + run.RunID + ", ended " + utc(run.CompletedAt) + output.Colon(run.Error)
	}
}
