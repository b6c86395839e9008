package admission

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
)

// A scene is the moment in a run at which a template is rendered or an
// expression evaluated, as far as it is known beforehand.
type scene struct {
	// event is the one that fires; "" is the work: a task, or a step.
	event string
	// job or release is what runs; neither is a custom event, or a webhook that
	// stands by itself.
	job     *latch.Job
	release *latch.Release
	// fields are those that templates see of a registered job beside its own;
	// nil for a job that is not registered.
	fields latch.Object
	// alone says that the webhook stands by itself: the run may be any that fires
	// the event.
	alone bool
}

// anything is a value of which nothing is known.
type anything struct{}

// null is a value that is null.
type null struct{}

// An object is what is known of an object: its keys with their values, each of
// them another *object, a list ([]any), null or anything.
type object struct {
	fields map[string]any
	// unset are keys that such an object may have, and this one has not.
	unset []string
	// open says that there may be further keys.
	open bool
	// empty says why there are no keys.
	empty string
}

// with returns an object with keys whose values are not known.
func with(keys ...string) *object {
	o := &object{fields: map[string]any{}}
	for _, key := range keys {
		o.fields[key] = anything{}
	}
	return o
}

// names lists the keys that the object has or may have.
func (o *object) names() []string {
	return slices.Sorted(slices.Values(append(slices.Collect(maps.Keys(o.fields)), o.unset...)))
}

// setOr writes a key of the object where the value is set, and else notes that it is missing.
func (o *object) setOr(key string, set bool) {
	if o.unset = append(o.unset, key); set {
		o.fields[key], o.unset = anything{}, o.unset[:len(o.unset)-1]
	}
}

// variable returns what is known of a root variable.
func (s *scene) variable(name string) any {
	firedByJob, firedByRelease := slices.Contains(jobRun.fires, s.event), slices.Contains(releaseRun.fires, s.event)
	switch {
	case latch.IsOperatorEvent(s.event):
		return anything{} // another run fires it
	case s.job != nil && (s.event == "" || firedByJob), s.alone && firedByJob:
		return s.inJob(name)
	case s.release != nil && (s.event == "" || firedByRelease), s.alone && firedByRelease:
		return s.inRelease(name)
	case s.job == nil && s.release == nil:
		return s.elsewhere(name)
	default:
		return anything{} // nobody fires it, of which there is a warning already
	}
}

func (s *scene) inJob(name string) any {
	switch name {
	case "job":
		return s.jobVariable()
	case "vars":
		if s.fields != nil {
			return shapeOf(s.job.Vars)
		}
	case "release", "step", "steps", "data", "instance":
		return &object{empty: "in a job"}
	}
	return anything{}
}

func (s *scene) inRelease(name string) any {
	switch name {
	case "release":
		return s.releaseVariable()
	case "step":
		return s.stepVariable()
	case "steps":
		if s.release != nil {
			return s.stepsVariable()
		}
	case "job", "jobs", "data":
		return &object{empty: "in a release"}
	}
	return anything{}
}

// elsewhere is a custom event.
func (s *scene) elsewhere(name string) any {
	switch name {
	case "job", "jobs", "release", "step", "steps":
		return &object{empty: "at a custom event"}
	}
	return anything{}
}

func (s *scene) jobVariable() *object {
	o := with("id", "tags", "vars", "started_at")
	o.fields["status"] = s.jobStatus()
	if s.job == nil {
		o.open = true
		for _, key := range slices.Concat([]string{"name", "title", "schedule", "timeout"}, mittoKeys) {
			o.fields[key] = anything{}
		}
		return o
	}
	o.setOr("name", s.job.Name != "")
	o.setOr("title", s.job.Title != "")
	o.setOr("schedule", s.job.Schedule != nil)
	o.setOr("timeout", s.job.Timeout != 0)
	o.fields["tags"] = make([]any, len(s.job.Tags))
	if s.fields == nil {
		return o
	}
	o.fields["vars"] = shapeOf(s.job.Vars)
	for key, value := range s.fields {
		o.fields[key] = shapeOf(value)
		o.unset = slices.DeleteFunc(o.unset, func(unset string) bool { return unset == key })
	}
	return o
}

// mittoKeys are those that most registered jobs have beside Latch's own
// (contract, "Mitto's job API").
var mittoKeys = []string{"type", "markdown", "notify", "delay", "continue_on_error", "concurrency", "conf", "jobs", "webhooks", "created_at", "updated_at"}

// jobStatus is the status of the run that fires the event. A run has an object
// of its own making only once it succeeded.
func (s *scene) jobStatus() *object {
	o := with("id", "returncode", "error", "started_at", "completed_at", "kvp")
	if s.fields != nil || s.job == nil {
		for _, key := range []string{"run_id", "pid", "updates", "count"} {
			o.fields[key] = anything{}
		}
	}
	switch s.event {
	case latch.EventJobSuccess:
	case latch.EventJobFailure, latch.EventJobComplete:
		o.fields["kvp"] = &object{empty: "at " + s.event + " of a job that failed"}
	case latch.EventJobStart:
		o.fields["kvp"] = &object{empty: "at JOB_START, before the work"}
	default:
		o.fields["kvp"] = &object{empty: "before the work is done"}
	}
	return o
}

func (s *scene) releaseVariable() *object {
	o := with("id", "vars", "instance", "status", "steps", "started_at")
	o.setOr("title", s.release == nil || s.release.Title != "")
	return o
}

// stepsVariable has the steps by their names.
func (s *scene) stepsVariable() *object {
	o := with()
	for _, step := range s.release.Steps {
		o.fields[step.Name] = with(stepKeys...)
	}
	return o
}

var stepKeys = expr.ClosedKeys("step")

func (s *scene) stepVariable() *object {
	o := with(stepKeys...)
	switch s.event {
	case "": // a step and its undo see themselves
	case latch.EventBeforeStep:
		o.fields["kvp"] = &object{empty: "at BEFORE_STEP, before its work"}
	case latch.EventAfterStep:
		o.fields["kvp"] = &object{empty: "at AFTER_STEP of a step that failed"}
	default:
		return &object{empty: "at " + s.event + ", which is about no step"}
	}
	return o
}

// shapeOf returns what is known of a value that is known as JSON.
func shapeOf(value any) any {
	encoded, err := json.Marshal(value)
	var decoded any
	if err != nil || json.Unmarshal(encoded, &decoded) != nil {
		return anything{}
	}
	return shape(decoded)
}

func shape(decoded any) any {
	switch v := decoded.(type) {
	case nil:
		return null{}
	case map[string]any:
		o := with()
		for key, each := range v {
			o.fields[key] = shape(each)
		}
		return o
	case []any:
		list := make([]any, len(v))
		for i, each := range v {
			list[i] = shape(each)
		}
		return list
	default:
		return anything{}
	}
}
