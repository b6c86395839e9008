package mitto

import (
	"encoding/json"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/urlmask"
)

// Object returns the job as Mitto's clients know it (GET /v2/jobs/{id}). status
// is nil for a job that never ran.
func (j *Job) Object(status *Status) latch.Object {
	object := j.fields()
	if !isText(object[keyConf]) {
		object[keyConf] = urlmask.JSON(object[keyConf]) // in a text, header names cannot be found
	}
	object[keyConf], object["status"] = showConf(object[keyConf]), rawjson.Encode(status)
	if hooks := j.Webhooks(); len(hooks) > 0 {
		object[keyWebhooks] = rawjson.Encode(hooks)
	}
	return object
}

// Variables returns the fields of the template variable `job` beyond those that
// Latch itself provides: what [Job.Object] shows, with conf as JSON, so that
// templates can index it, and webhooks without their private fields. It
// includes a key that Latch has as well (name, title, tags, schedule, timeout)
// if the job keeps it as one of Mitto's clients sent it, or as null if such a
// client left it out. It never includes id, status or vars, nor the headers and
// credentials of an http task.
func (j *Job) Variables() latch.Object {
	variables := j.fields()
	variables[keyConf] = confAsJSON(variables[keyConf])
	for _, key := range []string{keyName, keyTitle, keyTags, keySchedule, keyTimeout} {
		if _, sent := j.Extras[key]; !sent && (len(j.Extras) == 0 || !isNull(variables[key])) {
			delete(variables, key)
		}
	}
	for _, key := range []string{"id", keyVars, keyTask, keyRetry} {
		delete(variables, key)
	}
	if bare, private := withoutHeaders(j.Latch); private {
		variables[keyConf] = rawjson.Encode(bare)
	}
	variables[keyWebhooks] = rawjson.Encode(j.publicWebhooks())
	return variables
}

// withoutHeaders returns an http task without its headers and credentials, and
// reports whether it had any.
func withoutHeaders(job *latch.Job) (latch.Task, bool) {
	if job == nil || job.Task == nil || job.Task.HTTP == nil {
		return latch.Task{}, false
	}
	bare := *job.Task.HTTP
	private := len(bare.Headers) > 0 || len(bare.HeaderSecrets) > 0 || bare.Auth != nil || bare.TLS != nil
	bare.Headers, bare.HeaderSecrets, bare.Auth, bare.TLS = nil, nil, nil, nil
	return latch.Task{HTTP: &bare}, private
}

// unset holds the values that Mitto shows for keys that are not set.
var unset = map[string]string{
	keyName: "null", keyTitle: "null", keyType: "null", "markdown": "null", keySchedule: "null", keyTimeout: "null", keyDelay: "null",
	"concurrency": "null", "notify": "0", keyContinueOnError: "false", keyConf: "{}", keyTags: "[]", keyJobs: "[]",
}

// fields returns all keys except status and webhooks, with conf as it was sent.
func (j *Job) fields() latch.Object {
	object, latches := latch.Object{}, j.derived()
	for key, value := range latches {
		object[key] = value
	}
	same := j.comparison()
	for key, value := range j.Extras {
		if !isOwn(key) && key != keyWebhooks && same(key) {
			object[key] = value
		}
	}
	for key, value := range unset {
		if isNull(object[key]) {
			object[key] = json.RawMessage(value)
		}
	}
	object[keySchedule] = whole(object[keySchedule])
	object["id"] = IDJSON(j.ID)
	object["created_at"], object["updated_at"] = rawjson.Encode(j.CreatedAt), rawjson.Encode(j.UpdatedAt)
	return object
}

// comparison returns a function that reports whether the value sent for a key
// still matches Latch's job.
func (j *Job) comparison() func(key string) bool {
	if j.Latch == nil {
		return func(string) bool { return true }
	}
	t := newTranslation(j.Extras)
	t.set("id", rawjson.Encode(j.ID))
	t.settings(nil)
	t.work()
	var came latch.Job
	_ = latch.Unmarshal(rawjson.Encode(t.latches), &came) // cannot fail: the job was admitted
	before, now := members(rawjson.Encode(came)), members(rawjson.Encode(j.Latch))
	equal := func(key string) bool { return string(before[key]) == string(now[key]) }
	return func(key string) bool {
		switch key {
		case keyConf, keyJobs, keyTask, keyType:
			return equal(keyTask) && equal(keyJobs)
		default:
			return equal(key)
		}
	}
}

// derived returns Latch's job under Mitto's keys.
func (j *Job) derived() latch.Object {
	object, job := latch.Object{}, j.Latch
	if job == nil {
		return object
	}
	for key, value := range map[string]string{keyName: job.Name, keyTitle: job.Title, keyType: kindOf(job)} {
		if value != "" {
			object[key] = rawjson.Encode(value)
		}
	}
	if len(job.Tags) > 0 {
		object[keyTags] = rawjson.Encode(job.Tags)
	}
	if len(job.Vars) > 0 {
		object[keyVars] = rawjson.Encode(job.Vars)
	}
	if job.Retry != nil {
		object[keyRetry] = rawjson.Encode(job.Retry)
	}
	if job.Task != nil {
		object[keyConf] = rawjson.Encode(job.Task)
	}
	if len(job.Jobs) > 0 {
		object[keyJobs] = showSequence(job.Jobs)
	}
	object[keySchedule] = showSchedule(job.Schedule)
	object[keyTimeout], object[keyDelay] = seconds(job.Timeout), seconds(job.Delay)
	object[keyContinueOnError] = rawjson.Encode(job.ContinueOnError)
	return object
}

func showSequence(jobs []latch.SequenceJob) json.RawMessage {
	list := make([]json.RawMessage, len(jobs))
	for i, job := range jobs {
		if list[i] = rawjson.Encode(job); job.Job == nil {
			list[i] = IDJSON(job.Registered)
		}
	}
	return rawjson.Encode(list)
}

// kindOf returns the type to show for a job that was sent without one.
func kindOf(job *latch.Job) string {
	switch {
	case len(job.Jobs) > 0:
		return "sequence"
	case job.Task == nil:
		return ""
	case job.Task.HTTP != nil:
		return "http"
	case job.Task.Workflow != nil:
		return "workflow"
	case job.Task.Activity != nil:
		return "activity"
	default:
		return "command"
	}
}
