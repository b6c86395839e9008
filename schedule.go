package latch

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/latch-run/latch/internal/typo"
)

// A Schedule says when a registered job runs automatically. JSON may contain only the cron
// expression, as a string.
type Schedule struct {
	Cron     string `json:"cron,omitempty" latch:"plain"`
	Timezone string `json:"timezone,omitempty" latch:"plain"`
	// After is the id of the job after which this one runs.
	After string `json:"after,omitempty" latch:"plain"`
	// On is the outcome of that job after which this one runs: [OnSuccess] or [OnFailure]. If
	// empty, any outcome counts. In JSON it is part of {"after":{"job","on"}}.
	On string `json:"-" latch:"plain"`
	// Catchup is how long after its time a missed run is still started.
	Catchup Duration `json:"catchup,omitempty" unset:"1m"`
}

// These are the outcomes after which a job may follow another. A timeout and a cancellation are
// failures.
const (
	OnSuccess = "success"
	OnFailure = "failure"
	OnAny     = "any"
)

// scheduleObject is the JSON of a schedule.
type scheduleObject struct {
	Cron     string   `json:"cron,omitempty"`
	Timezone string   `json:"timezone,omitempty"`
	After    leader   `json:"after,omitzero"`
	Catchup  Duration `json:"catchup,omitempty"`
}

// A leader is the job after which another runs: its id, or {"job","on"}.
type leader struct {
	Job string `json:"job,omitempty" latch:"id"`
	On  string `json:"on,omitempty"`
}

func (o *scheduleObject) schedule() Schedule {
	s := Schedule{Cron: o.Cron, Timezone: o.Timezone, After: o.After.Job, On: o.After.On, Catchup: o.Catchup}
	if s.On == OnAny {
		s.On = "" // it has the same meaning
	}
	return s
}

// MarshalJSON encodes only the job's id if any outcome counts.
func (l leader) MarshalJSON() ([]byte, error) {
	if l.On == "" {
		return json.Marshal(l.Job)
	}
	type plain leader
	return json.Marshal(plain(l))
}

// UnmarshalJSON decodes an id or an object.
func (l *leader) UnmarshalJSON(data []byte) error {
	if isString(data) {
		return json.Unmarshal(data, &l.Job)
	}
	type plain leader
	return json.Unmarshal(data, (*plain)(l))
}

// MarshalJSON encodes the object.
func (s Schedule) MarshalJSON() ([]byte, error) {
	return json.Marshal(scheduleObject{Cron: s.Cron, Timezone: s.Timezone, After: leader{s.After, s.On}, Catchup: s.Catchup})
}

// UnmarshalJSON decodes the object, or a cron expression as a string.
func (s *Schedule) UnmarshalJSON(data []byte) error {
	if isString(data) {
		return json.Unmarshal(data, &s.Cron)
	}
	var object scheduleObject
	err := json.Unmarshal(data, &object)
	*s = object.schedule()
	return err
}

// Follows reports whether the schedule's job runs after a run of the other job that ended with
// the outcome, [OnSuccess] or [OnFailure].
func (s *Schedule) Follows(job, outcome string) bool {
	return s != nil && s.After != "" && s.After == job && (s.On == "" || s.On == outcome)
}

func (s *Schedule) validate(problems *Problems, path string) {
	switch {
	case s == nil:
	case s.Cron == "" && s.After == "" && s.On == "":
		problems.Addf(path, `a schedule has a cron expression ("cron") or a job that it follows ("after")`)
	case s.After == "" && s.On != "":
		problems.Addf(field(path, "after.job"), "required: the id of the job after which this one runs")
	case s.Cron != "" && s.After != "":
		problems.Addf(field(path, "after"), "a schedule has either cron or after, not both")
	default:
		checkDuration(problems, field(path, "catchup"), s.Catchup)
	}
	if s != nil && s.On != "" && s.On != OnSuccess && s.On != OnFailure {
		problems.Addf(field(path, "after.on"), "%q is not one of success, failure and any%s", s.On, typo.Hint(s.On, []string{OnSuccess, OnFailure, OnAny}))
	}
}

// decodeSchedule strictly decodes a schedule.
func decodeSchedule(problems *Problems, path string, data json.RawMessage, target reflect.Value) {
	if isString(data) {
		decodeInto(problems, path, data, target.FieldByName("Cron"))
		return
	}
	var object scheduleObject
	decodeStruct(problems, path, data, reflect.ValueOf(&object).Elem())
	target.Set(reflect.ValueOf(object.schedule()))
}

// decodeLeader strictly decodes the job to follow.
func decodeLeader(problems *Problems, path string, data json.RawMessage, target reflect.Value) {
	job := target.FieldByName("Job")
	switch {
	case isString(data):
		decodeInto(problems, path, data, job)
	case len(data) > 0 && data[0] == '{':
		decodeStruct(problems, path, data, target)
	case !decodeID(data, job):
		problems.Addf(path, `must be the id of a job, or an object such as %s, not %s`,
			fmt.Sprintf(`{"job":"dump","on":%q}`, OnSuccess), abbreviate(data))
	}
}
