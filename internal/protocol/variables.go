package protocol

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/latch-run/latch"
)

// A JobVariable is the template variable job (docs/contract.md, "Templates"). It
// is the same wherever it is seen: in templates, in a webhook's own `when`, in
// that of a registered webhook, and in a trial.
type JobVariable struct {
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

// A JobStatus is the run that fired the event, as job.status.
type JobStatus struct {
	ID          string       `json:"id"`
	ReturnCode  *int         `json:"returncode"`
	Error       *string      `json:"error"`
	StartedAt   *latch.Time  `json:"started_at"`
	CompletedAt *latch.Time  `json:"completed_at"`
	KVP         latch.Object `json:"kvp"`
}

// NewJobVariable returns what templates see of a job whose run stands so.
func NewJobVariable(job *latch.Job, status JobStatus) JobVariable {
	variable := JobVariable{ID: job.ID, Name: job.Name, Title: job.Title, Tags: job.Tags, Vars: orEmpty(job.Vars),
		Timeout: job.Timeout, StartedAt: status.StartedAt, Status: status}
	if variable.Tags == nil {
		variable.Tags = []string{}
	}
	if schedule := job.Schedule; schedule != nil {
		variable.Schedule = encode(schedule)
		if *schedule == (latch.Schedule{Cron: schedule.Cron}) {
			variable.Schedule = encode(schedule.Cron)
		}
	}
	return variable
}

// JSON returns the variable, and with it the fields that a registered job has
// beside; its status then is the one that Mitto's clients know, of the run that
// Temporal knows as runID. Those of the fields that are the run's own tell
// nothing here.
func (v JobVariable) JSON(fields latch.Object, runID string) json.RawMessage {
	plain := encode(v)
	if len(fields) == 0 {
		return plain
	}
	null := json.RawMessage("null")
	all, status := latch.Object{}, latch.Object{"pid": null, "updates": null, "count": null}
	if json.Unmarshal(plain, &all) != nil || json.Unmarshal(all["status"], &status) != nil {
		return plain // our own types are objects
	}
	status["id"], status["run_id"] = encode(RunNumber(v.ID, runID)), encode(runID)
	added := maps.Clone(fields)
	for _, own := range []string{"id", "vars", "started_at"} {
		delete(added, own)
	}
	added["status"] = encode(status)
	maps.Copy(all, added)
	return encode(all)
}

// A ReleaseVariable is the template variable release.
type ReleaseVariable struct {
	ID       string          `json:"id"`
	Title    string          `json:"title,omitempty"`
	Vars     latch.Object    `json:"vars"`
	Instance latch.Object    `json:"instance"`
	Status   string          `json:"status"`
	Steps    []*StepVariable `json:"steps"`
	// StartedAt is when the run began.
	StartedAt latch.Time `json:"started_at"`
}

// A StepVariable is the template variable step.
type StepVariable struct {
	Name   string       `json:"name"`
	Index  int          `json:"index"`
	Status string       `json:"status"`
	Error  string       `json:"error"`
	KVP    latch.Object `json:"kvp"`
}

// NewStepVariable returns what templates see of the step at an index.
func NewStepVariable(index int, result latch.StepResult) *StepVariable {
	return &StepVariable{Name: result.Name, Index: index, Status: result.Status, Error: result.Error, KVP: orEmpty(result.KVP)}
}

// AddRelease adds the variables of a release that stands so: release, steps,
// vars and, where it has one, instance.
func AddRelease(variables map[string]json.RawMessage, release *latch.Release, status string, steps []latch.StepResult, started latch.Time) {
	variable := ReleaseVariable{ID: release.ID, Title: release.Title, Vars: orEmpty(release.Vars), Instance: orEmpty(release.Instance),
		Status: status, Steps: []*StepVariable{}, StartedAt: started}
	byName := map[string]*StepVariable{}
	for i, result := range steps {
		step := NewStepVariable(i, result)
		variable.Steps = append(variable.Steps, step)
		byName[step.Name] = step
	}
	variables["release"], variables["steps"], variables["vars"] = encode(variable), encode(byName), encode(variable.Vars)
	if release.Instance != nil {
		variables["instance"] = encode(variable.Instance)
	}
}

func orEmpty(object latch.Object) latch.Object {
	if object == nil {
		return latch.Object{}
	}
	return object
}

// encode returns a value of our own as JSON.
func encode(value any) json.RawMessage {
	var encoded bytes.Buffer
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		// Our own types marshal; what users gave came out of JSON.
		panic(fmt.Sprintf("latch: %T: %v", value, err))
	}
	return bytes.TrimSuffix(encoded.Bytes(), []byte("\n"))
}
