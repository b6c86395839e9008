package vars

import (
	"bytes"
	"encoding/json"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/rawjson"
)

// Job is the variable job (docs/contract.md, "Templates"). It
// is the same wherever it is seen: in templates, in a webhook's own `when`, in
// that of a registered webhook, and in a trial.
type Job struct {
	ID    string       `json:"id"`
	Name  string       `json:"name,omitempty"`
	Title string       `json:"title,omitempty"`
	Tags  []string     `json:"tags"`
	Vars  latch.Object `json:"vars"`
	// Schedule is a cron expression alone where the schedule has nothing else.
	Schedule json.RawMessage `json:"schedule,omitempty"`
	Timeout  latch.Duration  `json:"timeout,omitempty"`
	// StartedAt is when JOB_START was fired, as in Status.
	StartedAt *latch.Time `json:"started_at,omitempty"`
	Status    JobStatus   `json:"status"`
}

// JobStatus is the run that fired the event, as job.status.
type JobStatus struct {
	ID          string      `json:"id"`
	ReturnCode  *int        `json:"returncode"`
	Error       *string     `json:"error"`
	StartedAt   *latch.Time `json:"started_at"`
	CompletedAt *latch.Time `json:"completed_at"`
	// By is "terminated" or "timed_out" for a run that was ended from outside, or "".
	By  string       `json:"by"`
	KVP latch.Object `json:"kvp"`
}

// NewJob returns what templates see of a job whose run stands so.
func NewJob(job *latch.Job, status JobStatus) Job {
	variable := Job{ID: job.ID, Name: job.Name, Title: job.Title, Tags: job.Tags, Vars: OrEmpty(job.Vars),
		Timeout: job.Timeout, StartedAt: status.StartedAt, Status: status}
	if variable.Tags == nil {
		variable.Tags = []string{}
	}
	if schedule := job.Schedule; schedule != nil {
		variable.Schedule = rawjson.Encode(schedule)
		if *schedule == (latch.Schedule{Cron: schedule.Cron}) {
			variable.Schedule = rawjson.Encode(schedule.Cron)
		}
	}
	return variable
}

// Release is the variable release.
type Release struct {
	ID       string       `json:"id"`
	Title    string       `json:"title,omitempty"`
	Vars     latch.Object `json:"vars"`
	Instance latch.Object `json:"instance"`
	Status   string       `json:"status"`
	// By is "terminated" or "timed_out" for a run that was ended from outside, or "".
	By    string  `json:"by"`
	Steps []*Step `json:"steps"`
	// StartedAt is when the run began.
	StartedAt latch.Time `json:"started_at"`
}

// Step is the variable step.
type Step struct {
	Name   string       `json:"name"`
	Index  int          `json:"index"`
	Status string       `json:"status"`
	Error  string       `json:"error"`
	KVP    latch.Object `json:"kvp"`
}

// Target is the template variable target.
type Target struct {
	Name  string       `json:"name"`
	Index int          `json:"index"`
	Vars  latch.Object `json:"vars"`
}

// IsTarget reports whether the value is a variable target that is not empty.
func IsTarget(variable json.RawMessage) bool {
	return len(variable) > 0 && !bytes.HasPrefix(variable, []byte(`{"name":"",`))
}

// NewTarget returns the template variable for a release's target at an index.
func NewTarget(release *latch.Release, index int) *Target {
	target := release.Targets[index]
	return &Target{Name: target.Name, Index: index, Vars: OrEmpty(target.Vars)}
}

// NewStep returns what templates see of the step at an index.
func NewStep(index int, result latch.StepResult) *Step {
	return &Step{Name: result.Name, Index: index, Status: result.Status, Error: result.Error, KVP: OrEmpty(result.KVP)}
}

// A ReleaseStatus says how a release stands.
type ReleaseStatus struct {
	Status    string
	By        string
	Steps     []latch.StepResult
	StartedAt latch.Time
}

// AddRelease adds the variables of a release in the given state: release, steps, vars, an empty
// target and, if it has one, instance.
func AddRelease(variables map[string]json.RawMessage, release *latch.Release, stands ReleaseStatus) {
	variable := Release{ID: release.ID, Title: release.Title, Vars: OrEmpty(release.Vars), Instance: OrEmpty(release.Instance),
		Status: stands.Status, By: stands.By, Steps: []*Step{}, StartedAt: stands.StartedAt}
	byName := map[string]*Step{}
	for i, result := range stands.Steps {
		step := NewStep(i, result)
		variable.Steps = append(variable.Steps, step)
		byName[step.Name] = step
	}
	variables["release"], variables["steps"], variables["vars"] = rawjson.Encode(variable), rawjson.Encode(byName), rawjson.Encode(variable.Vars)
	variables["target"] = rawjson.Encode(Target{Vars: latch.Object{}})
	if release.Instance != nil {
		variables["instance"] = rawjson.Encode(variable.Instance)
	}
}

// System is the variable system.
type System struct {
	FQDN        string `json:"fqdn"`
	Environment string `json:"environment"`
	Version     string `json:"version"`
	Namespace   string `json:"namespace"`
	TaskQueue   string `json:"task_queue"`
	// DatabaseVersion is Latch's version too: there is no database but Temporal.
	DatabaseVersion string `json:"database.version"`
}

// NewSystem returns what this version of Latch shows of its surroundings.
func NewSystem(fqdn, environment, namespace, taskQueue string) System {
	return System{FQDN: fqdn, Environment: environment, Version: latch.Version, Namespace: namespace, TaskQueue: taskQueue,
		DatabaseVersion: latch.Version}
}

// Run is the variable run.
type Run struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	// StartedAt is when the run began, before any delay.
	StartedAt latch.Time `json:"started_at"`
}

// OrEmpty returns an object that is not nil.
func OrEmpty(object latch.Object) latch.Object {
	if object == nil {
		return latch.Object{}
	}
	return object
}
