package mitto

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/rawjson"
)

// A Job is a registered job as Mitto's clients see it.
type Job struct {
	ID string
	// Latch is the job that START runs; nil if it cannot run.
	Latch *latch.Job
	// Lacks says why the job cannot run, if Latch is nil.
	Lacks string
	// Extras are the keys that Mitto's clients sent, unchanged. Keys that begin
	// with "latch:" belong to this package and are never shown.
	Extras               map[string]json.RawMessage
	CreatedAt, UpdatedAt latch.Time
}

// Keys that the API adds to its answers. In a request they are ignored.
var given = []string{"id", "status", "created_at", "updated_at", "warnings", "next_times", "next_time", "paused", "cannot_run"}

// Read decodes a body that must be a JSON object. Its error is
// [latch.Problems].
func Read(body []byte) (latch.Object, error) {
	var object latch.Object
	var problems latch.Problems
	if err := latch.Unmarshal(body, &object); err != nil {
		problems.Addf("", "%v", err)
	}
	for key := range object {
		if isOwn(key) {
			problems.Addf(key, "keys that begin with %q are reserved", ownPrefix)
		}
	}
	return object, problems.Err()
}

// New makes a job from a client's body. A job that cannot run is kept as well;
// the error, [latch.Problems], is about invalid values.
func New(id string, body latch.Object, now time.Time) (*Job, error) {
	body = withoutPythonIn(body)
	if err := refuseHidden(body); err != nil {
		return nil, err
	}
	j := &Job{ID: id, Extras: map[string]json.RawMessage{}, CreatedAt: latch.NewTime(now), UpdatedAt: latch.NewTime(now)}
	for key, value := range body {
		if !slices.Contains(given, key) && key != keyWebhooks {
			j.Extras[key] = value
		}
	}
	hooks, err := j.takeHooks(body[keyWebhooks], nil)
	if err != nil {
		return nil, err
	}
	return j, j.compile(nil, hooks)
}

// Patch changes the keys that the body names and leaves the others alone. If it
// returns an error, the job is unchanged.
func (j *Job) Patch(body latch.Object, now time.Time) error {
	var problems latch.Problems
	if id, sent := body["id"]; sent && !isNull(id) && text(id) != j.ID {
		problems.Addf("id", "is %s and cannot be changed", j.ID)
		return problems
	}
	body = withoutPythonIn(j.Restored(body))
	if err := refuseHidden(body); err != nil {
		return err
	}
	changed := *j
	changed.Extras = copied(j.Extras)
	changed.UpdatedAt = latch.NewTime(now)
	touched := map[string]bool{}
	for key, value := range body {
		if slices.Contains(given, key) {
			continue
		}
		touched[key] = true
		if key != keyWebhooks {
			changed.Extras[key] = value
		}
	}
	changed.settleWork(body, touched, j)
	hooks := j.hooks()
	if touched[keyWebhooks] {
		var err error
		if hooks, err = changed.takeHooks(body[keyWebhooks], hooks); err != nil {
			return err
		}
	}
	if err := changed.compile(touched, hooks); err != nil {
		return err
	}
	*j = changed
	return nil
}

// settleWork decides which of the keys that define the work take effect: of
// conf and task, the one sent last; type only if the conf is still the one it
// was sent with.
func (j *Job) settleWork(body latch.Object, touched map[string]bool, before *Job) {
	switch {
	case touched[keyConf] && !isNull(body[keyConf]) && !touched[keyTask]:
		delete(j.Extras, keyTask)
	case touched[keyTask] && !touched[keyConf]:
		delete(j.Extras, keyConf)
	}
	sent := touched[keyConf] || touched[keyTask] || touched[keyJobs]
	touched[keyWork] = sent || touched[keyType] && before.workIsUnchanged()
}

func (j *Job) workIsUnchanged() bool {
	_, conf := j.Extras[keyConf]
	_, task := j.Extras[keyTask]
	_, jobs := j.Extras[keyJobs]
	same := j.comparison()
	return (conf || task || jobs) && same(keyTask) && same(keyJobs)
}

// IDJSON returns an id as Mitto's clients know it: an integer if it is a
// positive one, otherwise a string.
func IDJSON(id string) json.RawMessage {
	if number, ok := wholeNumber(id); ok && number > 0 {
		return json.RawMessage(id)
	}
	return rawjson.Encode(id)
}

// An UnknownWebhook error says that a job has no webhook with the id.
type UnknownWebhook struct{ ID int64 }

func (u *UnknownWebhook) Error() string { return fmt.Sprintf("there is no webhook %d", u.ID) }
