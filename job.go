package latch

import "encoding/json"

// A Job is the input of the workflow [WorkflowJobRun] (contract, "Job"):
// one task, or a sequence of jobs, and the webhooks that report it.
type Job struct {
	ID    string `json:"id" latch:"id"`
	Name  string `json:"name,omitempty" latch:"plain"`
	Title string `json:"title,omitempty" latch:"plain"`
	// Task is the work of a plain job.
	Task *Task `json:"task,omitempty"`
	// Jobs makes the job a sequence: children that run in order.
	Jobs []SequenceJob `json:"jobs,omitempty"`
	// ContinueOnError lets the sequence that this job is in go on after it failed.
	ContinueOnError bool `json:"continue_on_error,omitempty" unset:"false"`
	// Timeout bounds the work, retries included, waiting for locks not; 0 is no limit.
	Timeout Duration `json:"timeout,omitempty"`
	// Delay precedes JOB_START.
	Delay Duration `json:"delay,omitempty" unset:"0s"`
	// Retry repeats the work; without it the work is done once.
	Retry    *Retry    `json:"retry,omitempty"`
	Schedule *Schedule `json:"schedule,omitempty"`
	Tags     []string  `json:"tags,omitempty" latch:"plain"`
	Vars     Object    `json:"vars,omitempty" latch:"plain"`
	Webhooks []Webhook `json:"webhooks,omitempty"`
}

// A SequenceJob is one job of a sequence: a job of its own, or the id of a
// registered one, resolved when it starts.
type SequenceJob struct {
	Registered string `latch:"id"`
	Job        *Job
}

// MarshalJSON writes the job, or the registered one's id as a string.
func (s SequenceJob) MarshalJSON() ([]byte, error) {
	if s.Job != nil {
		return json.Marshal(s.Job)
	}
	return json.Marshal(s.Registered)
}

// UnmarshalJSON reads a job or a registered one's id.
func (s *SequenceJob) UnmarshalJSON(data []byte) error {
	if isString(data) {
		return json.Unmarshal(data, &s.Registered)
	}
	s.Job = new(Job)
	return json.Unmarshal(data, s.Job)
}

// Statuses of a job.
const (
	JobRunning   = "running"
	JobSucceeded = "succeeded"
	JobFailed    = "failed"
	JobCancelled = "cancelled"
	JobTimedOut  = "timed_out"
)

// A JobResult is what a job's run came to. A run that failed carries it,
// without History, in the details of its error.
type JobResult struct {
	ID          string `json:"id"`
	Status      string `json:"status"`
	Error       string `json:"error"`
	StartedAt   Time   `json:"started_at,omitzero"`
	CompletedAt Time   `json:"completed_at,omitzero"`
	// ExitStatus is that of the command with which the job failed: what it
	// exited with, or the negative number of the signal that killed it. It is 0
	// where no command did.
	ExitStatus int `json:"returncode,omitempty"`
	// KVP is the object that the task returned; anything else it returned is
	// KVP's "result".
	KVP Object `json:"kvp"`
	// Jobs are the results of a sequence's jobs, oldest first.
	Jobs []JobResult `json:"jobs,omitempty"`
	// Truncated reports that Jobs were cut to stay under 1 MiB: the oldest have a
	// short error and no jobs of their own, or are gone.
	Truncated bool `json:"truncated,omitempty"`
	// History is the run's webhook history, oldest first.
	History []Record `json:"history,omitempty"`
}

// ReturnCode is 0 for a job that succeeded, the exit status of the command with
// which it failed, and 1 for any other end.
func (r *JobResult) ReturnCode() int {
	switch {
	case r.Status == JobSucceeded:
		return 0
	case r.ExitStatus != 0:
		return r.ExitStatus
	default:
		return 1
	}
}

// DecodeJob reads a job strictly. Its error is [Problems].
func DecodeJob(data []byte) (*Job, error) {
	job := new(Job)
	problems := decodeStrict(data, job)
	return job, problems.Merge(job.Validate()).Err()
}

// Validate returns all that is wrong with the job's shape. Templates and
// expressions are not looked into here.
func (j *Job) Validate() Problems {
	var problems Problems
	j.validate(&problems, "")
	return problems
}

func (j *Job) validate(problems *Problems, path string) {
	requireRunID(problems, field(path, "id"), j.ID)
	switch {
	case j.Task == nil && len(j.Jobs) == 0:
		problems.Addf(field(path, "task"), "a job has either a task or jobs")
	case j.Task != nil && len(j.Jobs) > 0:
		problems.Addf(field(path, "jobs"), "a job has either a task or jobs, not both")
	}
	if j.Task != nil {
		j.Task.validate(problems, field(path, "task"))
	}
	j.validateSequence(problems, field(path, "jobs"))
	checkDuration(problems, field(path, "timeout"), j.Timeout)
	checkDuration(problems, field(path, "delay"), j.Delay)
	j.Retry.validate(problems, field(path, "retry"), noSchedule)
	j.Schedule.validate(problems, field(path, "schedule"))
	boundObject(problems, field(path, "vars"), j.Vars)
	validateWebhooks(problems, field(path, "webhooks"), j.Webhooks, inJob)
}

func (j *Job) validateSequence(problems *Problems, path string) {
	seen := map[string]bool{}
	for i, item := range j.Jobs {
		at, id := element(path, i), item.Registered
		idAt := at
		if item.Job != nil {
			id, idAt = item.Job.ID, field(at, "id")
			item.Job.validate(problems, at)
		} else {
			requireID(problems, at, id)
		}
		if id != "" && seen[id] {
			problems.Addf(idAt, "duplicate job id %q: each job of a sequence has its own", id)
		}
		seen[id] = true
	}
}

func isString(data []byte) bool { return len(data) > 0 && data[0] == '"' }

// A TriggerResult is what the workflow [WorkflowTrigger] came to.
type TriggerResult struct {
	ID string `json:"id"`
	// WorkflowID and RunID are the run's that was started.
	WorkflowID string `json:"workflow_id,omitempty"`
	RunID      string `json:"run_id,omitempty"`
	// Skipped reports that nothing was started; Reason says why.
	Skipped bool   `json:"skipped,omitempty"`
	Reason  string `json:"reason,omitempty"`
	// Missed is how many times of the job's schedule have passed without a run
	// since the schedule last started one: nothing was there to start it.
	Missed int64 `json:"missed,omitempty"`
	// Seen is how many times Temporal has counted of either kind. The schedule's
	// next [WorkflowTrigger] compares.
	Seen *SeenTimes `json:"seen,omitempty"`
}

// SeenTimes counts the times of a job's schedule at which nothing was started,
// since the job was registered.
type SeenTimes struct {
	Missed  int64 `json:"missed"`
	Skipped int64 `json:"skipped"`
}
