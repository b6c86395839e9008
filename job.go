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
	// Jobs makes the job a sequence: its jobs run in order, as children.
	Jobs []SequenceJob `json:"jobs,omitempty"`
	// ContinueOnError lets the enclosing sequence continue after this job has failed.
	ContinueOnError bool `json:"continue_on_error,omitempty" unset:"false"`
	// Timeout bounds the work, including retries but not the wait for locks; 0 means no limit.
	Timeout Duration `json:"timeout,omitempty"`
	// Delay is the wait before JOB_START.
	Delay Duration `json:"delay,omitempty" unset:"0s"`
	// Retry repeats the work. Without it, the work runs once.
	Retry    *Retry    `json:"retry,omitempty"`
	Schedule *Schedule `json:"schedule,omitempty"`
	Tags     []string  `json:"tags,omitempty" latch:"plain"`
	Vars     Object    `json:"vars,omitempty" latch:"plain"`
	Webhooks []Webhook `json:"webhooks,omitempty"`
}

// A SequenceJob is one job of a sequence: a job of its own, or the id of a registered one,
// which is looked up when it starts.
type SequenceJob struct {
	Registered string `latch:"id"`
	Job        *Job
}

// MarshalJSON encodes the job, or the registered job's id as a string.
func (s SequenceJob) MarshalJSON() ([]byte, error) {
	if s.Job != nil {
		return json.Marshal(s.Job)
	}
	return json.Marshal(s.Registered)
}

// UnmarshalJSON decodes a job or a registered job's id.
func (s *SequenceJob) UnmarshalJSON(data []byte) error {
	if isString(data) {
		return json.Unmarshal(data, &s.Registered)
	}
	s.Job = new(Job)
	return json.Unmarshal(data, s.Job)
}

// These are the statuses of a job.
const (
	JobRunning   = "running"
	JobSucceeded = "succeeded"
	JobFailed    = "failed"
	JobCancelled = "cancelled"
	JobTimedOut  = "timed_out"
)

// A JobResult is the result of a job's run. If the run failed, the details of its error contain
// it, without History.
type JobResult struct {
	ID          string `json:"id"`
	Status      string `json:"status"`
	Error       string `json:"error"`
	StartedAt   Time   `json:"started_at,omitzero"`
	CompletedAt Time   `json:"completed_at,omitzero"`
	// ExitStatus is the exit status of the command with which the job failed, or the negative
	// number of the signal that killed it. It is 0 if the job did not fail by a command.
	ExitStatus int `json:"returncode,omitempty"`
	// By is [ByTerminated] or [ByTimedOut] for a job that was ended from outside.
	By string `json:"by,omitempty"`
	// KVP is the object that the task returned. Any other value becomes KVP's "result".
	KVP Object `json:"kvp"`
	// Jobs are the results of a sequence's jobs, oldest first.
	Jobs []JobResult `json:"jobs,omitempty"`
	// Truncated reports that Jobs were cut to stay under 1 MiB: the oldest have a shortened
	// error and no jobs of their own, or are missing.
	Truncated bool `json:"truncated,omitempty"`
	// History is the run's webhook history, oldest first.
	History []Record `json:"history,omitempty"`
}

// ReturnCode returns 0 for a job that succeeded, the exit status of the command with which it
// failed, and 1 for any other end.
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

// DecodeJob strictly decodes a job. Its error is [Problems].
func DecodeJob(data []byte) (*Job, error) {
	job := new(Job)
	problems := decodeStrict(data, job)
	return job, problems.Merge(job.Validate()).Err()
}

// Validate returns all problems of the job's shape. It does not check templates and
// expressions.
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

// A TriggerResult is the result of the workflow [WorkflowTrigger].
type TriggerResult struct {
	ID string `json:"id"`
	// WorkflowID and RunID identify the run that was started.
	WorkflowID string `json:"workflow_id,omitempty"`
	RunID      string `json:"run_id,omitempty"`
	// Skipped reports that nothing was started. Reason says why.
	Skipped bool   `json:"skipped,omitempty"`
	Reason  string `json:"reason,omitempty"`
	// Missed is how many times of the job's schedule have passed without a run, because nothing
	// could start it, since the schedule last started one.
	Missed int64 `json:"missed,omitempty"`
	// Seen is how many times of either kind Temporal has counted. The schedule's next
	// [WorkflowTrigger] compares it.
	Seen *SeenTimes `json:"seen,omitempty"`
}

// SeenTimes counts the times of a job's schedule at which nothing was started, since the job
// was registered.
type SeenTimes struct {
	Missed  int64 `json:"missed"`
	Skipped int64 `json:"skipped"`
}
