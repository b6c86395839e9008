package protocol

import (
	"encoding/json"

	"github.com/latch-run/latch"
)

// SchedulePrefix begins the ids of the schedules that keep registered jobs.
const SchedulePrefix = "latch-job-"

// A Definition is a registered job as it is kept: the argument with which its
// schedule starts latch.Trigger.
type Definition struct {
	ID string `json:"id"`
	// Job is what runs; nil where the job cannot, for the reason in Lacks.
	Job   *latch.Job `json:"job,omitempty"`
	Lacks string     `json:"lacks,omitempty"`
	// Extras are keys that are kept for clients of other systems, as they came.
	Extras map[string]json.RawMessage `json:"extras,omitempty"`
	// Fields are what templates see of the job beside its own fields. They are
	// made anew at each write.
	Fields latch.Object `json:"fields,omitempty"`
	// Paused reports that the job does not run by itself.
	Paused bool `json:"paused,omitempty"`
	// Followers are the jobs that run after this one. The registry keeps them.
	Followers []string `json:"followers,omitempty"`
	// ManagedBy names who declares the job in files; empty for one that was
	// registered by hand.
	ManagedBy string `json:"managed_by,omitempty"`
	// TaskQueue is where the job runs.
	TaskQueue string     `json:"task_queue,omitempty"`
	CreatedAt latch.Time `json:"created_at,omitzero"`
	UpdatedAt latch.Time `json:"updated_at,omitzero"`
	// Revision differs between any two writes. Earlier holds those of the last
	// writes before this one, the newest last.
	Revision string   `json:"revision,omitempty"`
	Earlier  []string `json:"earlier,omitempty"`
}

// Lineage is what a run of a registered job is told beside the job.
func (d *Definition) Lineage() Lineage {
	return Lineage{Followers: d.Followers, Fields: d.Fields, Lacks: d.Lacks}
}

// A Trigger is the argument of latch.Trigger: a definition, from a schedule,
// or an id alone, whose definition is then looked up.
type Trigger struct {
	Definition
	// After names the job whose end starts this one, Outcome how that ended,
	// [latch.OnSuccess] or [latch.OnFailure].
	After   string `json:"after,omitempty"`
	Outcome string `json:"outcome,omitempty"`
	// Holds names what a schedule stores that starts nothing.
	Holds string `json:"holds,omitempty"`
}

// Lineage says where a run comes from. It is the third argument of
// latch.JobRun, from Latch itself alone.
type Lineage struct {
	// Ancestors are the ids of the sequences that the job is part of, the
	// outermost first.
	Ancestors []string `json:"ancestors,omitempty"`
	// Followers are registered jobs to start when this one has ended.
	Followers []string `json:"followers,omitempty"`
	// Fields are those of the template variable job that a registered job has
	// beside the others.
	Fields latch.Object `json:"fields,omitempty"`
	// Lacks is why the job cannot run. Such a run fails before its work, and
	// fires JOB_FAILURE.
	Lacks string `json:"lacks,omitempty"`
}

// A Notice is the second argument of latch.JobNotice: the event to fire.
type Notice struct {
	// Event is JOB_SKIPPED or JOB_MISSED.
	Event string `json:"event"`
	// Data is the template variable data.
	Data latch.Object `json:"data"`
	// Lineage is what a run of the job would have been told.
	Lineage Lineage `json:"lineage"`
}

// A TimesRequest asks what has become of the times of a job's schedule.
type TimesRequest struct {
	ID string `json:"id"`
}

// Times counts, since the job was registered, times of its schedule at which
// latch.Trigger was not started.
type Times struct {
	// Missed were over for longer than the schedule's catchup when Temporal came
	// to them.
	Missed int64 `json:"missed"`
	// Skipped came while an earlier latch.Trigger was still under way.
	Skipped int64 `json:"skipped"`
}

// A ResolveRequest asks for a registered job.
type ResolveRequest struct {
	ID string `json:"id"`
}

// A ResolveAnswer holds the definition; nil if no job has that id.
type ResolveAnswer struct {
	Definition *Definition `json:"definition,omitempty"`
}
