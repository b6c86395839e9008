package cli

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/registry"
)

// listTimeout bounds reading the list of jobs, of which there may be many.
const listTimeout = 2 * time.Minute

func (a *app) jobListCommand() *cobra.Command {
	var wanted jobFilter
	command := takesAPI(&cobra.Command{Use: "list", Short: "List the registered jobs", Args: cobra.NoArgs,
		Long: `List the registered jobs with when they run next and what their last run came
to. A job shows here within moments of its registration.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.listJobs(cmd.Context(), wanted) }})
	command.Flags().StringVar(&wanted.tag, "tag", "", "only those with this tag")
	command.Flags().StringVar(&wanted.search, "search", "", "only those with this text in id, name or title")
	return command
}

// A jobFilter says which jobs to list; empty is all.
type jobFilter struct{ tag, search string }

func (f jobFilter) takes(job *listedJob) bool {
	if f.tag != "" && !slices.Contains(job.Tags, f.tag) {
		return false
	}
	return slices.ContainsFunc([]string{job.ID, job.Name, job.Title}, func(text string) bool {
		return strings.Contains(strings.ToLower(text), strings.ToLower(f.search))
	})
}

// A listedJob is a registered job, as --output json prints it.
type listedJob struct {
	ID       string          `json:"id"`
	Name     string          `json:"name,omitempty"`
	Title    string          `json:"title,omitempty"`
	Type     string          `json:"type,omitempty"`
	Tags     []string        `json:"tags,omitempty"`
	Schedule *latch.Schedule `json:"schedule,omitempty"`
	// NextTime is when it runs next by itself.
	NextTime latch.Time `json:"next_time,omitzero"`
	// Paused is nil where that is not known.
	Paused *bool `json:"paused,omitempty"`
	// CannotRun tells of a job that is kept, and has nothing to do.
	CannotRun bool    `json:"cannot_run,omitempty"`
	LastRun   *jobRun `json:"last_run,omitempty"`
}

// A jobRun is the last run of a job.
type jobRun struct {
	RunID       string       `json:"run_id"`
	Status      string       `json:"status"`
	StartedAt   latch.Time   `json:"started_at,omitzero"`
	CompletedAt latch.Time   `json:"completed_at,omitzero"`
	Error       string       `json:"error,omitempty"`
	KVP         latch.Object `json:"kvp,omitempty"`
}

func listed(row *registry.Row) listedJob {
	return listedJob{ID: row.ID, Name: row.Name, Title: row.Title, Type: row.Type, Tags: row.Tags, Schedule: row.Schedule,
		NextTime: row.NextTime, Paused: &row.Paused, CannotRun: row.Lacks}
}

func lastRun(run registry.Run) *jobRun {
	return &jobRun{RunID: run.RunID, Status: run.Status, StartedAt: run.StartedAt, CompletedAt: run.CompletedAt, Error: run.Error, KVP: run.KVP}
}

func (a *app) listJobs(ctx context.Context, wanted jobFilter) error {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	jobs, err := a.registeredJobs(ctx, wanted)
	if err != nil {
		return err
	}
	a.printJobList(jobs)
	return nil
}

// registeredJobs lists the jobs that the filter takes.
func (a *app) registeredJobs(ctx context.Context, wanted jobFilter) ([]listedJob, error) {
	if a.api != nil {
		return a.apiJobs(ctx, wanted)
	}
	temporal, err := a.dial(ctx)
	if err != nil {
		return nil, err
	}
	defer temporal.Close()
	store := a.registry(temporal)
	rows, err := store.List(ctx)
	if err != nil {
		return nil, err
	}
	runs, err := store.Runs(ctx)
	if err != nil {
		return nil, err
	}
	jobs := []listedJob{}
	for i := range rows {
		job := listed(&rows[i])
		if run, ran := runs[job.ID]; ran {
			job.LastRun = lastRun(run)
		}
		if wanted.takes(&job) {
			jobs = append(jobs, job)
		}
	}
	return jobs, nil
}

func (a *app) printJobList(jobs []listedJob) {
	if a.json() {
		a.printJSON(map[string]any{"jobs": jobs})
		return
	}
	t := &table{header: []string{"ID", "TITLE", "SCHEDULE", "NEXT", "LAST RUN", "STATUS", "PAUSED"}}
	for i := range jobs {
		t.rows = append(t.rows, jobRow(&jobs[i]))
	}
	t.write(a.out, a.terminal, a.colour())
}

func jobRow(job *listedJob) []cell {
	status, at := cell{"-", dim}, "-"
	if run := job.LastRun; run != nil {
		status, at = cell{printable(run.Status), jobColour(run.Status)}, utc(run.StartedAt)
	}
	paused := cell{"no", dim}
	switch {
	case job.CannotRun:
		paused = cell{"cannot run", red}
	case job.Paused == nil:
		paused = cell{"-", dim}
	case *job.Paused:
		paused = cell{"yes", yellow}
	}
	title := job.Title
	if title == "" {
		title = job.Name
	}
	return []cell{{oneLine(job.ID), bold}, {orDash(oneLine(title)), plain}, {orDash(scheduleText(job.Schedule)), plain},
		{utc(job.NextTime), plain}, {at, plain}, status, paused}
}

func jobColour(status string) string {
	switch status {
	case latch.JobSucceeded:
		return green
	case latch.JobRunning:
		return yellow
	default:
		return red
	}
}

// utc returns a time as tables show it, in UTC.
func utc(at latch.Time) string {
	if at.IsZero() {
		return "-"
	}
	return at.UTC().Format(time.RFC3339)
}

// scheduleText tells when a job runs by itself; empty where it does not.
func scheduleText(schedule *latch.Schedule) string {
	switch {
	case schedule == nil:
		return ""
	case schedule.On != "":
		return "after " + schedule.On + " of " + oneLine(schedule.After)
	case schedule.After != "":
		return "after " + oneLine(schedule.After)
	case schedule.Timezone != "":
		return oneLine(schedule.Cron + " (" + schedule.Timezone + ")")
	default:
		return oneLine(schedule.Cron)
	}
}
