package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/urlmask"
)

func (a *app) jobShowCommand() *cobra.Command {
	return takesAPI(&cobra.Command{Use: "show ID", Short: "Show a registered job", Args: cobra.ExactArgs(1), ValidArgsFunction: a.completeJob,
		Long: "Show a registered job: what it does, when it runs next, and what its last run\ncame to.",
		RunE: func(cmd *cobra.Command, args []string) error { return a.showJob(cmd.Context(), args[0]) }})
}

// A shownJob is a registered job with all that is known of it.
type shownJob struct {
	listedJob
	// NextTimes are the next times at which it runs by itself.
	NextTimes []latch.Time `json:"next_times,omitempty"`
	// Lacks is why it cannot run.
	Lacks     string     `json:"lacks,omitempty"`
	Followers []string   `json:"followers,omitempty"`
	TaskQueue string     `json:"task_queue,omitempty"`
	CreatedAt latch.Time `json:"created_at,omitzero"`
	UpdatedAt latch.Time `json:"updated_at,omitzero"`
	// Extras are the keys that are kept for other systems, as they came but for
	// credentials in URLs.
	Extras map[string]json.RawMessage `json:"extras,omitempty"`
	// Job is what runs.
	Job json.RawMessage `json:"job,omitempty"`
}

func (a *app) showJob(ctx context.Context, id string) error {
	if a.api != nil {
		return a.apiShowJob(ctx, id)
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
	run, err := store.LastRun(ctx, id)
	if err != nil {
		return err
	}
	shown, err := shownOf(entry)
	if err != nil {
		return err
	}
	if run != nil {
		shown.LastRun = lastRun(*run)
	}
	a.printShown(shown)
	return nil
}

// ownExtras begins the keys that Latch keeps among those of others.
const ownExtras = "latch:"

func shownOf(entry *registry.Entry) (*shownJob, error) {
	row := registry.RowOf(&entry.Definition)
	shown := &shownJob{listedJob: listed(&row), Lacks: entry.Lacks, Followers: entry.Followers, TaskQueue: entry.TaskQueue,
		CreatedAt: entry.CreatedAt, UpdatedAt: entry.UpdatedAt, Extras: maps.Clone(entry.Extras)}
	maps.DeleteFunc(shown.Extras, func(key string, _ json.RawMessage) bool { return strings.HasPrefix(key, ownExtras) })
	for key, value := range shown.Extras {
		shown.Extras[key] = urlmask.Member(value, key)
	}
	for _, next := range entry.NextTimes {
		shown.NextTimes = append(shown.NextTimes, latch.NewTime(next))
	}
	if len(shown.NextTimes) > 0 {
		shown.NextTime = shown.NextTimes[0]
	}
	if entry.Job == nil {
		return shown, nil
	}
	var err error
	shown.Job, err = json.Marshal(entry.Job)
	shown.Job = urlmask.JSON(shown.Job)
	return shown, err
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

func (a *app) printShown(job *shownJob) {
	if a.json() {
		a.printJSON(job)
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
	a.printf("%s\n", cell{strings.TrimSpace(oneLine(job.ID) + "  " + oneLine(job.Title)), bold}.show(a.colour()))
	a.printLines([][2]string{
		{"cannot run", job.Lacks}, {"tags", strings.Join(job.Tags, ", ")}, {"schedule", schedule}, {"next", strings.Join(next, ", ")},
		{"followed by", strings.Join(job.Followers, ", ")}, {"task queue", job.TaskQueue},
		{"created", timeText(job.CreatedAt)}, {"updated", timeText(job.UpdatedAt)}, {"last run", lastRunText(job.LastRun)},
	})
	if job.LastRun != nil && len(job.LastRun.KVP) > 0 {
		encoded, _ := json.Marshal(job.LastRun.KVP) // what was decoded encodes
		a.printf("  result: %s\n", oneLine(string(encoded)))
	}
	a.printDocument("job", job.Job)
	if encoded, err := json.Marshal(job.Extras); err == nil && len(job.Extras) > 0 {
		a.printDocument("kept for other systems", encoded)
	}
}

// printLines prints what there is, each with its name.
func (a *app) printLines(lines [][2]string) {
	for _, line := range lines {
		if line[1] != "" {
			a.printf("  %s: %s\n", line[0], oneLine(line[1]))
		}
	}
}

// printDocument prints JSON below its name.
func (a *app) printDocument(name string, document json.RawMessage) {
	var indented bytes.Buffer
	if len(document) == 0 || json.Indent(&indented, document, "    ", "  ") != nil {
		return
	}
	a.printf("  %s:\n    %s\n", name, printable(indented.String()))
}

func timeText(at latch.Time) string {
	if at.IsZero() {
		return ""
	}
	return utc(at)
}

func lastRunText(run *jobRun) string {
	switch {
	case run == nil:
		return "none that Temporal remembers"
	case run.CompletedAt.IsZero():
		return run.Status + ", run " + run.RunID + ", since " + utc(run.StartedAt)
	default:
		return run.Status + ", run " + run.RunID + ", ended " + utc(run.CompletedAt) + colon(run.Error)
	}
}
