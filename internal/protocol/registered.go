package protocol

import (
	"encoding/json"

	"github.com/latch-run/latch"
)

// SchedulePrefix begins the ids of the schedules that store registered jobs.
const SchedulePrefix = "latch-job-"

// A Definition is a stored registered job: the argument with which its schedule starts
// latch.Trigger.
type Definition struct {
	ID string `json:"id"`
	// Job is the job to run. It is nil if the job cannot run, for the reason in Lacks.
	Job   *latch.Job `json:"job,omitempty"`
	Lacks string     `json:"lacks,omitempty"`
	// Extras are unchanged keys that are stored for clients of other systems.
	Extras map[string]json.RawMessage `json:"extras,omitempty"`
	// Fields are the additional fields of the template variable job. They are recomputed at
	// each write.
	Fields latch.Object `json:"fields,omitempty"`
	// Paused reports that the schedule does not start the job.
	Paused bool `json:"paused,omitempty"`
	// Followers are the jobs that run after this one. The registry maintains them.
	Followers []string `json:"followers,omitempty"`
	// ManagedBy names the owner who declares the job in files. It is empty for a job that was
	// registered by hand.
	ManagedBy string `json:"managed_by,omitempty"`
	// TaskQueue is the queue on which the job runs.
	TaskQueue string     `json:"task_queue,omitempty"`
	CreatedAt latch.Time `json:"created_at,omitzero"`
	UpdatedAt latch.Time `json:"updated_at,omitzero"`
	// Revision is different after every write. Earlier holds the revisions of the previous
	// writes, the newest last.
	Revision string   `json:"revision,omitempty"`
	Earlier  []string `json:"earlier,omitempty"`
}

// Lineage returns the lineage of the job's runs.
func (d *Definition) Lineage() Lineage {
	return Lineage{Followers: d.Followers, Fields: d.Fields, Lacks: d.Lacks}
}

// A Trigger is the argument of latch.Trigger: a definition, from a schedule, or only an id,
// whose definition is then looked up.
type Trigger struct {
	Definition
	// After names the job whose end starts this one. Outcome is how that job ended,
	// [latch.OnSuccess] or [latch.OnFailure].
	After   string `json:"after,omitempty"`
	Outcome string `json:"outcome,omitempty"`
	// Holds describes the content of a schedule that starts nothing.
	Holds string `json:"holds,omitempty"`
}

// Lineage says where a run comes from. It is the third argument of latch.JobRun, which only
// Latch itself passes.
type Lineage struct {
	// Ancestors are the ids of the sequences that the job is part of, the outermost first.
	Ancestors []string `json:"ancestors,omitempty"`
	// Followers are registered jobs to start when this one has ended.
	Followers []string `json:"followers,omitempty"`
	// Fields are the additional fields of a registered job's template variable job.
	Fields latch.Object `json:"fields,omitempty"`
	// Lacks says why the job cannot run. Such a run fails before its work, and fires
	// JOB_FAILURE.
	Lacks string `json:"lacks,omitempty"`
}

// A Notice is the second argument of latch.JobNotice: the event to fire.
type Notice struct {
	// Event is JOB_SKIPPED or JOB_MISSED.
	Event string `json:"event"`
	// Data is the template variable data.
	Data latch.Object `json:"data"`
	// Lineage is the lineage that a run of the job would have had.
	Lineage Lineage `json:"lineage"`
}

// A TimesRequest asks about the past times of a job's schedule.
type TimesRequest struct {
	ID string `json:"id"`
}

// Times counts the times of a job's schedule, since the job was registered, at which
// latch.Trigger was not started.
type Times struct {
	// Missed counts the times that Temporal noticed later than the schedule's catchup allows.
	Missed int64 `json:"missed"`
	// Skipped counts the times at which an earlier latch.Trigger was still running.
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
