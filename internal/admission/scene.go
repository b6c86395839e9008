package admission

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/vars"
)

// A scene is the point in a run at which a template is rendered or an expression evaluated, as far
// as it is known in advance.
type scene struct {
	// event is the event that fires; "" means the work: a task, or a step.
	event string
	// job or release is what runs. Both are nil for a custom event and for a registered webhook.
	job     *latch.Job
	release *latch.Release
	// fields are the further fields that templates see of a registered job; nil for a job that is
	// not registered.
	fields latch.Object
	// alone is true for a registered webhook: any run that fires the event may use it.
	alone bool
}

// anything is a value about which nothing is known.
type anything struct{}

// null is the value null.
type null struct{}

// An object is what is known about an object: its keys with their values, each of which is another
// *object, a list ([]any), null or anything.
type object struct {
	fields map[string]any
	// unset are keys that such an object may have, but this one does not.
	unset []string
	// open is true if there may be further keys.
	open bool
	// empty says why there are no keys.
	empty string
}

// known returns an object with keys whose values are unknown.
func known(keys ...string) *object {
	o := &object{fields: map[string]any{}}
	for _, key := range keys {
		o.fields[key] = anything{}
	}
	return o
}

// knownAs returns an object with the keys of a variable.
func knownAs(variable string) *object {
	found, _ := vars.Find(variable)
	return known(found.Keys...)
}

// names lists the keys that the object has or may have.
func (o *object) names() []string {
	return slices.Sorted(slices.Values(append(slices.Collect(maps.Keys(o.fields)), o.unset...)))
}

// unless records that the object lacks a key that such an object may have, unless set is true.
func (o *object) unless(set bool, key string) {
	if !set {
		delete(o.fields, key)
		o.unset = append(o.unset, key)
	}
}

// variable returns what is known about a root variable.
func (s *scene) variable(name string) any {
	firedByJob, firedByRelease := slices.Contains(jobRun.fires, s.event), slices.Contains(releaseRun.fires, s.event)
	switch {
	case latch.IsOperatorEvent(s.event):
		return anything{} // fired by another run
	case latch.IsLockEvent(s.event) && s.alone, latch.IsLockEvent(s.event) && name == "step":
		return anything{} // of any run, and at events of steps and others
	case s.job != nil && (s.event == "" || firedByJob || latch.IsLockEvent(s.event)), s.alone && firedByJob:
		return s.in(vars.Jobs, name)
	case s.release != nil && (s.event == "" || firedByRelease || latch.IsLockEvent(s.event)), s.alone && firedByRelease:
		return s.in(vars.Releases, name)
	case s.job == nil && s.release == nil:
		return s.in(vars.Customs, name)
	default:
		return anything{} // never fired, which has its own warning
	}
}

// elsewhere says where a variable is empty.
var elsewhere = map[vars.Runs]string{vars.Jobs: "in a job", vars.Releases: "in a release", vars.Customs: "at a custom event"}

// in returns what is known about a variable in a kind of run.
func (s *scene) in(run vars.Runs, name string) any {
	variable, _ := vars.Find(name)
	switch {
	case !variable.At(run, s.event):
		return &object{empty: elsewhere[run]}
	case name == "job":
		return s.jobVariable()
	case name == "vars" && s.fields != nil:
		return shapeOf(s.job.Vars)
	case name == "release":
		return s.releaseVariable()
	case name == "step":
		return s.stepVariable()
	case name == "steps" && s.release != nil:
		return s.stepsVariable()
	default:
		return anything{}
	}
}

func (s *scene) jobVariable() *object {
	o := knownAs("job")
	o.fields["status"] = s.jobStatus()
	if s.job == nil {
		o.open = true
		for _, key := range mittoKeys {
			o.fields[key] = anything{}
		}
		return o
	}
	o.unless(s.job.Name != "", "name")
	o.unless(s.job.Title != "", "title")
	o.unless(s.job.Schedule != nil, "schedule")
	o.unless(s.job.Timeout != 0, "timeout")
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

// mittoKeys are the keys that most registered jobs have in addition to Latch's own (contract,
// "Mitto's job API").
var mittoKeys = []string{"type", "markdown", "notify", "delay", "continue_on_error", "concurrency", "conf", "jobs", "webhooks", "created_at", "updated_at"}

// jobStatus returns the status of the run that fires the event. kvp is set only once the run has
// succeeded.
func (s *scene) jobStatus() *object {
	o := known(vars.KeysOf[vars.JobStatus]()...)
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
	o := knownAs("release")
	o.unless(s.release == nil || s.release.Title != "", "title")
	return o
}

// stepsVariable returns the steps by name.
func (s *scene) stepsVariable() *object {
	o := known()
	for _, step := range s.release.AllSteps() {
		o.fields[step.Name] = knownAs("step")
	}
	return o
}

func (s *scene) stepVariable() *object {
	o := knownAs("step")
	switch s.event {
	case "": // a step and its undo see their own results
	case latch.EventBeforeStep:
		o.fields["kvp"] = &object{empty: "at BEFORE_STEP, before its work"}
	case latch.EventStepFailed:
		o.fields["kvp"] = &object{empty: "at STEP_FAILED, whose step has no result"}
	case latch.EventAfterStep:
		o.fields["kvp"] = &object{empty: "at AFTER_STEP of a step that failed"}
	default:
		return &object{empty: "at " + s.event + ", which is about no step"}
	}
	return o
}

// shapeOf returns what is known about a value that can be encoded as JSON.
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
		o := known()
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
