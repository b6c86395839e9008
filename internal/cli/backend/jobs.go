package backend

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/urlmask"
)

// A JobFilter says which jobs to list. The zero value matches all.
type JobFilter struct {
	Tag string
	// Search is a text to find in id, name or title.
	Search string
}

func (f JobFilter) takes(job *Job) bool {
	if f.Tag != "" && !slices.Contains(job.Tags, f.Tag) {
		return false
	}
	return slices.ContainsFunc([]string{job.ID, job.Name, job.Title}, func(text string) bool {
		return strings.Contains(strings.ToLower(text), strings.ToLower(f.Search))
	})
}

// A Job is a registered job, as --output json prints it in lists.
type Job struct {
	ID       string          `json:"id"`
	Name     string          `json:"name,omitempty"`
	Title    string          `json:"title,omitempty"`
	Type     string          `json:"type,omitempty"`
	Tags     []string        `json:"tags,omitempty"`
	Schedule *latch.Schedule `json:"schedule,omitempty"`
	// NextTime is its next scheduled time.
	NextTime latch.Time `json:"next_time,omitzero"`
	// Paused is nil if that is unknown.
	Paused *bool `json:"paused,omitempty"`
	// CannotRun reports that the job is registered but has nothing to run.
	CannotRun bool    `json:"cannot_run,omitempty"`
	LastRun   *JobRun `json:"last_run,omitempty"`
}

// A JobRun is the last run of a job.
type JobRun struct {
	RunID       string       `json:"run_id"`
	Status      string       `json:"status"`
	StartedAt   latch.Time   `json:"started_at,omitzero"`
	CompletedAt latch.Time   `json:"completed_at,omitzero"`
	Error       string       `json:"error,omitempty"`
	KVP         latch.Object `json:"kvp,omitempty"`
}

// JobDetails are all details of a registered job.
type JobDetails struct {
	Job
	// NextTimes are its next scheduled times.
	NextTimes []latch.Time `json:"next_times,omitempty"`
	// Lacks says why it cannot run.
	Lacks     string     `json:"lacks,omitempty"`
	Followers []string   `json:"followers,omitempty"`
	TaskQueue string     `json:"task_queue,omitempty"`
	CreatedAt latch.Time `json:"created_at,omitzero"`
	UpdatedAt latch.Time `json:"updated_at,omitzero"`
	// Extras are the keys that belong to other systems, without credentials in URLs.
	Extras map[string]json.RawMessage `json:"extras,omitempty"`
	// Definition is the job to run, without credentials in URLs.
	Definition json.RawMessage `json:"job,omitempty"`
}

// ownExtras is the prefix of Latch's own keys in extras.
const ownExtras = "latch:"

// DetailsOf returns the details of a job from the registry.
func DetailsOf(entry *registry.Entry) *JobDetails {
	row := registry.RowOf(&entry.Definition)
	details := &JobDetails{Job: jobOf(&row), Lacks: entry.Lacks, Followers: entry.Followers, TaskQueue: entry.TaskQueue,
		CreatedAt: entry.CreatedAt, UpdatedAt: entry.UpdatedAt, Extras: maps.Clone(entry.Extras)}
	maps.DeleteFunc(details.Extras, func(key string, _ json.RawMessage) bool { return strings.HasPrefix(key, ownExtras) })
	for key, value := range details.Extras {
		details.Extras[key] = urlmask.Member(value, key)
	}
	for _, next := range entry.NextTimes {
		details.NextTimes = append(details.NextTimes, latch.NewTime(next))
	}
	if len(details.NextTimes) > 0 {
		details.NextTime = details.NextTimes[0]
	}
	if entry.Job != nil {
		details.Definition = urlmask.JSON(rawjson.Encode(entry.Job))
	}
	return details
}

func jobOf(row *registry.Row) Job {
	return Job{ID: row.ID, Name: row.Name, Title: row.Title, Type: row.Type, Tags: row.Tags, Schedule: row.Schedule,
		NextTime: row.NextTime, Paused: &row.Paused, CannotRun: row.Lacks}
}

func jobRunOf(run registry.Run) *JobRun {
	return &JobRun{RunID: run.RunID, Status: run.Status, StartedAt: run.StartedAt, CompletedAt: run.CompletedAt, Error: run.Error, KVP: run.KVP}
}
